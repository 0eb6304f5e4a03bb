public import Units

/// When a policy may enter and by when it must be flat, as configuration has it.
public struct TradingWindowRule: Equatable, Sendable {
    public let entryStart: TimeOfDay
    public let entryEnd: TimeOfDay
    public let flatBy: TimeOfDay
    /// Entries end this long before an early close.
    public let earlyCloseEntryMinutes: Int
    /// Flat this long before an early close.
    public let earlyCloseFlatMinutes: Int

    public init(
        entryStart: TimeOfDay, entryEnd: TimeOfDay, flatBy: TimeOfDay, earlyCloseEntryMinutes: Int,
        earlyCloseFlatMinutes: Int
    ) {
        self.entryStart = entryStart
        self.entryEnd = entryEnd
        self.flatBy = flatBy
        self.earlyCloseEntryMinutes = earlyCloseEntryMinutes
        self.earlyCloseFlatMinutes = earlyCloseFlatMinutes
    }
}

/// The rule applied to one session: entries in [entryStart, entryEnd), flat from `flatBy` to the session's end.
public struct TradingWindow: Equatable, BitwiseCopyable, Sendable {
    public let entryStart: Timestamp
    public let entryEnd: Timestamp
    public let flatBy: Timestamp

    /// The same with an end of trading in it: entries end, and the position is closed, as long before it as before an
    /// early close.
    public func ending(before end: Timestamp, _ rule: TradingWindowRule) -> TradingWindow {
        let entries = min(entryEnd, end - .minutes(Int64(rule.earlyCloseEntryMinutes)))
        return TradingWindow(
            entryStart: entryStart, entryEnd: max(entryStart, entries),
            flatBy: min(flatBy, end - .minutes(Int64(rule.earlyCloseFlatMinutes))))
    }
}

extension TradingCalendar {
    /// On an early close entries end and the position is closed before it. On a trade date without regular hours there
    /// are no entries, and a position is closed before the futures halt on such days.
    public func tradingWindow(_ rule: TradingWindowRule, in session: SessionTimes) -> TradingWindow {
        let date = session.tradeDate
        let start = instant(rule.entryStart, on: date)
        let end = session.hasRTH ? instant(rule.entryEnd, on: date) : start
        let window = TradingWindow(
            entryStart: start, entryEnd: max(start, end), flatBy: instant(rule.flatBy, on: date))
        return earlyHalt(in: session).map { window.ending(before: $0, rule) } ?? window
    }
}
