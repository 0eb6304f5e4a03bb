import MarketData

/// Whole numbers of one side of the book, from which the rows of its shape are made. They change with the side alone:
/// distances are ticks from its best price. From the mid that is half the spread more.
struct BookSideSums: BitwiseCopyable {
    /// The order whose market impact is measured, contracts (C-27, C-28).
    static let impactSize: Int64 = 100

    /// Contracts of the best levels, and orders of all ten.
    private(set) var top3: Int32 = 0
    private(set) var top5: Int32 = 0
    private(set) var top10: Int32 = 0
    private(set) var orders: Int32 = 0
    /// Levels listed; Σ over them of the size up to each, of the distance and of its square.
    private var levels: Int64 = 0
    private var cumulative: Int64 = 0
    private var distance: Int64 = 0
    private var distanceSquared: Int64 = 0
    /// Σ distance × size, and Σ distance × size up to there.
    private var distanceBySize: Int64 = 0
    private var distanceByCumulative: Int64 = 0
    /// Of the order of 100 contracts: what the side cannot fill, and Σ filled × distance.
    private var unfilled: Int64 = 0
    private var filledDistance: Int64 = 0

    init() {}

    /// Takes the side after a group.
    ///
    /// - Parameters:
    ///   - slots: levels that may differ from the side `before`.
    ///   - moved: prices may differ too.
    mutating func update(
        _ ladder: UnsafePointer<BookSideLadder>, before: UnsafePointer<BookSideLadder>, slots: UInt32, moved: Bool
    ) {
        if moved {
            walk(ladder)
            sumBest(ladder)
        } else {
            resize(ladder, before: before, slots: slots)
        }
        // What the best three levels fill alone does not change behind them.
        if moved || slots & 0b111 != 0 || Int64(top3) < Self.impactSize { fillOrder(ladder) }
    }

    private mutating func sumBest(_ ladder: UnsafePointer<BookSideLadder>) {
        let sizes = ladder.sizes
        top3 = sizes[0] &+ sizes[1] &+ sizes[2]
        top5 = top3 &+ sizes[3] &+ sizes[4]
        var (total, count) = (ladder.sizes(vector: 0), ladder.counts(vector: 0))
        for index in 1..<UnsafePointer<BookSideLadder>.vectorCount {
            total &+= ladder.sizes(vector: index)
            count &+= ladder.counts(vector: index)
        }
        top10 = total.wrappedSum()
        orders = count.wrappedSum()
    }

    @inline(__always)
    private static func distance(_ ladder: UnsafePointer<BookSideLadder>, _ slot: Int) -> Int64 {
        abs(Int64(ladder.prices[0]) &- Int64(ladder.prices[slot]))
    }

    /// Sums all levels, from the best price outwards.
    private mutating func walk(_ ladder: UnsafePointer<BookSideLadder>) {
        levels = Int64(ladder.pointee.levelCount)
        (cumulative, distance, distanceSquared, distanceBySize, distanceByCumulative) = (0, 0, 0, 0, 0)
        var reached: Int64 = 0
        for slot in 0..<Int(levels) {
            let (step, size) = (Self.distance(ladder, slot), Int64(ladder.sizes[slot]))
            reached &+= size
            cumulative &+= reached
            distance &+= step
            distanceSquared &+= step &* step
            distanceBySize &+= step &* size
            distanceByCumulative &+= step &* reached
        }
    }

    /// Levels have got another size or order count: each counts in the sums up to its own and all farther levels.
    /// Number by number: vectors that hold what was written just now would be waited for.
    private mutating func resize(
        _ ladder: UnsafePointer<BookSideLadder>, before: UnsafePointer<BookSideLadder>, slots: UInt32
    ) {
        var slots = slots
        while slots != 0 {
            let slot = slots.trailingZeroBitCount
            slots &= slots &- 1
            orders &+= ladder.counts[slot] &- before.counts[slot]
            let added = ladder.sizes[slot] &- before.sizes[slot]
            guard added != 0 else { continue }
            top3 &+= slot < 3 ? added : 0
            top5 &+= slot < 5 ? added : 0
            top10 &+= added
            let change = Int64(added)
            var farther = distance
            for nearer in 0..<slot { farther &-= Self.distance(ladder, nearer) }
            cumulative &+= change &* (levels &- Int64(slot))
            distanceBySize &+= change &* Self.distance(ladder, slot)
            distanceByCumulative &+= change &* farther
        }
    }

    private mutating func fillOrder(_ ladder: UnsafePointer<BookSideLadder>) {
        var left = Self.impactSize
        var sum: Int64 = 0
        var slot = 0
        while left > 0, slot < Int(levels) {
            let taken = min(left, Int64(ladder.sizes[slot]))
            left &-= taken
            sum &+= taken &* Self.distance(ladder, slot)
            slot += 1
        }
        (unfilled, filledDistance) = (left, sum)
    }

    // MARK: Rows

    // Distances from the mid in half-ticks, all sums exact integers until the last division.

    /// Σ distance × size up to there over Σ distance², contracts per tick.
    @inline(__always)
    func slope(spread: Int64) -> Double {
        let products = spread &* cumulative &+ 2 &* distanceByCumulative
        let squares = levels &* spread &* spread &+ 4 &* (spread &* distance &+ distanceSquared)
        return ratio(Double(products) * 2, Double(squares))
    }

    /// Where the side's contracts lie on average, ticks from the mid.
    @inline(__always)
    func meanDistance(spread: Int64) -> Double {
        let total = Int64(top10)
        return ratio(Double(spread &* total &+ 2 &* distanceBySize) * 0.5, Double(total))
    }

    /// What an order of 100 contracts pays, ticks from the mid; NaN when the side cannot fill it.
    @inline(__always)
    func impact(spread: Int64) -> Double {
        let cost = spread &* Self.impactSize &+ 2 &* filledDistance
        return defined(unfilled == 0, Double(cost) * 0.5 / Double(Self.impactSize))
    }
}
