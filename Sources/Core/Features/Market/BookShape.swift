import MarketData

/// The shape of the ten-level book (FEATURES C.1), read from the book as it is. What a group has not changed is not
/// computed again.
struct BookShape: BitwiseCopyable {
    private(set) var bid = BookSideSums()
    private(set) var ask = BookSideSums()
    /// Levels that have changed since the rows were written.
    private var stale = BookChange.everything
    /// Twice the mid for which the rows were written.
    private var twiceMid = Int32.min
    private var isWritten = false

    init() {}

    /// Takes the book after a group.
    ///
    /// - Parameter before: the book that was taken last.
    @inline(__always)
    mutating func apply(_ book: UnsafePointer<Book>, before: UnsafePointer<Book>, change: BookChange) {
        if change.bidSlots != 0 {
            bid.update(book.bid, before: before.bid, slots: change.bidSlots, moved: change.bidPricesMoved)
        }
        if change.askSlots != 0 {
            ask.update(book.ask, before: before.ask, slots: change.askSlots, moved: change.askPricesMoved)
        }
        stale.formUnion(change)
    }

    /// All rows must be written anew.
    mutating func forget() {
        stale = .everything
        isWritten = false
    }

    /// Brings the rows that read the book up to date. All are NaN unless it is two-sided and valid.
    @inline(__always)
    mutating func write(_ out: UnsafeMutablePointer<Double>, book: UnsafePointer<Book>, isValid: Bool) {
        guard isValid else {
            if isWritten || stale == .everything { Self.writeUndefined(out) }
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
        if (bids | asks) & 1 != 0 { Self.writeBest(out, book) }
        if (bids | asks) & 0b11110 != 0 { Self.writeLevels(out, book, slots: (bids | asks) & 0b11110) }
        writeTotals(out, book, bids: bids, asks: asks)
        let spread = Int64(book.ask.prices[0]) &- Int64(book.bid.prices[0])
        if bids != 0 || moved {
            out[.bidBookSlope] = bid.slope(spread: spread)
            out[.bidDepthDistance] = bid.meanDistance(spread: spread)
            out[.sellImpact100] = bid.impact(spread: spread)
        }
        if asks != 0 || moved {
            out[.askBookSlope] = ask.slope(spread: spread)
            out[.askDepthDistance] = ask.meanDistance(spread: spread)
            out[.buyImpact100] = ask.impact(spread: spread)
        }
    }

    /// The rows of this family except those that outlive an invalid book: means, and the mid.
    @inline(never)
    private static func writeUndefined(_ out: UnsafeMutablePointer<Double>) {
        out[.bidAskSpread] = .nan
        for row in MarketFeature.weightedMidOffset.rawValue...MarketFeature.sellImpact100.rawValue { out[row] = .nan }
    }

    private static func writeBest(_ out: UnsafeMutablePointer<Double>, _ book: UnsafePointer<Book>) {
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

    /// What is summed over more levels than there are is not defined.
    @inline(never)
    private static func clearTotals(_ out: UnsafeMutablePointer<Double>, levels: Int32) {
        (out[.depthImbalanceTop10], out[.bidDepthTop10], out[.askDepthTop10]) = (.nan, .nan, .nan)
        out[.orderCountImbalanceTop10] = .nan
        (out[.bidAverageOrderSize], out[.askAverageOrderSize]) = (.nan, .nan)
        if levels < 5 {
            (out[.depthImbalanceTop5], out[.bidDepthTop5], out[.askDepthTop5]) = (.nan, .nan, .nan)
        }
        if levels < 3 { out[.depthImbalanceTop3] = .nan }
    }

    private static func writeLevels(_ out: UnsafeMutablePointer<Double>, _ book: UnsafePointer<Book>, slots: UInt32) {
        let levels = min(book.pointee.bid.levelCount, book.pointee.ask.levelCount)
        let (bids, asks) = (book.bid.sizes, book.ask.sizes)
        var slots = slots
        while slots != 0 {
            let slot = slots.trailingZeroBitCount
            slots &= slots &- 1
            out[MarketFeature.depthImbalance2.rawValue + slot - 1] = defined(
                levels > slot, imbalance(bids[slot], asks[slot]))
        }
    }

    // Mutating only so that the call does not copy the shape.
    @inline(__always)
    private mutating func writeTotals(
        _ out: UnsafeMutablePointer<Double>, _ book: UnsafePointer<Book>, bids: UInt32, asks: UInt32
    ) {
        let slots = bids | asks
        if slots & 0b111 != 0 { out[.depthImbalanceTop3] = imbalance(bid.top3, ask.top3) }
        if slots & 0b11111 != 0 {
            out[.depthImbalanceTop5] = imbalance(bid.top5, ask.top5)
            out[.bidDepthTop5] = Double(bid.top5)
            out[.askDepthTop5] = Double(ask.top5)
        }
        out[.depthImbalanceTop10] = imbalance(bid.top10, ask.top10)
        out[.orderCountImbalanceTop10] = imbalance(bid.orders, ask.orders)
        if bids != 0 {
            out[.bidDepthTop10] = Double(bid.top10)
            out[.bidAverageOrderSize] = ratio(Double(bid.top10), Double(bid.orders))
        }
        if asks != 0 {
            out[.askDepthTop10] = Double(ask.top10)
            out[.askAverageOrderSize] = ratio(Double(ask.top10), Double(ask.orders))
        }
        let levels = min(book.pointee.bid.levelCount, book.pointee.ask.levelCount)
        if levels < 10 {
            Self.clearTotals(out, levels: levels)
            // Whichever side gets its levels back, all totals are written then.
            stale = .everything
        }
    }
}
