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

    @inlinable public static func == (a: BookSideLadder, b: BookSideLadder) -> Bool {
        var difference = a.levelCount ^ b.levelCount
        for slot in 0..<16 {
            difference |= (a.prices[slot] ^ b.prices[slot]) | (a.sizes[slot] ^ b.sizes[slot])
            difference |= a.counts[slot] ^ b.counts[slot]
        }
        return difference == 0
    }
}

// Queries on the ladder where it lies: a call on a large value behind a pointer copies it first.
extension UnsafePointer<BookSideLadder> {
    /// The size listed at `price`, 0 when it is not listed.
    @inlinable public func size(at price: Int32) -> Int32 {
        var sum: Int32 = 0
        for slot in 0..<16 { sum &+= pointee.prices[slot] == price ? pointee.sizes[slot] : 0 }
        return sum
    }

    /// The total size of the prices `low ... high`.
    @inlinable public func size(from low: Int32, through high: Int32) -> Int32 {
        var sum: Int32 = 0
        for slot in 0..<16 {
            let inside = pointee.prices[slot] >= low && pointee.prices[slot] <= high
            sum &+= inside ? pointee.sizes[slot] : 0
        }
        return sum
    }

    /// The number of orders at the prices `low ... high`.
    @inlinable public func orderCount(from low: Int32, through high: Int32) -> Int32 {
        var sum: Int32 = 0
        for slot in 0..<16 {
            let inside = pointee.prices[slot] >= low && pointee.prices[slot] <= high
            sum &+= inside ? pointee.counts[slot] : 0
        }
        return sum
    }

    /// The total size of the best `levels` levels.
    @inlinable public func topSize(_ levels: Int) -> Int32 {
        var sum: Int32 = 0
        for slot in 0..<levels { sum &+= pointee.sizes[slot] }
        return sum
    }

    @inlinable public func samePrices(as other: UnsafePointer<BookSideLadder>) -> Bool {
        var difference: Int32 = 0
        for slot in 0..<16 { difference |= pointee.prices[slot] ^ other.pointee.prices[slot] }
        return difference == 0
    }
}
