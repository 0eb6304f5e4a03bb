public import Units

/// The trade dates of an exchange's equity index futures and the times of their sessions.
///
/// A Globex session of trade date d is open in [18:00 ET on d − 1, 17:00 ET on d), for every trade date: an early close
/// ends regular hours, not trading. Nothing here allocates except `tradeDates`. Finding the session of an instant costs
/// about a microsecond, so callers keep the session in hand and ask again only when it no longer contains their time.
public struct TradingCalendar: Sendable {
    public let zone: TimeZoneRules
    public let windows: SessionWindows

    private static let openTime = TimeOfDay(hour: 18, minute: 0)
    private static let closeTime = TimeOfDay(hour: 17, minute: 0)
    static let earlyCloseTime = TimeOfDay(hour: 13, minute: 0)

    /// The calendar of ES, NQ, RTY, YM and their micros.
    /// - Parameter zone: America/New_York.
    public static func cmeEquityIndex(zone: TimeZoneRules, windows: SessionWindows) -> TradingCalendar {
        TradingCalendar(zone: zone, windows: windows)
    }

    /// The years whose holidays were checked against the exchange's own calendar. Outside, the rules go on without
    /// exceptions.
    public static let checkedYears = ExchangeHoliday.firstYear...ExchangeHoliday.lastYear

    /// Weekdays but those on which the futures do not trade at all.
    public func isTradeDate(_ date: CivilDate) -> Bool {
        guard !date.weekday.isWeekend else { return false }
        if case .closed = ExchangeHoliday.on(date) { return false }
        return true
    }

    /// The stock exchanges open on this date, so the indexes are published.
    public func isEquityMarketOpen(_ date: CivilDate) -> Bool {
        guard !date.weekday.isWeekend else { return false }
        switch ExchangeHoliday.on(date) {
        case .closed, .noRegularHours: return false
        case .earlyClose, .none: return true
        }
    }

    /// When the stock exchanges close on a date on which they open: 16:00 ET, 13:00 on an early close. Whatever hours
    /// are configured.
    public func equityClose(on date: CivilDate) -> Timestamp {
        if !date.weekday.isWeekend, case .earlyClose = ExchangeHoliday.on(date) {
            return zone.timestamp(date, Self.earlyCloseTime)
        }
        return zone.timestamp(date, TimeOfDay(hour: 16, minute: 0))
    }

    /// The instant of a time of day within the session of a trade date: from 18:00 on it belongs to the evening before.
    public func instant(_ time: TimeOfDay, on tradeDate: CivilDate) -> Timestamp {
        zone.timestamp(time >= TradingCalendar.openTime ? tradeDate.adding(days: -1) : tradeDate, time)
    }

    /// From when on a short day nothing should be held: 13:00 ET, when the stock exchanges close early and on most
    /// trade dates without regular hours; 09:15 on a Good Friday. Nil on any other day. The futures halt then, or, on
    /// some early closes, at 13:15, as status records say. The exchange's, whatever hours are configured.
    public func earlyHalt(in session: SessionTimes) -> Timestamp? {
        guard session.isEarlyClose || !session.hasRTH else { return nil }
        return instant(ExchangeHoliday.haltTime(on: session.tradeDate), on: session.tradeDate)
    }

    /// Nil when `tradeDate` is not a trade date.
    public func session(_ tradeDate: CivilDate) -> SessionTimes? {
        guard !tradeDate.weekday.isWeekend else { return nil }
        let holiday = ExchangeHoliday.on(tradeDate)
        if case .closed = holiday { return nil }
        return times(tradeDate, holiday)
    }

