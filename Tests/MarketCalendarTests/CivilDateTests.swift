import MarketCalendar
import Testing

@Suite struct CivilDateTests {
    /// The oracle is a clerk with a wall calendar: one day after the other.
    @Test func `every day from 1900 to 2200 follows the one before it`() {
        var (year, month, day) = (1900, 1, 1)
        // 1900-01-01 was a Monday, 25 567 days before 1970-01-01.
        var weekday = 0
        for number in -25_567..<84_006 {
            let date = CivilDate(daysSinceEpoch: Int32(number))
            guard date.components == (year, month, day), Int(date.weekday.rawValue) == weekday,
                CivilDate(year: year, month: month, day: day) == date
            else {
                Issue.record("day \(number): \(date), expected \(year)-\(month)-\(day)")
                return
            }
            let leap = year % 400 == 0 || (year % 4 == 0 && year % 100 != 0)
            let lengths = [31, leap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
            day += 1
            if day > lengths[month - 1] { (day, month) = (1, month + 1) }
            if month > 12 { (month, year) = (1, year + 1) }
            weekday = (weekday + 1) % 7
        }
        #expect((year, month, day) == (2200, 1, 1))
    }

    @Test(arguments: ["2024-02-29", "2000-02-29", "1970-01-01", "1969-12-31", "0000-01-01", "9999-12-31"])
    func `text is read and printed back`(text: String) throws {
        #expect("\(try #require(CivilDate(text)))" == text)
    }

    @Test(arguments: [
        "", "2023-02-29", "1900-02-29", "2026-13-01", "2026-00-01", "2026-04-31", "2026-1-01", "20260101",
        "2026-01-01 ", "2026/01/01", "-026-01-01", "2026-01-+1",
    ])
    func `what is not a date is refused`(text: String) { #expect(CivilDate(text) == nil) }

    @Test func `eight digits are read and printed`() {
        #expect(CivilDate(year: 2026, month: 11, day: 20).yyyymmdd == 20_261_120)
        #expect(CivilDate(yyyymmdd: 20_240_229) == CivilDate(year: 2024, month: 2, day: 29))
        #expect(CivilDate(yyyymmdd: 20_230_229) == nil)
    }

    @Test func `adding days crosses months, years and leap days`() throws {
        #expect(try Fixture.date("2024-02-28").adding(days: 2) == (try Fixture.date("2024-03-01")))
        #expect(try Fixture.date("2023-02-28").adding(days: 1) == (try Fixture.date("2023-03-01")))
        #expect(try Fixture.date("2026-01-01").adding(days: -1) == (try Fixture.date("2025-12-31")))
        #expect(try Fixture.date("2025-01-01") - Fixture.date("2024-01-01") == 366)
    }

    @Test func `nth and last weekdays of a month`() throws {
        #expect(CivilDate.nth(3, .friday, year: 2024, month: 3) == (try Fixture.date("2024-03-15")))
        #expect(CivilDate.nth(1, .friday, year: 2024, month: 3) == (try Fixture.date("2024-03-01")))
        #expect(CivilDate.last(.monday, year: 2026, month: 5) == (try Fixture.date("2026-05-25")))
        #expect(CivilDate.last(.sunday, year: 2026, month: 5) == (try Fixture.date("2026-05-31")))
    }

    @Test func `a date that does not exist traps`() async {
        await #expect(processExitsWith: .failure) { _ = CivilDate(year: 2023, month: 2, day: 29) }
    }
}

@Suite struct TimeOfDayTests {
    @Test(arguments: ["00:00", "09:30", "23:59", "09:30:15", "23:59:59"])
    func `text is read and printed back`(text: String) throws { #expect("\(try #require(TimeOfDay(text)))" == text) }

    @Test(arguments: ["", "9:30", "24:00", "09:60", "09:30:60", "0930", "09-30", "09:30:", "09:30:1", "-9:30", "aa:bb"])
    func `what is not a time is refused`(text: String) { #expect(TimeOfDay(text) == nil) }

    @Test func `the session's clock begins at 18 hours`() {
        #expect(TimeOfDay(hour: 18, minute: 0).secondsIntoSession == 0)
        #expect(TimeOfDay(hour: 0, minute: 0).secondsIntoSession == 6 * 3_600)
        #expect(TimeOfDay(hour: 17, minute: 0).secondsIntoSession == 23 * 3_600)
    }
}
