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

extension UnsafeMutablePointer<BookSideLadder> {
    /// The slots where they lie: sixteen each.
    @inlinable public var prices: UnsafeMutablePointer<Int32> {
        UnsafeMutableRawPointer(self).assumingMemoryBound(to: Int32.self)
    }
    @inlinable public var sizes: UnsafeMutablePointer<Int32> { prices + 16 }
    @inlinable public var counts: UnsafeMutablePointer<Int32> { prices + 32 }

    /// Becomes another side that differs in some slots only; in their prices too when those have `moved`.
    @inlinable @inline(__always)
    func follow(_ other: UnsafeMutablePointer<BookSideLadder>, slots: UInt32, moved: Bool) {
        guard !moved else {
            update(from: other, count: 1)
            return
        }
        // A copy of all that was written just now would be waited for.
        var slots = slots
        while slots != 0 {
            let slot = slots.trailingZeroBitCount
            slots &= slots &- 1
            sizes[slot] = other.sizes[slot]
            counts[slot] = other.counts[slot]
        }
    }
}

extension UnsafePointer<BookSideLadder> {
    /// The slots where they lie: sixteen each.
    @inlinable public var prices: UnsafePointer<Int32> {
        UnsafeRawPointer(self).assumingMemoryBound(to: Int32.self)
    }
    @inlinable public var sizes: UnsafePointer<Int32> { prices + 16 }
    @inlinable public var counts: UnsafePointer<Int32> { prices + 32 }
}

// Queries on the ladder where it lies: a call on a large value behind a pointer copies it first.
extension UnsafePointer<BookSideLadder> {
    /// The size listed at `price`, 0 when it is not listed.
    @inlinable public func size(at price: Int32) -> Int32 {
        let target = SlotVector(repeating: price)
        var sum = SlotVector()
        for index in 0..<Self.vectorCount { sum &+= sizes(vector: index).without(prices(vector: index) .!= target) }
        return sum.wrappedSum()
    }

    /// The total size of the prices `low ... high`.
    @inlinable public func size(from low: Int32, through high: Int32) -> Int32 {
        let (low, high) = (SlotVector(repeating: low), SlotVector(repeating: high))
        var sum = SlotVector()
        for index in 0..<Self.vectorCount {
            let prices = prices(vector: index)
            sum &+= sizes(vector: index).without((prices .< low) .| (prices .> high))
        }
        return sum.wrappedSum()
    }

    /// The total size of the best `levels` levels.
    @inlinable public func topSize(_ levels: Int) -> Int32 {
        let sizes = sizes
        var sum: Int32 = 0
        for slot in 0..<levels { sum &+= sizes[slot] }
        return sum
    }

    @inlinable public func samePrices(as other: UnsafePointer<BookSideLadder>) -> Bool {
        var difference = SlotVector()
        for index in 0..<Self.vectorCount { difference |= prices(vector: index) ^ other.prices(vector: index) }
        return difference == SlotVector()
    }
}
