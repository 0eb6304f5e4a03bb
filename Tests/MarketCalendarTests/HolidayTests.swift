import MarketCalendar
import Testing

@Suite struct HolidayTests {
    /// CME Group and NYSE holiday schedules of 2026.
    @Test func `the year 2026 has the days that the exchanges published`() throws {
        let calendar = try Fixture.calendar()
        let days = (0..<365).map { CivilDate(year: 2026, month: 1, day: 1).adding(days: $0) }
        let weekdays = days.filter { !$0.weekday.isWeekend }
        #expect(weekdays.filter { !calendar.isTradeDate($0) }.map(\.description) == ["2026-01-01", "2026-12-25"])
        let shut = weekdays.filter { calendar.isTradeDate($0) && !calendar.isEquityMarketOpen($0) }
        #expect(shut.map(\.description) == [
            "2026-01-19", "2026-02-16", "2026-04-03", "2026-05-25", "2026-06-19", "2026-07-03", "2026-09-07",
            "2026-11-26",
        ])
        let early = weekdays.filter { calendar.session($0)?.isEarlyClose == true }
        #expect(early.map(\.description) == ["2026-11-27", "2026-12-24"])
        #expect(days.filter { $0.weekday.isWeekend && calendar.isTradeDate($0) }.isEmpty)
    }

    @Test(arguments: [
        // New Year's Day on a Saturday is not observed, on a Sunday it is.
        ("2021-12-31", "regular"), ("2022-01-03", "regular"), ("2023-01-02", "closed"), ("2010-12-31", "regular"),
        // Christmas on a Saturday, a Sunday, a Monday.
        ("2021-12-24", "closed"), ("2022-12-26", "closed"), ("2022-12-23", "regular"), ("2023-12-25", "closed"),
        ("2024-12-24", "early"), ("2022-12-27", "regular"),
        // Independence Day on a Saturday, Sunday, Friday, Thursday.
        ("2020-07-03", "shut"), ("2020-07-02", "regular"), ("2021-07-05", "shut"), ("2021-07-02", "regular"),
        ("2025-07-04", "shut"), ("2025-07-03", "early"), ("2024-07-03", "early"), ("2013-07-03", "early"),
        // Juneteenth began in 2022; on a Sunday, Saturday.
        ("2021-06-18", "regular"), ("2022-06-20", "shut"), ("2027-06-18", "shut"), ("2024-06-19", "shut"),
        // Good Friday with and without the employment report.
        ("2010-04-02", "shut"), ("2012-04-06", "shut"), ("2015-04-03", "shut"), ("2021-04-02", "shut"),
        ("2023-04-07", "shut"), ("2026-04-03", "shut"), ("2024-03-29", "closed"), ("2025-04-18", "closed"),
        ("2022-04-15", "closed"), ("2007-04-06", "closed"), ("2008-03-21", "closed"), ("2030-04-19", "closed"),
        // Days that no rule gives.
        ("2007-01-02", "closed"), ("2012-10-29", "shut"), ("2012-10-30", "shut"), ("2012-10-31", "regular"),
        ("2018-12-05", "shut"), ("2025-01-09", "shut"), ("2001-09-12", "regular"),
        // Mondays, Thanksgiving and the day after.
        ("2024-01-15", "shut"), ("2024-02-19", "shut"), ("2024-05-27", "shut"), ("2024-09-02", "shut"),
        ("2024-11-28", "shut"), ("2024-11-29", "early"), ("2024-10-14", "regular"), ("2024-11-11", "regular"),
        ("2024-11-30", "closed"), ("2024-12-01", "closed"),
    ])
    func `each rule and each exception`(text: String, expected: String) throws {
        let calendar = try Fixture.calendar()
        let date = try Fixture.date(text)
        let kind =
            if let session = calendar.session(date) {
                session.hasRTH ? (session.isEarlyClose ? "early" : "regular") : "shut"
            } else {
                "closed"
            }
        #expect(kind == expected)
        #expect(calendar.isTradeDate(date) == (expected != "closed"))
        #expect(calendar.isEquityMarketOpen(date) == (expected == "regular" || expected == "early"))
    }

    /// Dates of Easter by the US Naval Observatory's table.
    @Test(arguments: [
        "2005-03-25", "2006-04-14", "2009-04-10", "2011-04-22", "2013-03-29", "2014-04-18", "2016-03-25", "2017-04-14",
        "2018-03-30", "2019-04-19", "2020-04-10", "2027-03-26", "2028-04-14", "2029-03-30",
    ])
    func `Good Friday is two days before Easter`(text: String) throws {
        let calendar = try Fixture.calendar()
        let date = try Fixture.date(text)
        #expect(!calendar.isTradeDate(date))
        #expect(calendar.isTradeDate(date.adding(days: -1)))
        #expect(calendar.isTradeDate(date.adding(days: 3)))
    }
}
