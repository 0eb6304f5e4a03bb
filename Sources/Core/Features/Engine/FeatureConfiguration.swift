import MarketCalendar
import Units

/// What the features of one contract are computed with.
public struct FeatureConfiguration: Sendable {
    public var calendar: TradingCalendar
    public var tickSize: TickSize
    public var levels: LevelParameters
    /// Length of the moving average's bars, minutes.
    public var averageBarMinutes: Int
    /// How many of them are averaged.
    public var averageLength: Int
    /// USD that one point of one contract is worth.
    public var pointValue: Double
    /// Hours of a trading day by which a volatility is made a year's: 23, or 6.5 for regular hours only.
    public var annualizationHours: Double
    /// What past sessions of the root were like; nil leaves every row that compares with them undefined.
    public var history: SessionHistory?
    /// Each session is collected for the history as it goes by.
    public var collectsSessions = false
    public var options: OptionConfiguration
    /// What is computed.
    public var families = FeatureFamilies.all

    /// - Precondition: both lengths are positive, and the average is over at most 512 bars.
    public init(
        calendar: TradingCalendar, tickSize: TickSize, levels: LevelParameters = LevelParameters(),
        averageBarMinutes: Int = 2, averageLength: Int = 90, pointValue: Double = 50, annualizationHours: Double = 23,
        history: SessionHistory? = nil, options: OptionConfiguration = OptionConfiguration()
    ) {
        precondition(averageBarMinutes > 0, "a bar has a length")
        precondition((1...ClosingAverage.maximumLength).contains(averageLength), "the average is over 1 to 512 bars")
        self.calendar = calendar
        self.tickSize = tickSize
        self.levels = levels
        self.averageBarMinutes = averageBarMinutes
        self.averageLength = averageLength
        self.pointValue = pointValue
        self.annualizationHours = annualizationHours
        self.history = history
        self.options = options
    }
}
