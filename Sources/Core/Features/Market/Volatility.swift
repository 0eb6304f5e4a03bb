import Determinism
import MarketCalendar
import MarketData
import Units

/// Returns and volatility of the mid and of bars (FEATURES C.4 and C-61). All of it changes with seconds, bars and
/// days only.
struct Volatility: ~Copyable {
    private static let second: UInt64 = 1_000_000_000
    private static let tradingDays = 252.0
    /// Age of the session from which rows of 300 s and of 1,800 s may be given, ns.
    static let shortAge: UInt64 = 300_000_000_000
    static let longAge: UInt64 = 1_800_000_000_000

    /// What a variance per second is worth in a year.
    private let secondsPerYear: Double
    private var short = VarianceWindow(length: 60)
    private var long = VarianceWindow(length: 360)
    private var regular = RegularVariance()
    private var varianceRatio = VarianceRatio()
    private var return60 = Double.nan
    private var return300 = Double.nan
    private var return1800 = Double.nan
    private var weighted = WeightedVariance()
    private var ranges = RangeVolatility(length: 30)
    private var illiquidity: Illiquidity
    private var daily = DailyVolatility(length: 20)

    init(configuration: FeatureConfiguration) {
        secondsPerYear = Self.tradingDays * configuration.annualizationHours * 3_600
        illiquidity = Illiquidity(tickValue: configuration.tickSize.points * configuration.pointValue)
    }

    /// The newest second of the grid, which ended at `end` ns.
    mutating func secondClosed(at end: UInt64, grid: borrowing MidGrid, session: SessionTimes) {
        varianceRatio.push(grid)
        return60 = Self.change(grid, lag: 60)
        return300 = Self.change(grid, lag: 300)
        return1800 = Self.change(grid, lag: 1_800)
        let start = end - Self.second
        guard start / Self.second % UInt64(VarianceWindow.step) == 0 else { return }
        short.push(grid)
        long.push(grid)
        guard session.isRTH(Timestamp(nanoseconds: start)), end <= session.rthClose.nanoseconds else { return }
        let elapsed = (start - session.rthOpen.nanoseconds) / Self.second
        regular.push(grid, number: Int(elapsed) / VarianceWindow.step)
    }

    private static func change(_ grid: borrowing MidGrid, lag: Int) -> Double {
        1e4 * LogReturn.between(grid.twiceMid(lag: lag), grid.twiceMid(lag: 0))
    }

    /// The grid has forgotten every second.
    mutating func gridCleared() {
        short = VarianceWindow(length: short.length)
        long = VarianceWindow(length: long.length)
        varianceRatio = VarianceRatio()
        (return60, return300, return1800) = (.nan, .nan, .nan)
    }

    mutating func minuteClosed(_ bar: Bar) {
        weighted.update(close: bar.close)
        ranges.update(bar)
        illiquidity.update(bar)
    }

    /// Records are missing: series of bars begin anew with the bars after them, those of days after a day that lacks
    /// regular trades.
    mutating func loseRecords(
        ofRegularHours: Bool, ofPriorRegularHours: Bool, configuration: FeatureConfiguration
    ) {
        weighted = WeightedVariance()
        ranges = RangeVolatility(length: 30)
        illiquidity = Illiquidity(tickValue: configuration.tickSize.points * configuration.pointValue)
        if ofPriorRegularHours { daily.losePrior() }
        if ofRegularHours { daily.loseRecords() }
    }

    /// Trades of regular hours.
    mutating func takeRegular(_ trades: UnsafeBufferPointer<TradeRun>) {
        for trade in trades { daily.add(price: trade.price, size: trade.size) }
    }

    mutating func beginSession() {
        regular = RegularVariance()
        daily.endDay()
    }

    /// - Parameters:
    ///   - time: of the row, ns.
    ///   - sessionStart: since when the session's accumulators run (t₀), ns.
    func writeSecond(
        _ out: UnsafeMutablePointer<Double>, at time: UInt64, sessionStart: UInt64, session: SessionTimes
    ) {
        let age = time &- sessionStart
        let isLong = age >= Self.longAge
        out[.midReturn60] = return60
        out[.midReturn300] = return300
        out[.midReturn1800] = return1800
        let realized = long.realizedVariance
        let bipower = long.bipowerVariance
        out[.realizedVolatility300] = defined(
            age >= Self.shortAge, annualized(short.realizedVariance / short.seconds))
        out[.realizedVolatility1800] = defined(isLong, annualized(realized / long.seconds))
        out[.bipowerVolatility] = defined(isLong, annualized(bipower / long.seconds))
        out[.jumpRatio] = defined(isLong && !realized.isNaN, max(0, realized - bipower) / realized)
        out[.downsideShare] = defined(isLong, long.downsideShare)
        let instant = Timestamp(nanoseconds: time)
        let isRegular = session.isRTH(instant) && time - session.rthOpen.nanoseconds >= Self.shortAge
        out[.realizedVolatilityRegular] = defined(isRegular, annualized(regular.perSecond))
        out[.varianceRatio] = defined(isLong, varianceRatio.value)
        out[.ewmaVolatility] = annualized(weighted.value / 60)
        out[.parkinsonVolatility] = annualized(ranges.parkinson / 60)
        out[.garmanKlassVolatility] = annualized(ranges.garmanKlass / 60)
        out[.rogersSatchellVolatility] = annualized(ranges.rogersSatchell / 60)
        out[.yangZhangVolatility] = (daily.variance * Self.tradingDays).squareRoot() * 100
        out[.amihudIlliquidity] = illiquidity.value
    }

    /// Percent a year of a variance per second.
    private func annualized(_ variance: Double) -> Double { (variance * secondsPerYear).squareRoot() * 100 }
}

extension Volatility: PersistentState {
    mutating func persist(_ archive: inout StateArchive) throws(StateArchive.Failure) {
        try archive.marker("volatility")
        try archive.field(&short)
        try archive.field(&long)
        try archive.field(&regular)
        try archive.field(&varianceRatio)
        try archive.field(&return60)
        try archive.field(&return300)
        try archive.field(&return1800)
        try archive.field(&weighted)
        try archive.field(&ranges)
        try archive.field(&illiquidity)
        try archive.field(&daily)
    }
}
