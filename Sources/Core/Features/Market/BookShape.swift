import MarketData

/// The shape of the ten-level book (FEATURES C.1), read from the book as it is.
enum BookShape {
    /// The order whose market impact is measured, contracts (C-27, C-28).
    static let impactSize: Int32 = 100

    /// Writes the rows that read the book. All are NaN unless it is two-sided and valid.
    static func write(_ out: UnsafeMutablePointer<Double>, book: UnsafePointer<Book>, isValid: Bool) {
        guard isValid else {
            // The rows of this family except those that outlive an invalid book: the mean spread and the mid.
            out[.bidAskSpread] = .nan
            for row in firstRow...lastRow { out[row] = .nan }
            return
        }
        writeBest(out, book)
        writeLevels(out, book)
        writeTotals(out, book)
        writeSide(
            out, book.bid, twiceMid: book.pointee.twiceMid, sign: 1, slope: .bidBookSlope,
            distance: .bidDepthDistance, impact: .sellImpact100)
        writeSide(
            out, book.ask, twiceMid: book.pointee.twiceMid, sign: -1, slope: .askBookSlope,
            distance: .askDepthDistance, impact: .buyImpact100)
    }

    private static var firstRow: Int { MarketFeature.weightedMidOffset.rawValue }
    private static var lastRow: Int { MarketFeature.sellImpact100.rawValue }

    private static func writeBest(_ out: UnsafeMutablePointer<Double>, _ book: UnsafePointer<Book>) {
        let bid = Double(book.pointee.bid.bestPrice)
        let ask = Double(book.pointee.ask.bestPrice)
        let bidSize = Double(book.pointee.bid.bestSize)
        let askSize = Double(book.pointee.ask.bestSize)
        out[.bidAskSpread] = ask - bid
        // The weighted price minus the mid, written as the spread times half the imbalance: no large numbers cancel.
        out[.weightedMidOffset] = (ask - bid) * 0.5 * ((bidSize - askSize) / (bidSize + askSize))
        out[.bestBidSize] = bidSize
        out[.bestAskSize] = askSize
        out[.queueImbalanceBest] = (bidSize - askSize) / (bidSize + askSize)
    }

    private static func writeLevels(_ out: UnsafeMutablePointer<Double>, _ book: UnsafePointer<Book>) {
        let levels = min(book.pointee.bid.levelCount, book.pointee.ask.levelCount)
        for slot in 1...4 {
            let feature = MarketFeature.depthImbalance2.rawValue + slot - 1
            out[feature] = defined(
                levels > slot, imbalance(book.pointee.bid.sizes[slot], book.pointee.ask.sizes[slot]))
        }
    }

    private static func writeTotals(_ out: UnsafeMutablePointer<Double>, _ book: UnsafePointer<Book>) {
        let levels = min(book.pointee.bid.levelCount, book.pointee.ask.levelCount)
        let bid3 = book.bid.topSize(3)
        let ask3 = book.ask.topSize(3)
        let bid5 = book.bid.topSize(5)
        let ask5 = book.ask.topSize(5)
        let bid10 = book.bid.topSize(10)
        let ask10 = book.ask.topSize(10)
        out[.depthImbalanceTop3] = defined(levels >= 3, imbalance(bid3, ask3))
        out[.depthImbalanceTop5] = defined(levels >= 5, imbalance(bid5, ask5))
        out[.depthImbalanceTop10] = defined(levels >= 10, imbalance(bid10, ask10))
        out[.bidDepthTop5] = defined(levels >= 5, Double(bid5))
        out[.askDepthTop5] = defined(levels >= 5, Double(ask5))
        out[.bidDepthTop10] = defined(levels >= 10, Double(bid10))
        out[.askDepthTop10] = defined(levels >= 10, Double(ask10))
        var bidOrders: Int32 = 0
        var askOrders: Int32 = 0
        for slot in 0..<10 {
            bidOrders &+= book.pointee.bid.counts[slot]
            askOrders &+= book.pointee.ask.counts[slot]
        }
        out[.orderCountImbalanceTop10] = defined(levels >= 10, imbalance(bidOrders, askOrders))
        out[.bidAverageOrderSize] = defined(levels >= 10, ratio(Double(bid10), Double(bidOrders)))
        out[.askAverageOrderSize] = defined(levels >= 10, ratio(Double(ask10), Double(askOrders)))
    }

    /// Slope, centre of mass and impact of one side in one walk from the best price. `sign` is +1 for bids.
    private static func writeSide(
        _ out: UnsafeMutablePointer<Double>, _ ladder: UnsafePointer<BookSideLadder>, twiceMid: Int32, sign: Int32,
        slope: MarketFeature, distance: MarketFeature, impact: MarketFeature
    ) {
        // Distances are kept as whole half-ticks, so that all sums are exact integers until the last division.
        var cumulative: Int64 = 0
        var distanceByCumulative: Int64 = 0
        var distanceSquared: Int64 = 0
        var distanceBySize: Int64 = 0
        var left = Int64(impactSize)
        var cost: Int64 = 0
        for slot in 0..<Int(ladder.pointee.levelCount) {
            let halfTicks = Int64(sign &* (twiceMid &- 2 &* ladder.pointee.prices[slot]))
            let size = Int64(ladder.pointee.sizes[slot])
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
