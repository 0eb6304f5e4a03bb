/// Which weekdays the CME's equity index futures and the New York stock exchanges are open: the one table of holidays.
///
/// Sources:
/// - CME Group holiday calendar, https://www.cmegroup.com/tools-information/holiday-calendar.html, and its yearly
///   notices.
/// - NYSE holidays and trading hours, https://www.nyse.com/markets/hours-calendars; NYSE Rule 7.2 for the holidays.
/// - Special days: CME Group's notices for hurricane Sandy and for the days of mourning; the one of 2024-12-30 has the
///   futures open until 8:30 CT on January 9 and again that evening for the trade date of January 10.
/// - Employment reports on Good Friday: Bureau of Labor Statistics release schedule, https://www.bls.gov/schedule/.
///
/// A weekday is one of four things. The rules hold for every year; the exceptions are known for 2005 to 2026, and the
/// Good Fridays are settled through 2030.
enum ExchangeHoliday {
    /// The futures do not trade: not a trade date.
    case closed
    /// The futures trade for part of the day, the equity market is shut: a trade date without regular hours.
    case noRegularHours
    /// Regular hours end at 13:00 ET.
    case earlyClose
    case none

    static let firstYear = 2005
    static let lastYear = 2030

    /// Trade dates without regular hours that no rule gives, and when the futures stopped, New York.
    private static let special: [(date: CivilDate, halt: TimeOfDay)] = [
        // Hurricane Sandy.
        (CivilDate(year: 2012, month: 10, day: 29), TimeOfDay(hour: 9, minute: 15)),
        (CivilDate(year: 2012, month: 10, day: 30), TimeOfDay(hour: 9, minute: 15)),
        // Mourning for the Presidents G. H. W. Bush and Carter.
        (CivilDate(year: 2018, month: 12, day: 5), TimeOfDay(hour: 9, minute: 30)),
        (CivilDate(year: 2025, month: 1, day: 9), TimeOfDay(hour: 9, minute: 30)),
    ]

    /// Mourning for President Ford. pandas_market_calendars and exchange_calendars close it; no notice of the exchange
    /// was found that says otherwise.
    private static let closedOnce = CivilDate(year: 2007, month: 1, day: 2)

    /// Good Fridays with the employment report: the futures trade until 09:15 ET. On all others they are closed.
    private static let openGoodFridays: [CivilDate] = [
        CivilDate(year: 2010, month: 4, day: 2), CivilDate(year: 2012, month: 4, day: 6),
        CivilDate(year: 2015, month: 4, day: 3), CivilDate(year: 2021, month: 4, day: 2),
        CivilDate(year: 2023, month: 4, day: 7), CivilDate(year: 2026, month: 4, day: 3),
    ]

    /// When the futures halt on a trade date that is short or has no regular hours, New York.
    static func haltTime(on date: CivilDate) -> TimeOfDay {
        if openGoodFridays.contains(date) { return TimeOfDay(hour: 9, minute: 15) }
        return special.first { $0.date == date }?.halt ?? TradingCalendar.earlyCloseTime
    }

    /// - Precondition: `date` is a weekday; on a weekend the answer means nothing.
    static func on(_ date: CivilDate) -> ExchangeHoliday {
        let (year, month, day) = date.components
        let weekday = date.weekday
        if special.contains(where: { $0.date == date }) { return .noRegularHours }
        if date == closedOnce { return .closed }
        if date == easter(year).adding(days: -2) { return openGoodFridays.contains(date) ? .noRegularHours : .closed }
        switch month {
        case 1:
            // New Year's Day on a Saturday is not observed: the last day of the year is a business day for the books.
            if isObserved(date, month: 1, day: 1, saturdayMovesToFriday: false) { return .closed }
            return date == .nth(3, .monday, year: year, month: 1) ? .noRegularHours : .none  // Martin Luther King Jr.
        case 2: return date == .nth(3, .monday, year: year, month: 2) ? .noRegularHours : .none  // Presidents' Day
        case 5: return date == .last(.monday, year: year, month: 5) ? .noRegularHours : .none  // Memorial Day
        case 6: return year >= 2022 && isObserved(date, month: 6, day: 19) ? .noRegularHours : .none  // Juneteenth
        case 7:
            if isObserved(date, month: 7, day: 4) { return .noRegularHours }  // Independence Day
            return day == 3 && weekday < .friday ? .earlyClose : .none
        case 9: return date == .nth(1, .monday, year: year, month: 9) ? .noRegularHours : .none  // Labor Day
        case 11:
            let thanksgiving = CivilDate.nth(4, .thursday, year: year, month: 11)
            if date == thanksgiving { return .noRegularHours }
            return date == thanksgiving.adding(days: 1) ? .earlyClose : .none
        case 12:
            if isObserved(date, month: 12, day: 25) { return .closed }
            return day == 24 && weekday < .friday ? .earlyClose : .none
        default: return .none
        }
    }

    /// A holiday on a Sunday is kept on the Monday, one on a Saturday on the Friday.
    private static func isObserved(
        _ date: CivilDate, month: Int, day: Int, saturdayMovesToFriday: Bool = true
    ) -> Bool {
        let holiday = CivilDate(year: date.year, month: month, day: day)
        switch holiday.weekday {
        case .sunday: return date == holiday.adding(days: 1)
        case .saturday: return saturdayMovesToFriday && date == holiday.adding(days: -1)
        default: return date == holiday
        }
    }

    /// Easter Sunday of the Gregorian calendar. O. M. Butcher's method (Ecclesiastical Calendar, 1876).
    static func easter(_ year: Int) -> CivilDate {
        let golden = year % 19
        let (century, yearOfCentury) = (year / 100, year % 100)
        let moonCorrection = (century - (century + 8) / 25 + 1) / 3
        let epact = (19 * golden + century - century / 4 - moonCorrection + 15) % 30
        let toSunday = (32 + 2 * (century % 4) + 2 * (yearOfCentury / 4) - epact - yearOfCentury % 4) % 7
        let lateMoon = (golden + 11 * epact + 22 * toSunday) / 451
        let days = epact + toSunday - 7 * lateMoon + 114
        return CivilDate(year: year, month: days / 31, day: days % 31 + 1)
    }
}

extension Weekday: Comparable {
    @inlinable public static func < (a: Weekday, b: Weekday) -> Bool { a.rawValue < b.rawValue }
}
