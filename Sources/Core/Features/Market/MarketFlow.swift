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
    private var age10: ExponentialAge
    private var age30: ExponentialAge
    private var age60: ExponentialAge
    private var spread = StepFunctionMean()
    private var bestSize = StepFunctionMean()
    private var levelSize = StepFunctionMean()

    init(clock: DecayClock) {
        age10 = ExponentialAge(gain: clock.gain.h10)
        age30 = ExponentialAge(gain: clock.gain.h30)
        age60 = ExponentialAge(gain: clock.gain.h60)
    }

    mutating func rebase(_ clock: DecayClock) {
        let left = clock.left
        imbalance10.decay(left.h10)
        messages.decay(left.h10)
        sums30.decay(left.h30)
        sums60.decay(left.h60)
        age10.decay(left.h10)
        age30.decay(left.h30)
        age60.decay(left.h60)
        spread.rebase(left: left.h60, gain: clock.gain.h60)
        bestSize.rebase(left: left.h60, gain: clock.gain.h60)
        levelSize.rebase(left: left.h60, gain: clock.gain.h60)
    }

    @inline(__always)
    mutating func apply(_ group: borrowing GroupContext, shape: UnsafePointer<BookShape>, records: Int32) {
        let gain = group.clock.pointee.gain
        messages.add(Double(records), to: 0, gain: gain.h10)
        if group.flowCounts, group.trades.count > 0 {
            sums60.add(Double(group.volume), to: Sum60.traded, gain: gain.h60)
        }
        for change in group.changes {
            let bid = change.side > 0
            sums30.add(Double(change.added), to: bid ? Sum30.bidAdded : Sum30.askAdded, gain: gain.h30)
            sums30.add(Double(change.cancelled), to: bid ? Sum30.bidCancelled : Sum30.askCancelled, gain: gain.h30)
            sums60.add(Double(change.cancelled), to: Sum60.cancelled, gain: gain.h60)
        }
        if group.wasValid, group.mid.isValid, !group.bookChange.isEmpty { applyImbalance(group) }
        let moved = group.mid.twiceMid != group.midBefore.twiceMid
        if moved, group.flowCounts, group.mid.isValid, group.midBefore.isUsable(at: group.time) {
            sums60.add(1, to: Sum60.midChanges, gain: gain.h60)
        }
        let isSwitched = spread.value.isNaN == group.mid.isValid
        if isSwitched || !group.bookChange.isEmpty {
            watch(
                group.after, shape: shape, change: isSwitched ? .everything : group.bookChange,
                isValid: group.mid.isValid, clock: group.clock)
        }
    }

    /// Best-level and deeper contributions of Cont, Kukanov & Stoikov: what joined minus what left, bids minus asks.
    /// A level whose price stays contributes the change of its size, one that has not changed nothing.
    private mutating func applyImbalance(_ group: borrowing GroupContext) {
        let (before, after) = (group.before, group.after)
        let levels = min(
            min(before.pointee.bid.levelCount, before.pointee.ask.levelCount),
            min(after.pointee.bid.levelCount, after.pointee.ask.levelCount))
        var slots = (group.bookChange.bidSlots | group.bookChange.askSlots) & ((1 &<< UInt32(levels)) &- 1)
        let haveMoved = group.bookChange.bidPricesMoved || group.bookChange.askPricesMoved
        while slots != 0 {
            let slot = slots.trailingZeroBitCount
            slots &= slots &- 1
            guard haveMoved else {
                let bids = after.bid.sizes[slot] &- before.bid.sizes[slot]
                let e = bids &- (after.ask.sizes[slot] &- before.ask.sizes[slot])
                if e != 0 { addImbalance(Double(e), slot: slot, gain: group.clock.pointee.gain) }
                continue
            }
            let e =
                Self.joined(before.bid, after.bid, slot: slot, direction: 1)
                &- Self.joined(before.ask, after.ask, slot: slot, direction: -1)
            if e != 0 { addImbalance(Double(e), slot: slot, gain: group.clock.pointee.gain) }
        }
    }

    private mutating func addImbalance(_ e: Double, slot: Int, gain: Decay) {
        imbalance10.add(e, to: slot, gain: gain.h10)
        if slot == 0 { sums60.add(e, to: Sum60.imbalance, gain: gain.h60) }
    }

    /// What one level of a side gained; `direction` is that in which its price improves.
    private static func joined(
        _ before: UnsafePointer<BookSideLadder>, _ after: UnsafePointer<BookSideLadder>, slot: Int, direction: Int32
    ) -> Int32 {
        let improved = direction &* (after.prices[slot] &- before.prices[slot])
        return (improved >= 0 ? after.sizes[slot] : 0) &- (improved <= 0 ? before.sizes[slot] : 0)
    }

    /// Takes the book as what holds from the clock's time on; it may differ from the one before in the levels of
    /// `change`.
    mutating func watch(
        _ book: UnsafePointer<Book>, shape: UnsafePointer<BookShape>, change: BookChange, isValid: Bool,
        clock: UnsafePointer<DecayClock>
    ) {
        let gain = clock.pointee.gain.h60
        guard isValid else {
            spread.set(.nan, gain: gain)
            bestSize.set(.nan, gain: gain)
            levelSize.set(.nan, gain: gain)
            return
        }
        if (change.bidSlots | change.askSlots) & 1 != 0 {
            spread.set(Double(book.ask.prices[0] &- book.bid.prices[0]), gain: gain)
            bestSize.set(Double(book.bid.sizes[0] &+ book.ask.sizes[0]) * 0.5, gain: gain)
        }
        let isFull = book.pointee.bid.isFull && book.pointee.ask.isFull
        levelSize.set(defined(isFull, Double(shape.pointee.bid.top10 &+ shape.pointee.ask.top10) / 20), gain: gain)
    }

    /// Contracts in the ten levels of both sides, half-life 60 s.
    func meanDepthTop10(gain: Double) -> Double { levelSize.mean(gain: gain) * 20 }

    /// Mutating only so that the call does not copy it.
    @inline(__always)
    mutating func write(_ out: UnsafeMutablePointer<Double>, row: borrowing RowContext) {
        let age = row.time &- row.sessionStart
        let tenSeconds = age >= 10_000_000_000
        let minute = age >= 60_000_000_000
        let left = row.clock.pointee.left
        let gain = row.clock.pointee.gain.h60
        out[.bidAskSpreadMean] = defined(minute, spread.mean(gain: gain))
        let best = imbalance10[0] * left.h10
        out[.orderFlowImbalance10] = best
        out[.orderFlowImbalance60] = sums60[Sum60.imbalance] * left.h60
        out[.orderFlowImbalanceNormalized] = defined(minute, ratio(best, bestSize.mean(gain: gain)))
        var total = best
        for slot in 1...9 {
            let sum = imbalance10[slot] * left.h10
            total += sum
            if slot <= 4 { out[MarketFeature.orderFlowImbalanceLevel2.rawValue + slot - 1] = sum }
        }
        out[.integratedOrderFlowImbalance] = defined(minute, ratio(total, levelSize.mean(gain: gain) * 10))
        let factor30 = defined(tenSeconds, age30.rateFactor(halfLife: 30, decay: left.h30))
        out[.bidAddedTop10] = sums30[Sum30.bidAdded] * factor30
        out[.askAddedTop10] = sums30[Sum30.askAdded] * factor30
        out[.bidCancelledTop10] = sums30[Sum30.bidCancelled] * factor30
        out[.askCancelledTop10] = sums30[Sum30.askCancelled] * factor30
        out[.cancelToTrade] = ratio(sums60[Sum60.cancelled], sums60[Sum60.traded])
        out[.messageRate] = defined(tenSeconds, messages[0] * age10.rateFactor(halfLife: 10, decay: left.h10))
        out[.midChangeRate] = defined(
            minute, sums60[Sum60.midChanges] * age60.rateFactor(halfLife: 60, decay: left.h60))
    }
}
