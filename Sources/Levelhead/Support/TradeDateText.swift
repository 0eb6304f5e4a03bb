import MarketCalendar

/// Trade dates as folds and records have them, one number of year, month and day, for people.
enum TradeDateText {
    /// "2026-03-10"; "none" before the first session.
    static func text(_ number: Int32) -> String { CivilDate(yyyymmdd: Int(number)).map { "\($0)" } ?? "none" }
}
