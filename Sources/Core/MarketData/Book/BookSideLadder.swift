/// One side of the ten-level book in integer ticks, best level first.
///
/// Sixteen slots, so that a loop over the side is a handful of vector instructions; slots past `levelCount` hold an
/// unreachable price and zeros, and need no test in such loops.
@frozen public struct BookSideLadder: BitwiseCopyable, Sendable, Equatable {
    public typealias Slots = InlineArray<16, Int32>

    /// How many levels a record can list.
    public static let depth = 10

    /// The price of an absent bid: below every price.
    public static let absentBid = Int32.min / 2
    /// The price of an absent ask: above every price.
    public static let absentAsk = Int32.max / 2

    public var prices: Slots
    public var sizes: Slots
    public var counts: Slots
    public var levelCount: Int32

    @inlinable public init(absentPrice: Int32) {
        prices = Slots(repeating: absentPrice)
        sizes = Slots(repeating: 0)
        counts = Slots(repeating: 0)
        levelCount = 0
    }

    @inlinable public var isEmpty: Bool { levelCount == 0 }
    @inlinable public var isFull: Bool { levelCount == Int32(Self.depth) }
    @inlinable public var bestPrice: Int32 { prices[0] }
    @inlinable public var bestSize: Int32 { sizes[0] }

    /// The size listed at `price`, 0 when it is not listed.
    @inlinable public func size(at price: Int32) -> Int32 {
        var sum: Int32 = 0
        for slot in 0..<16 { sum &+= prices[slot] == price ? sizes[slot] : 0 }
        return sum
    }

    /// The total size of the prices `low ... high`.
    @inlinable public func size(from low: Int32, through high: Int32) -> Int32 {
        var sum: Int32 = 0
        for slot in 0..<16 {
            let inside = prices[slot] >= low && prices[slot] <= high
            sum &+= inside ? sizes[slot] : 0
        }
        return sum
    }

    /// The total order count of the prices `low ... high`.
    @inlinable public func orderCount(from low: Int32, through high: Int32) -> Int32 {
        var sum: Int32 = 0
        for slot in 0..<16 {
            let inside = prices[slot] >= low && prices[slot] <= high
            sum &+= inside ? counts[slot] : 0
        }
        return sum
    }

    /// The total size of the best `levels` levels.
    @inlinable public func topSize(_ levels: Int) -> Int32 {
        var sum: Int32 = 0
        for slot in 0..<levels { sum &+= sizes[slot] }
        return sum
    }

    @inlinable public static func == (a: BookSideLadder, b: BookSideLadder) -> Bool {
        a.samePrices(as: b) && a.sameQuantities(as: b)
    }

    @inlinable public func samePrices(as other: BookSideLadder) -> Bool {
        var difference: Int32 = 0
        for slot in 0..<16 { difference |= prices[slot] ^ other.prices[slot] }
        return difference == 0
    }

    @inlinable public func sameQuantities(as other: BookSideLadder) -> Bool {
        var difference: Int32 = 0
        for slot in 0..<16 {
            difference |= (sizes[slot] ^ other.sizes[slot]) | (counts[slot] ^ other.counts[slot])
        }
        return difference == 0
    }
}
