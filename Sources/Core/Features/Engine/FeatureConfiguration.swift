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
    public var options: OptionConfiguration

    /// - Precondition: both lengths are positive, and the average is over at most 512 bars.
    public init(
        calendar: TradingCalendar, tickSize: TickSize, levels: LevelParameters = LevelParameters(),
        averageBarMinutes: Int = 2, averageLength: Int = 90, options: OptionConfiguration = OptionConfiguration()
    ) {
        precondition(averageBarMinutes > 0, "a bar has a length")
        precondition((1...ClosingAverage.maximumLength).contains(averageLength), "the average is over 1 to 512 bars")
        self.calendar = calendar
        self.tickSize = tickSize
        self.levels = levels
        self.averageBarMinutes = averageBarMinutes
        self.averageLength = averageLength
        self.options = options
    }
}
