import MarketData

/// Who trades, how much and how (FEATURES C-47…52, 54, 56…58), and the spreads that trades show at once (C-62, C-63).
///
/// Sums are decayed when a trade comes, not with every group: until then one factor per half-life carries the time that
/// has passed. A ratio of two sums does not decay, so it is computed once per group with trades.
struct TradeFlow: BitwiseCopyable, Sendable {
    private enum Sum10 { static let delta = 0, signed = 1, orders = 2 }
    private enum Sum60 {
        static let bought = 0, sold = 1, volume = 2, orders = 3, large = 4, sweeps = 5, spread = 6, sampled = 7
    }
    private enum Sum300 { static let delta = 0, signed = 1 }

    private var sums10 = ExponentialSums<3>()
    private var sums60 = ExponentialSums<8>()
    private var sums300 = ExponentialSums<2>()
    /// What is left of the sums since the last trade.
    private var left10 = 1.0
    private var left60 = 1.0
    private var left300 = 1.0
    private var age10 = ExponentialAge()
    private var age60 = ExponentialAge()
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

    init() {}

    mutating func advance(_ decay: Decay) {
        left10 = flushed(left10 * decay.h10)
        left60 = flushed(left60 * decay.h60)
        left300 = flushed(left300 * decay.h300)
        age10.decay(decay.h10)
        age60.decay(decay.h60)
    }

    /// Takes the orders of a group whose flow counts.
    ///
    /// - Parameter largeTrade: contracts from which on an order is large.
    mutating func apply(
        _ orders: UnsafeBufferPointer<AggressorOrder>, group: borrowing GroupContext, largeTrade: Int64
    ) {
        decaySums()
        let canSample = group.wasValid && !group.before.pointee.isLocked
        for order in orders {
            let size = Double(order.size)
            sums10[Sum10.orders] += 1
            sums60[Sum60.orders] += 1
            sums60[Sum60.volume] += size
            if order.size >= largeTrade { sums60[Sum60.large] += size }
            if order.isSweep { sums60[Sum60.sweeps] += size }
            roll.add(price: order.lastPrice)
            guard order.aggressor != 0 else { continue }
            addSigned(order)
            guard canSample else { continue }
            // 2·D·(p − m⁻), in half-ticks and contracts.
            let paid = 2 &* order.priceSize &- Int64(group.midBefore.twiceMid) &* order.size
            sums60[Sum60.spread] += Double(Int64(order.aggressor) &* paid)
            sums60[Sum60.sampled] += size
        }
        readRatios()
    }

    private mutating func decaySums() {
        sums10.decay(left10)
        sums60.decay(left60)
        sums300.decay(left300)
        roll.decay(left300)
        (left10, left60, left300) = (1, 1, 1)
    }

    private mutating func addSigned(_ order: AggressorOrder) {
        let size = Double(order.size)
        let signed = Double(order.aggressor) * size
        delta &+= Int64(order.aggressor) &* order.size
        sums10[Sum10.delta] += signed
        sums10[Sum10.signed] += size
        sums60[order.aggressor > 0 ? Sum60.bought : Sum60.sold] += size
        sums300[Sum300.delta] += signed
        sums300[Sum300.signed] += size
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
    }

    /// Aggressor orders a second, half-life 60 s; NaN before the session is ten seconds old.
    func ordersPerSecond60(_ row: borrowing RowContext) -> Double {
        defined(row.time &- row.sessionStart >= 10_000_000_000, rate60(Sum60.orders))
    }

    private func rate60(_ sum: Int) -> Double { age60.rate(sums60[sum] * left60, halfLife: 60) }

    func write(_ out: UnsafeMutablePointer<Double>, row: borrowing RowContext) {
        let tenSeconds = row.time &- row.sessionStart >= 10_000_000_000
        out[.buyVolume] = defined(tenSeconds, rate60(Sum60.bought))
        out[.sellVolume] = defined(tenSeconds, rate60(Sum60.sold))
        out[.tradeIntensity10] = defined(tenSeconds, age10.rate(sums10[Sum10.orders] * left10, halfLife: 10))
        out[.volumeDelta] = Double(delta)
        // Once all has vanished there is nothing left to divide (K.3-37).
        out[.tradeImbalance10] = defined(left10 > 0, imbalance10)
        out[.tradeImbalance60] = defined(left60 > 0, imbalance60)
        out[.tradeImbalance300] = imbalance300
        out[.averageTradeSize] = defined(left60 > 0, averageSize)
        out[.largeTradeShare60] = defined(left60 > 0, largeShare)
        out[.sweepShare] = defined(left60 > 0, sweepShare)
        out[.effectiveSpread] = defined(left60 > 0, effectiveSpread)
        out[.rollSpread] = roll.value
    }
}
