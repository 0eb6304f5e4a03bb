/// What distinguishes the order flow of one contract from another's.
struct ContractProfile {
    /// Target size and order count by level at midday, level 0 the best.
    var sizes: InlineArray<10, Double>
    var counts: InlineArray<10, Double>
    /// The lognormal of an aggressor's size before it meets the book.
    var tradeMedian: Double
    var tradeDeviation: Double
    /// Records per record of ES.
    var activityShare: Double
    /// The share of its own efficient price in what the book follows; the rest is the other contract's mid.
    var ownPriceShare: Double
    /// Ticks between the followed price and the mid from which a queue may be exhausted, and from which it is.
    var mayMove: Double
    var mustMove: Double

    /// ES. Level sizes and counts are tuned so that the measured means over time come out at those of a real midday
    /// (docs/synthetic-session.md), which the targets themselves are not: levels move faster than they fill.
    static let signal = ContractProfile(
        sizes: [225, 425, 490, 580, 530, 545, 490, 480, 490, 520],
        counts: [74, 118, 154, 200, 240, 275, 230, 188, 164, 152],
        tradeMedian: 2, tradeDeviation: 1.58, activityShare: 1, ownPriceShare: 1, mayMove: 0.8, mustMove: 1.05)

    /// MES. No measurement at hand: an assumption after the contract's usual appearance (a tenth of the notional, more
    /// and smaller orders, a best level of some tens of contracts). See docs/synthetic-session.md.
    static let traded = ContractProfile(
        sizes: [48, 80, 95, 100, 100, 95, 90, 85, 85, 80],
        counts: [22, 36, 42, 44, 44, 42, 40, 38, 38, 36],
        tradeMedian: 1, tradeDeviation: 1.15, activityShare: 0.6, ownPriceShare: 0.4, mayMove: 0.7, mustMove: 0.9)
}
