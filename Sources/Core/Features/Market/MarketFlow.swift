import MarketData

/// The order flow of the whole book (FEATURES C.2) and the means that normalise it.
public struct MarketFlow: BitwiseCopyable, Sendable {
    private enum Sum30 { static let bidAdded = 0, askAdded = 1, bidCancelled = 2, askCancelled = 3 }
    private enum Sum60 { static let imbalance = 0, cancelled = 1, traded = 2, midChanges = 3 }

    /// Order-flow imbalance e⁽ⁱ⁾ of the ten levels, half-life 10 s.
    private var imbalance10 = ExponentialSums<10>()
    private var messages = ExponentialSums<1>()
    private var sums30 = ExponentialSums<4>()
    private var sums60 = ExponentialSums<4>()
    private var age10 = ExponentialAge()
    private var age30 = ExponentialAge()
    private var age60 = ExponentialAge()
    private var spread = TimeWeightedMean()
    private var bestSize = TimeWeightedMean()
    private var levelSize = TimeWeightedMean()

    init() {}

    mutating func advance(_ decay: Decay) {
        imbalance10.decay(decay.h10)
        messages.decay(decay.h10)
        sums30.decay(decay.h30)
        sums60.decay(decay.h60)
        age10.decay(decay.h10)
        age30.decay(decay.h30)
        age60.decay(decay.h60)
        spread.decay(decay.h60)
        bestSize.decay(decay.h60)
        levelSize.decay(decay.h60)
    }

    mutating func apply(_ group: borrowing GroupContext, records: Int32) {
        messages[0] += Double(records)
        if group.flowCounts { sums60[Sum60.traded] += Double(group.volume) }
        for change in group.changes {
            let bid = change.side > 0
            sums30[bid ? Sum30.bidAdded : Sum30.askAdded] += Double(change.added)
            sums30[bid ? Sum30.bidCancelled : Sum30.askCancelled] += Double(change.cancelled)
            sums60[Sum60.cancelled] += Double(change.cancelled)
        }
        if group.wasValid, group.mid.isValid { applyImbalance(group.before, group.after) }
        let moved = group.mid.twiceMid != group.midBefore.twiceMid
        if moved, group.flowCounts, group.mid.isValid, group.midBefore.isUsable(at: group.time) {
            sums60[Sum60.midChanges] += 1
        }
        watch(group.after, isValid: group.mid.isValid)
    }

    /// Best-level and deeper contributions of Cont, Kukanov & Stoikov: what joined minus what left, bids minus asks.
    private mutating func applyImbalance(_ before: UnsafePointer<Book>, _ after: UnsafePointer<Book>) {
        let levels = min(
            min(before.pointee.bid.levelCount, before.pointee.ask.levelCount),
            min(after.pointee.bid.levelCount, after.pointee.ask.levelCount))
        for slot in 0..<Int(levels) {
            let bid = after.pointee.bid.prices[slot]
            let bidBefore = before.pointee.bid.prices[slot]
            let ask = after.pointee.ask.prices[slot]
            let askBefore = before.pointee.ask.prices[slot]
            var e: Int32 = 0
            e &+= bid >= bidBefore ? after.pointee.bid.sizes[slot] : 0
            e &-= bid <= bidBefore ? before.pointee.bid.sizes[slot] : 0
            e &-= ask <= askBefore ? after.pointee.ask.sizes[slot] : 0
            e &+= ask >= askBefore ? before.pointee.ask.sizes[slot] : 0
            imbalance10[slot] += Double(e)
            if slot == 0 { sums60[Sum60.imbalance] += Double(e) }
        }
    }

    /// Takes the book as what holds from now on.
    mutating func watch(_ book: UnsafePointer<Book>, isValid: Bool) {
        guard isValid else {
            spread.value = .nan
            bestSize.value = .nan
            levelSize.value = .nan
            return
        }
        spread.value = Double(book.pointee.ask.bestPrice &- book.pointee.bid.bestPrice)
        bestSize.value = Double(book.pointee.bid.bestSize &+ book.pointee.ask.bestSize) * 0.5
        let isFull = book.pointee.bid.isFull && book.pointee.ask.isFull
        let total = book.bid.topSize(10) &+ book.ask.topSize(10)
        levelSize.value = defined(isFull, Double(total) / 20)
    }

