import MarketData

/// What one side of the book shows in the band around a level, in one pass over its slots.
struct BandDepth {
    /// Contracts and orders in the band, and contracts at the level itself.
    let size: Int32
    let orders: Int32
    let atLevel: Int32

    @inline(__always) init(_ ladder: UnsafePointer<BookSideLadder>, nearest: Int32, band: Int32) {
        let level = SlotVector(repeating: nearest)
        let (low, high) = (SlotVector(repeating: nearest &- band), SlotVector(repeating: nearest &+ band))
        var (size, orders, atLevel) = (SlotVector(), SlotVector(), SlotVector())
        for index in 0..<UnsafePointer<BookSideLadder>.vectorCount {
            let (prices, sizes) = (ladder.prices(vector: index), ladder.sizes(vector: index))
            let isOutside = (prices .< low) .| (prices .> high)
            size &+= sizes.without(isOutside)
            orders &+= ladder.counts(vector: index).without(isOutside)
            atLevel &+= sizes.without(prices .!= level)
        }
        self.size = size.wrappedSum()
        self.orders = orders.wrappedSum()
        self.atLevel = atLevel.wrappedSum()
    }
}

/// What lies on the way to a level and behind it, on the side that is in the way of price, in one pass over its slots.
struct ApproachDepth {
    /// How far from the level the largest queue is looked for, ticks (B-29).
    static let searchTicks: Int32 = 10

    /// Contracts before the level, and up to `beyond` ticks behind it.
    let before: Int32
    let behind: Int32
    /// Size, then nearness, then the side of the level of the largest queue, in one number to compare.
    private let largest: Int32

    /// - Parameter side: +1 for offers, price comes from below; −1 for bids.
    @inline(__always) init(_ ladder: UnsafePointer<BookSideLadder>, nearest: Int32, beyond: Int32, side: Int32) {
        let (zero, sign) = (SlotVector(), SlotVector(repeating: side >> 31))
        let (level, beyond) = (SlotVector(repeating: nearest), SlotVector(repeating: beyond))
        let (reach, bits, top) = (
            SlotVector(repeating: Self.searchTicks), SlotVector(repeating: 5), SlotVector(repeating: 31)
        )
        var (before, behind, largest) = (zero, zero, zero)
        for index in 0..<UnsafePointer<BookSideLadder>.vectorCount {
            let sizes = ladder.sizes(vector: index)
            // side·(price − level): negating is flipping all bits and adding one.
            let offset = ((ladder.prices(vector: index) &- level) ^ sign) &- sign
            before &+= sizes.without(offset .>= zero)
            behind &+= sizes.without((offset .<= zero) .| (offset .> beyond))
            let negative = offset &>> top
            let distance = (offset ^ negative) &- negative
            let nearness = reach &- distance
            let isBehind = zero &- ((zero &- offset) &>> top)
            let key = (sizes &<< bits | (nearness &+ nearness &+ isBehind)).without(distance .> reach)
            largest = largest.replacing(with: key, where: key .> largest)
        }
        self.before = before.wrappedSum()
        self.behind = behind.wrappedSum()
        self.largest = largest.max()
    }

    /// a·(n* − ℓ) of the largest listed queue within ten ticks; ties go to the nearest, then to the one behind the
    /// level. NaN when there is none.
    var largestOffset: Double {
        let rank = largest & 31
        let distance = Self.searchTicks &- rank >> 1
        return defined(largest >= 32, Double(rank & 1 == 1 ? distance : 0 &- distance))
    }
}
