import DBN

/// The best bid and offer of one option. Prices in units of 0.05 points, 0 where there is none.
struct OptionQuote: Equatable {
    var bid = 0
    var ask = 0
    var bidSize = 0
    var askSize = 0
    var bidCount = 0
    var askCount = 0

    /// One unit in 1e-9 of a point.
    static let unitNanos: Int64 = 50_000_000
    /// Above 10.00 prices are multiples of 0.25.
    private static let coarseFrom = 200
    private static let coarse = 5

    /// Points between neighbouring prices at a price.
    static func tick(_ points: Double) -> Double { points < 10 ? 0.05 : 0.25 }

    /// The nearest price on the grid; 0 where that is not a price.
    static func snap(_ points: Double) -> Int {
        let units = points * 20
        guard units > Double(coarseFrom) else { return max(0, Int(units.rounded())) }
        return Int((units / Double(coarse)).rounded()) * coarse
    }

    static func above(_ price: Int) -> Int { price + (price >= coarseFrom ? coarse : 1) }
    static func below(_ price: Int) -> Int { max(0, price - (price > coarseFrom ? coarse : 1)) }

    /// Sets the prices around a value: a width of one tick and more, growing with the value and the distance from the
    /// money. The mid lies within half a tick of the value wherever both sides do.
    mutating func setPrices(_ value: OptionValue, widening: Double) {
        let tick = Self.tick(value.price)
        let far = max(0, abs(value.distance) - 1.5)
        let width = (tick + 0.003 * value.price + 0.3 * tick * min(far, 6)) * widening
        bid = Self.snap(value.price - 0.5 * width)
        ask = max(Self.snap(value.price + 0.5 * width), Self.above(bid))
    }

    var level: BidAskPair {
        BidAskPair(
            bidPrice: Self.nanos(bid), askPrice: Self.nanos(ask), bidSize: UInt32(truncatingIfNeeded: bidSize),
            askSize: UInt32(truncatingIfNeeded: askSize), bidCount: UInt32(truncatingIfNeeded: bidCount),
            askCount: UInt32(truncatingIfNeeded: askCount))
    }

    static func nanos(_ units: Int) -> Int64 { units == 0 ? .max : Int64(units) * unitNanos }
}