    private func times(_ date: CivilDate, _ holiday: ExchangeHoliday) -> SessionTimes {
        func instant(_ time: TimeOfDay) -> Timestamp { self.instant(time, on: date) }
        var (rthOpen, rthClose) = (instant(windows.rthOpen), instant(windows.rthClose))
        var initialBalanceEnd = instant(windows.initialBalanceEnd)
        switch holiday {
        case .closed, .noRegularHours:
            (rthOpen, rthClose, initialBalanceEnd) = (.undefined, .undefined, .undefined)
        case .earlyClose:
            let early = instant(TradingCalendar.earlyCloseTime)
            // Configured hours that are over by 13:00 are not shortened, nor are any that would begin after it.
            if rthOpen < early, early < rthClose {
                rthClose = early
                initialBalanceEnd = min(initialBalanceEnd, early)
            }
        case .none: break
        }
        return SessionTimes(
            tradeDate: date, open: zone.timestamp(date.adding(days: -1), TradingCalendar.openTime),
            close: zone.timestamp(date, TradingCalendar.closeTime), rthOpen: rthOpen, rthClose: rthClose,
            isEarlyClose: holiday == .earlyClose, premarketStart: instant(windows.premarketStart),
            premarketEnd: instant(windows.premarketEnd), openingRangeStart: instant(windows.openingRangeStart),
            openingRangeEnd: instant(windows.openingRangeEnd), initialBalanceEnd: initialBalanceEnd)
    }

    /// The session that is open at `time`; nil in the maintenance hour, on weekends and on holidays.
    public func sessionContaining(_ time: Timestamp) -> SessionTimes? {
        let (date, timeOfDay) = zone.local(time)
        if timeOfDay >= TradingCalendar.openTime { return session(date.adding(days: 1)) }
        return timeOfDay < TradingCalendar.closeTime ? session(date) : nil
    }

    /// The session that is open at `time`, else the one that ended last.
    /// Stamps come from outside: any value gives an answer, also `.undefined`.
    public func sessionInForce(_ time: Timestamp) -> SessionTimes {
        if let session = sessionContaining(time) { return session }
        let (date, timeOfDay) = zone.local(time)
        var ended = timeOfDay >= TradingCalendar.closeTime ? date : date.adding(days: -1)
        // At most four days follow each other without a trade date; a Christmas or Good Friday next to a weekend.
        while true {
            if let session = session(ended) { return session }
            ended = ended.adding(days: -1)
        }
    }

    /// The first session that opens after `time`.
    public func nextSession(after time: Timestamp) -> SessionTimes {
        let (date, timeOfDay) = zone.local(time)
        let opened = timeOfDay >= TradingCalendar.openTime ? date.adding(days: 1) : date
        let next = nextTradeDate(after: opened)
        return times(next, ExchangeHoliday.on(next))
    }

    /// The first trade date after `date`.
    public func nextTradeDate(after date: CivilDate) -> CivilDate {
        var next = date.adding(days: 1)
        while !isTradeDate(next) { next = next.adding(days: 1) }
        return next
    }

    /// The last trade date before `date`.
    public func previousTradeDate(before date: CivilDate) -> CivilDate {
        var previous = date.adding(days: -1)
        while !isTradeDate(previous) { previous = previous.adding(days: -1) }
        return previous
    }

    /// The trade dates of a range, both ends included; empty when `last` is before `first`.
    public func tradeDates(from first: CivilDate, to last: CivilDate) -> [CivilDate] {
        var dates: [CivilDate] = []
        var date = first
        while date <= last {
            if isTradeDate(date) { dates.append(date) }
            date = date.adding(days: 1)
        }
        return dates
    }

    /// How many trade dates lie after `first`, up to and including `last`: `trading_days_to_futures_expiration` with
    /// `first` today and `last` the expiry. 0 when `last` is not after `first`.
    public func tradingDays(after first: CivilDate, through last: CivilDate) -> Int {
        var count = 0
        var date = first.adding(days: 1)
        while date <= last {
            if isTradeDate(date) { count += 1 }
            date = date.adding(days: 1)
        }
        return count
    }

    /// Whether `date` is the last trade date of its month.
    public func isLastTradeDateOfMonth(_ date: CivilDate) -> Bool {
        isTradeDate(date) && nextTradeDate(after: date).month != date.month
    }
}
