import MarketData

/// The shape of the ten-level book (FEATURES C.1), read from the book as it is. What a group has not changed is not
/// computed again.
struct BookShape: BitwiseCopyable {
    /// Whole numbers of one side, from which the rows are made.
    struct Side: BitwiseCopyable {
        var top3: Int32 = 0
        var top5: Int32 = 0
        var top10: Int32 = 0
        var orders: Int32 = 0

        mutating func update(_ ladder: UnsafePointer<BookSideLadder>) {
            let (sizes, counts) = (ladder.sizes, ladder.counts)
            top3 = sizes[0] &+ sizes[1] &+ sizes[2]
            top5 = top3 &+ sizes[3] &+ sizes[4]
            top10 = top5 &+ sizes[5] &+ sizes[6] &+ sizes[7] &+ sizes[8] &+ sizes[9]
            var sum: Int32 = 0
            for slot in 0..<10 { sum &+= counts[slot] }
            orders = sum
        }
    }

    /// The order whose market impact is measured, contracts (C-27, C-28).
    static let impactSize: Int32 = 100

    private(set) var bid = Side()
    private(set) var ask = Side()
    /// Levels that have changed since the rows were written.
    private var stale = BookChange.everything
    /// Twice the mid for which the rows were written.
    private var twiceMid = Int32.min
    private var isWritten = false

    init() {}

    /// Takes the book after a group.
    mutating func apply(_ book: UnsafePointer<Book>, change: BookChange) {
        if change.bidSlots != 0 { bid.update(book.bid) }
        if change.askSlots != 0 { ask.update(book.ask) }
        stale.formUnion(change)
    }

    /// All rows must be written anew.
    mutating func forget() {
        stale = .everything
        isWritten = false
    }

    /// Brings the rows that read the book up to date. All are NaN unless it is two-sided and valid.
    mutating func write(_ out: UnsafeMutablePointer<Double>, book: UnsafePointer<Book>, isValid: Bool) {
        guard isValid else {
            if isWritten || stale == .everything { writeUndefined(out) }
            stale = .everything
            isWritten = false
            return
        }
        let change = isWritten ? stale : .everything
        let moved = book.pointee.twiceMid != twiceMid || !isWritten
        guard moved || !change.isEmpty else { return }
        stale = .none
        twiceMid = book.pointee.twiceMid
        isWritten = true
        let (bids, asks) = (change.bidSlots, change.askSlots)
        if (bids | asks) & 1 != 0 { writeBest(out, book) }
        if (bids | asks) & 0b11110 != 0 { writeLevels(out, book) }
        writeTotals(out, book)
        if bids != 0 || moved {
            Self.writeSide(
                out, book.bid, twiceMid: twiceMid, sign: 1, slope: .bidBookSlope, distance: .bidDepthDistance,
                impact: .sellImpact100)
        }
        if asks != 0 || moved {
            Self.writeSide(
                out, book.ask, twiceMid: twiceMid, sign: -1, slope: .askBookSlope, distance: .askDepthDistance,
                impact: .buyImpact100)
        }
    }

    /// The rows of this family except those that outlive an invalid book: means, and the mid.
    private func writeUndefined(_ out: UnsafeMutablePointer<Double>) {
        out[.bidAskSpread] = .nan
        for row in MarketFeature.weightedMidOffset.rawValue...MarketFeature.sellImpact100.rawValue { out[row] = .nan }
    }

    private func writeBest(_ out: UnsafeMutablePointer<Double>, _ book: UnsafePointer<Book>) {
        let spread = Double(book.ask.prices[0] &- book.bid.prices[0])
        let bidSize = Double(book.bid.sizes[0])
        let askSize = Double(book.ask.sizes[0])
        let imbalance = (bidSize - askSize) / (bidSize + askSize)
        out[.bidAskSpread] = spread
        // The weighted price minus the mid, written as the spread times half the imbalance: no large numbers cancel.
        out[.weightedMidOffset] = spread * 0.5 * imbalance
        out[.bestBidSize] = bidSize
        out[.bestAskSize] = askSize
        out[.queueImbalanceBest] = imbalance
    }

    private func writeLevels(_ out: UnsafeMutablePointer<Double>, _ book: UnsafePointer<Book>) {
        let levels = min(book.pointee.bid.levelCount, book.pointee.ask.levelCount)
        let (bids, asks) = (book.bid.sizes, book.ask.sizes)
        for slot in 1...4 {
            out[MarketFeature.depthImbalance2.rawValue + slot - 1] = defined(
                levels > slot, imbalance(bids[slot], asks[slot]))
        }
    }

    private func writeTotals(_ out: UnsafeMutablePointer<Double>, _ book: UnsafePointer<Book>) {
        let levels = min(book.pointee.bid.levelCount, book.pointee.ask.levelCount)
        out[.depthImbalanceTop3] = defined(levels >= 3, imbalance(bid.top3, ask.top3))
        out[.depthImbalanceTop5] = defined(levels >= 5, imbalance(bid.top5, ask.top5))
        out[.bidDepthTop5] = defined(levels >= 5, Double(bid.top5))
        out[.askDepthTop5] = defined(levels >= 5, Double(ask.top5))
        let isFull = levels >= 10
        out[.depthImbalanceTop10] = defined(isFull, imbalance(bid.top10, ask.top10))
        out[.bidDepthTop10] = defined(isFull, Double(bid.top10))
        out[.askDepthTop10] = defined(isFull, Double(ask.top10))
        out[.orderCountImbalanceTop10] = defined(isFull, imbalance(bid.orders, ask.orders))
        out[.bidAverageOrderSize] = defined(isFull, ratio(Double(bid.top10), Double(bid.orders)))
        out[.askAverageOrderSize] = defined(isFull, ratio(Double(ask.top10), Double(ask.orders)))
    }

    /// Slope, centre of mass and impact of one side in one walk from the best price. `sign` is +1 for bids.
    private static func writeSide(
        _ out: UnsafeMutablePointer<Double>, _ ladder: UnsafePointer<BookSideLadder>, twiceMid: Int32, sign: Int32,
        slope: MarketFeature, distance: MarketFeature, impact: MarketFeature
    ) {
        let (prices, sizes) = (ladder.prices, ladder.sizes)
        // Distances are kept as whole half-ticks, so that all sums are exact integers until the last division.
        var cumulative: Int64 = 0
        var distanceByCumulative: Int64 = 0
        var distanceSquared: Int64 = 0
        var distanceBySize: Int64 = 0
        var left = Int64(impactSize)
        var cost: Int64 = 0
        for slot in 0..<Int(ladder.pointee.levelCount) {
            let halfTicks = Int64(sign &* (twiceMid &- 2 &* prices[slot]))
            let size = Int64(sizes[slot])
            cumulative &+= size
            distanceByCumulative &+= halfTicks &* cumulative
            distanceSquared &+= halfTicks &* halfTicks
            distanceBySize &+= halfTicks &* size
            let taken = min(left, size)
            left &-= taken
            cost &+= taken &* halfTicks
        }
        out[slope] = ratio(Double(distanceByCumulative) * 2, Double(distanceSquared))
        out[distance] = ratio(Double(distanceBySize) * 0.5, Double(cumulative))
        out[impact] = defined(left == 0, Double(cost) * 0.5 / Double(impactSize))
    }
}
