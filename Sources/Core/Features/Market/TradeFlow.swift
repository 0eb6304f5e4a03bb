import MarketData

/// Who trades, how much and how (FEATURES C-47…52, 54, 56…58), and the spreads that trades show at once (C-62, C-63).
///
/// A ratio of two sums does not decay, so it is computed once per group with trades.
struct TradeFlow: BitwiseCopyable, Sendable {
    private enum Sum10 { static let delta = 0, signed = 1, orders = 2 }
    private enum Sum60 {
        static let bought = 0, sold = 1, volume = 2, orders = 3, large = 4, sweeps = 5, spread = 6, sampled = 7
    }
    private enum Sum300 { static let delta = 0, signed = 1 }

    private var sums10 = ExponentialSums<3>()
    private var sums60 = ExponentialSums<8>()
    private var sums300 = ExponentialSums<2>()
    private var age10: ExponentialAge
    private var age60: ExponentialAge
    private var roll = RollSpread()
    /// Σ D·size since 18:00.
    private var delta: Int64 = 0
    private var imbalance10 = Double.nan
    private var imbalance60 = Double.nan
    private var imbalance300 = Double.nan
    private var averageSize = Double.nan
    private var largeShare = Double.nan
    private var sweepShare = Double.nan
    private var effectiveSpread = Double.nan
    /// Ratios have changed since they were written.
    private var isStale = true

    init(clock: DecayClock) {
        age10 = ExponentialAge(gain: clock.gain.h10)
        age60 = ExponentialAge(gain: clock.gain.h60)
    }

    /// Every row must be written anew.
    mutating func forget() { isStale = true }

    mutating func rebase(_ clock: DecayClock) {
        sums10.decay(clock.left.h10)
        sums60.decay(clock.left.h60)
        sums300.decay(clock.left.h300)
        roll.decay(clock.left.h300)
        age10.decay(clock.left.h10)
        age60.decay(clock.left.h60)
        // Once all has vanished there is nothing left to divide (K.3-37).
        if sums10[Sum10.signed] == 0 || sums60[Sum60.volume] == 0 || sums300[Sum300.signed] == 0 { readRatios() }
    }

    /// Takes the orders of a group whose flow counts.
    ///
    /// - Parameter largeTrade: contracts from which on an order is large.
    mutating func apply(
        _ orders: UnsafeBufferPointer<AggressorOrder>, group: borrowing GroupContext, largeTrade: Int64
    ) {
        let gain = group.clock.pointee.gain
        let canSample = group.wasValid && !group.before.pointee.isLocked
        for order in orders {
            let size = Double(order.size)
            sums10.add(1, to: Sum10.orders, gain: gain.h10)
            sums60.add(1, to: Sum60.orders, gain: gain.h60)
            sums60.add(size, to: Sum60.volume, gain: gain.h60)
            if order.size >= largeTrade { sums60.add(size, to: Sum60.large, gain: gain.h60) }
            if order.isSweep { sums60.add(size, to: Sum60.sweeps, gain: gain.h60) }
            roll.add(price: order.lastPrice, gain: gain.h300)
            guard order.aggressor != 0 else { continue }
            addSigned(order, gain)
            guard canSample else { continue }
            // 2·D·(p − m⁻), in half-ticks and contracts.
            let paid = 2 &* order.priceSize &- Int64(group.midBefore.twiceMid) &* order.size
            sums60.add(Double(Int64(order.aggressor) &* paid), to: Sum60.spread, gain: gain.h60)
            sums60.add(size, to: Sum60.sampled, gain: gain.h60)
        }
        readRatios()
    }

    private mutating func addSigned(_ order: AggressorOrder, _ gain: Decay) {
        let size = Double(order.size)
        let signed = Double(order.aggressor) * size
        delta &+= Int64(order.aggressor) &* order.size
        sums10.add(signed, to: Sum10.delta, gain: gain.h10)
        sums10.add(size, to: Sum10.signed, gain: gain.h10)
        sums60.add(size, to: order.aggressor > 0 ? Sum60.bought : Sum60.sold, gain: gain.h60)
        sums300.add(signed, to: Sum300.delta, gain: gain.h300)
        sums300.add(size, to: Sum300.signed, gain: gain.h300)
    }

    private mutating func readRatios() {
        let (bought, sold, volume) = (sums60[Sum60.bought], sums60[Sum60.sold], sums60[Sum60.volume])
        imbalance10 = ratio(sums10[Sum10.delta], sums10[Sum10.signed])
        imbalance60 = ratio(bought - sold, bought + sold)
        imbalance300 = ratio(sums300[Sum300.delta], sums300[Sum300.signed])
        averageSize = ratio(volume, sums60[Sum60.orders])
        largeShare = ratio(sums60[Sum60.large], volume)
        sweepShare = ratio(sums60[Sum60.sweeps], volume)
        effectiveSpread = ratio(sums60[Sum60.spread], sums60[Sum60.sampled])
        roll.read()
        isStale = true
    }

    @inline(__always)
    mutating func write(_ out: UnsafeMutablePointer<Double>, row: borrowing RowContext) {
        let left = row.clock.pointee.left
        let tenSeconds = row.time &- row.sessionStart >= 10_000_000_000
        let factor60 = defined(tenSeconds, age60.rateFactor(halfLife: 60, decay: left.h60))
        out[.buyVolume] = sums60[Sum60.bought] * factor60
        out[.sellVolume] = sums60[Sum60.sold] * factor60
        out[.tradeIntensity10] = defined(
            tenSeconds, sums10[Sum10.orders] * age10.rateFactor(halfLife: 10, decay: left.h10))
        if isStale || left.h10 == 0 { writeRatios(out, left: left) }
    }

    @inline(never)
    private mutating func writeRatios(_ out: UnsafeMutablePointer<Double>, left: Decay) {
        // Written again once what is left of the sums has come and gone.
        isStale = left.h10 == 0
        out[.volumeDelta] = Double(delta)
        out[.tradeImbalance10] = defined(left.h10 > 0, imbalance10)
        out[.tradeImbalance60] = defined(left.h60 > 0, imbalance60)
        out[.tradeImbalance300] = imbalance300
        out[.averageTradeSize] = defined(left.h60 > 0, averageSize)
        out[.largeTradeShare60] = defined(left.h60 > 0, largeShare)
        out[.sweepShare] = defined(left.h60 > 0, sweepShare)
        out[.effectiveSpread] = defined(left.h60 > 0, effectiveSpread)
        out[.rollSpread] = roll.value
    }
}