    /// Contracts in the ten levels of both sides, half-life 60 s.
    var meanDepthTop10: Double { levelSize.mean * 20 }

    func write(_ out: UnsafeMutablePointer<Double>, row: borrowing RowContext) {
        let age = row.time &- row.sessionStart
        let tenSeconds = age >= 10_000_000_000
        let minute = age >= 60_000_000_000
        out[.bidAskSpreadMean] = defined(minute, spread.mean)
        out[.orderFlowImbalance10] = imbalance10[0]
        out[.orderFlowImbalance60] = sums60[Sum60.imbalance]
        out[.orderFlowImbalanceNormalized] = defined(minute, ratio(imbalance10[0], bestSize.mean))
        for slot in 1...4 { out[MarketFeature.orderFlowImbalanceLevel2.rawValue + slot - 1] = imbalance10[slot] }
        var total = 0.0
        let normal = levelSize.mean
        for slot in 0..<10 { total += imbalance10[slot] / normal }
        out[.integratedOrderFlowImbalance] = defined(minute && normal != 0, total / 10)
        out[.bidAddedTop10] = defined(tenSeconds, age30.rate(sums30[Sum30.bidAdded], halfLife: 30))
        out[.askAddedTop10] = defined(tenSeconds, age30.rate(sums30[Sum30.askAdded], halfLife: 30))
        out[.bidCancelledTop10] = defined(tenSeconds, age30.rate(sums30[Sum30.bidCancelled], halfLife: 30))
        out[.askCancelledTop10] = defined(tenSeconds, age30.rate(sums30[Sum30.askCancelled], halfLife: 30))
        out[.cancelToTrade] = ratio(sums60[Sum60.cancelled], sums60[Sum60.traded])
        out[.messageRate] = defined(tenSeconds, age10.rate(messages[0], halfLife: 10))
        out[.midChangeRate] = defined(minute, age60.rate(sums60[Sum60.midChanges], halfLife: 60))
    }
}

/// The plain time-weighted mean of size per listed level of each side, since the last reset (for B-24): reset at 18:00
/// and at the regular open.
public struct MeanLevelSize: BitwiseCopyable, Sendable {
    /// ns from the reset before which the mean is not given.
    private static let warmUp: UInt64 = 300_000_000_000

    private var since: UInt64
    private var bidWeighted: Double = 0
    private var bidTime: Double = 0
    private var askWeighted: Double = 0
    private var askTime: Double = 0
    private var bidValue: Double = .nan
    private var askValue: Double = .nan

    init(since: UInt64) { self.since = since }

    /// Begins anew, with the sizes that are in force.
    mutating func reset(at time: UInt64) {
        let (bid, ask) = (bidValue, askValue)
        self = MeanLevelSize(since: time)
        (bidValue, askValue) = (bid, ask)
    }

    mutating func advance(elapsed: UInt64) {
        let seconds = Double(elapsed) * 1e-9
        if !bidValue.isNaN {
            bidWeighted += bidValue * seconds
            bidTime += seconds
        }
        if !askValue.isNaN {
            askWeighted += askValue * seconds
            askTime += seconds
        }
    }

    mutating func watch(_ book: UnsafePointer<Book>, usable: Bool) {
        bidValue = usable ? Self.mean(book.bid) : .nan
        askValue = usable ? Self.mean(book.ask) : .nan
    }

    private static func mean(_ ladder: UnsafePointer<BookSideLadder>) -> Double {
        ratio(Double(ladder.topSize(10)), Double(ladder.pointee.levelCount))
    }

    func bidMean(at time: UInt64) -> Double { defined(time &- since >= Self.warmUp, ratio(bidWeighted, bidTime)) }
    func askMean(at time: UInt64) -> Double { defined(time &- since >= Self.warmUp, ratio(askWeighted, askTime)) }
}
