import Determinism
import MarketCalendar
import Testing
import Units

@Suite struct SessionTests {
    @Test func `a session opens at 18 hours on the evening before and closes at 17 hours`() throws {
        let session = try #require(try Fixture.calendar().session(try Fixture.date("2026-11-20")))
        #expect(session.open == (try Fixture.utc("2026-11-19T23:00")))
        #expect(session.close == (try Fixture.utc("2026-11-20T22:00")))
        #expect(session.premarketStart == (try Fixture.utc("2026-11-20T09:00")))
        #expect(session.premarketEnd == (try Fixture.utc("2026-11-20T14:30")))
        #expect(session.rthOpen == (try Fixture.utc("2026-11-20T14:30")))
        #expect(session.rthClose == (try Fixture.utc("2026-11-20T21:00")))
        #expect(session.openingRangeStart == session.rthOpen)
        #expect(session.openingRangeEnd == (try Fixture.utc("2026-11-20T14:45")))
        #expect(session.initialBalanceEnd == (try Fixture.utc("2026-11-20T15:30")))
    }

    @Test(arguments: [
        // The Fridays before and the Mondays after both changes of 2026, then the Monday's own open on Sunday evening.
        ("2026-03-06", "2026-03-05T23:00", "2026-03-06T22:00"), ("2026-03-09", "2026-03-08T22:00", "2026-03-09T21:00"),
        ("2026-10-30", "2026-10-29T22:00", "2026-10-30T21:00"), ("2026-11-02", "2026-11-01T23:00", "2026-11-02T22:00"),
    ])
    func `sessions keep New York's clock across both changes`(date: String, open: String, close: String) throws {
        let session = try #require(try Fixture.calendar().session(try Fixture.date(date)))
        #expect(session.open == (try Fixture.utc(open)))
        #expect(session.close == (try Fixture.utc(close)))
    }

    @Test func `an early close ends regular hours at 13, not trading`() throws {
        let session = try #require(try Fixture.calendar().session(try Fixture.date("2024-11-29")))
        #expect(session.isEarlyClose)
        #expect(session.rthClose == (try Fixture.utc("2024-11-29T18:00")))
        #expect(session.close == (try Fixture.utc("2024-11-29T22:00")))
    }

    @Test func `without regular hours the opening range stays and the rest is undefined`() throws {
        let session = try #require(try Fixture.calendar().session(try Fixture.date("2024-01-15")))
        #expect(!session.hasRTH)
        #expect(!session.isRTH(.undefined))
        #expect(session.rthOpen == .undefined && session.rthClose == .undefined)
        #expect(session.initialBalanceEnd == .undefined)
        #expect(session.openingRangeEnd == (try Fixture.utc("2024-01-15T14:45")))
        #expect(session.contains(try Fixture.utc("2024-01-15T20:00")))
    }

    @Test(arguments: [
        ("2023-12-25T22:59:59", nil, "2023-12-22"),  // Christmas: Friday's session was the last
        ("2023-12-25T23:00:00", "2023-12-26", "2023-12-26"),
        ("2026-11-20T21:59:59", "2026-11-20", "2026-11-20"),
        ("2026-11-20T22:00:00", nil, "2026-11-20"),  // the close, a Friday
        ("2026-11-21T12:00:00", nil, "2026-11-20"), ("2026-11-22T22:59:59", nil, "2026-11-20"),
        ("2026-11-22T23:00:00", "2026-11-23", "2026-11-23"),  // Sunday opens Monday
        ("2026-11-23T22:30:00", nil, "2026-11-23"),  // maintenance hour
        ("2026-11-23T23:00:00", "2026-11-24", "2026-11-24"),
        ("2024-03-29T12:00:00", nil, "2024-03-28"), ("2024-03-28T22:30:00", nil, "2024-03-28"),
        ("2021-12-23T23:30:00", nil, "2021-12-23"), ("2021-12-26T22:00:00", nil, "2021-12-23"),
    ])
    func `the session of an instant, and the one in force when closed`(
        text: String, open: String?, inForce: String
    ) throws {
        let calendar = try Fixture.calendar()
        let time = try Fixture.utc(text)
        #expect(calendar.sessionContaining(time)?.tradeDate.description == open)
        #expect(calendar.sessionInForce(time).tradeDate.description == inForce)
    }

    @Test func `any stamp has an answer`() throws {
        let calendar = try Fixture.calendar()
        for nanoseconds in [0, 1, 1 << 40, UInt64.max - 1, .max] {
            let time = Timestamp(nanoseconds: nanoseconds)
            _ = calendar.sessionContaining(time)
            _ = calendar.sessionInForce(time)
            _ = calendar.nextSession(after: time)
        }
    }

    @Test(arguments: 0..<20 as Range<UInt64>)
    func `the answers about one instant fit together`(seed: UInt64) throws {
        let calendar = try Fixture.calendar()
        var random = SeededGenerator(seed: seed)
        let first = try Fixture.utc("2008-01-07T00:00").nanoseconds
        let span = try Fixture.utc("2030-12-20T00:00").nanoseconds - first
        for _ in 0..<100 {
            let time = Timestamp(nanoseconds: first + random.below(span))
            let inForce = calendar.sessionInForce(time)
            let next = calendar.nextSession(after: time)
            #expect(inForce.open <= time, "seed \(seed), \(time)")
            #expect(next.open > time, "seed \(seed), \(time)")
            #expect(calendar.nextTradeDate(after: inForce.tradeDate) == next.tradeDate, "seed \(seed), \(time)")
            #expect(calendar.previousTradeDate(before: next.tradeDate) == inForce.tradeDate, "seed \(seed), \(time)")
            #expect(inForce.close <= next.open, "seed \(seed), \(time)")
            #expect((time < inForce.close) == (calendar.sessionContaining(time) == inForce), "seed \(seed), \(time)")
        }
    }

    @Test func `trading days count the trade dates after today through the expiry`() throws {
        let calendar = try Fixture.calendar()
        let (today, expiry) = (try Fixture.date("2026-11-20"), try Fixture.date("2026-12-18"))
        let dates = calendar.tradeDates(from: today, to: expiry)
        #expect(dates.count == 21)
        #expect(calendar.tradingDays(after: today, through: expiry) == 20)
        #expect(calendar.tradingDays(after: expiry, through: expiry) == 0)
        #expect(calendar.tradingDays(after: expiry, through: today) == 0)
        #expect(calendar.tradeDates(from: expiry, to: today).isEmpty)
    }

    @Test func `the last trade date of a month`() throws {
        let calendar = try Fixture.calendar()
        #expect(calendar.isLastTradeDateOfMonth(try Fixture.date("2026-10-30")))
        #expect(!calendar.isLastTradeDateOfMonth(try Fixture.date("2026-10-31")))
        #expect(!calendar.isLastTradeDateOfMonth(try Fixture.date("2026-10-29")))
        // Good Friday 2024 was the last weekday of March.
        #expect(calendar.isLastTradeDateOfMonth(try Fixture.date("2024-03-28")))
    }
}

@Suite struct SessionWindowTests {
    static func windows(
        premarket: (String, String) = ("18:30", "18:35"), openingRange: (String, Int) = ("18:35", 5),
        rth: (String, String) = ("18:35", "18:59"), initialBalanceMinutes: Int = 10
    ) throws -> SessionWindows {
        try SessionWindows(
            premarketStart: try #require(TimeOfDay(premarket.0)), premarketEnd: try #require(TimeOfDay(premarket.1)),
            openingRangeStart: try #require(TimeOfDay(openingRange.0)), openingRangeMinutes: openingRange.1,
            rthOpen: try #require(TimeOfDay(rth.0)), rthClose: try #require(TimeOfDay(rth.1)),
            initialBalanceMinutes: initialBalanceMinutes)
    }

    @Test func `windows from 18 hours on lie on the evening before the trade date`() throws {
        let calendar = try Fixture.calendar(try SessionWindowTests.windows())
        let session = try #require(calendar.session(try Fixture.date("2023-12-26")))
        #expect(session.open == (try Fixture.utc("2023-12-25T23:00")))
        #expect(session.premarketStart == (try Fixture.utc("2023-12-25T23:30")))
        #expect(session.premarketEnd == (try Fixture.utc("2023-12-25T23:35")))
        #expect(session.openingRangeStart == (try Fixture.utc("2023-12-25T23:35")))
        #expect(session.openingRangeEnd == (try Fixture.utc("2023-12-25T23:40")))
        #expect(session.rthOpen == (try Fixture.utc("2023-12-25T23:35")))
        #expect(session.rthClose == (try Fixture.utc("2023-12-25T23:59")))
        #expect(session.initialBalanceEnd == (try Fixture.utc("2023-12-25T23:45")))
    }

    @Test func `a window may cross midnight`() throws {
        let calendar = try Fixture.calendar(
            try SessionWindowTests.windows(premarket: ("23:30", "00:30"), openingRange: ("23:55", 10)))
        let session = try #require(calendar.session(try Fixture.date("2023-12-27")))
        #expect(session.premarketStart == (try Fixture.utc("2023-12-27T04:30")))
        #expect(session.premarketEnd == (try Fixture.utc("2023-12-27T05:30")))
        #expect(session.openingRangeEnd == (try Fixture.utc("2023-12-27T05:05")))
    }

    @Test func `evening hours are not shortened by an early close at 13`() throws {
        let calendar = try Fixture.calendar(try SessionWindowTests.windows())
        let session = try #require(calendar.session(try Fixture.date("2024-11-29")))
        #expect(session.rthClose == (try Fixture.utc("2024-11-28T23:59")))
        #expect(session.isEarlyClose, "the exchange's, whatever hours are configured")
    }

    @Test func `hours that begin after an early close keep their order`() throws {
        let calendar = try Fixture.calendar(try SessionWindowTests.windows(rth: ("14:00", "15:00")))
        let session = try #require(calendar.session(try Fixture.date("2024-11-29")))
        #expect(session.rthOpen == (try Fixture.utc("2024-11-29T19:00")))
        #expect(session.rthClose == (try Fixture.utc("2024-11-29T20:00")))
    }

    @Test func `windows that are empty or leave the session are refused by name`() {
        #expect(throws: SessionWindowError.empty(.premarket)) { try Self.windows(premarket: ("09:30", "09:30")) }
        #expect(throws: SessionWindowError.empty(.premarket)) { try Self.windows(premarket: ("09:30", "18:00")) }
        #expect(throws: SessionWindowError.outsideSession(.premarket)) {
            try Self.windows(premarket: ("17:30", "09:30"))
        }
        #expect(throws: SessionWindowError.outsideSession(.openingRange)) {
            try Self.windows(openingRange: ("16:59", 2))
        }
        #expect(throws: SessionWindowError.empty(.openingRange)) { try Self.windows(openingRange: ("16:59", 0)) }
        #expect(throws: SessionWindowError.outsideSession(.openingRange)) {
            try Self.windows(openingRange: ("16:59", .max))
        }
        #expect(throws: SessionWindowError.empty(.regularHours)) { try Self.windows(rth: ("09:30", "08:00")) }
        #expect(throws: SessionWindowError.empty(.initialBalance)) { try Self.windows(initialBalanceMinutes: -1) }
    }
}

@Suite struct TradingWindowTests {
    let rule = TradingWindowRule(
        entryStart: TimeOfDay(hour: 9, minute: 30), entryEnd: TimeOfDay(hour: 15, minute: 45),
        flatBy: TimeOfDay(hour: 15, minute: 55), earlyCloseEntryMinutes: 15, earlyCloseFlatMinutes: 5)

    @Test(arguments: [
        ("2026-11-20", "2026-11-20T14:30", "2026-11-20T20:45", "2026-11-20T20:55"),
        ("2026-11-27", "2026-11-27T14:30", "2026-11-27T17:45", "2026-11-27T17:55"),  // early close
        ("2026-11-26", "2026-11-26T14:30", "2026-11-26T14:30", "2026-11-26T17:55"),  // no regular hours: no entries
    ])
    func `entries and flat-by follow the day's close`(date: String, start: String, end: String, flat: String) throws {
        let calendar = try Fixture.calendar()
        let session = try #require(calendar.session(try Fixture.date(date)))
        let window = calendar.tradingWindow(rule, in: session)
        #expect(window.entryStart == (try Fixture.utc(start)))
        #expect(window.entryEnd == (try Fixture.utc(end)))
        #expect(window.flatBy == (try Fixture.utc(flat)))
    }

    @Test(arguments: [("09:30", "12:00"), ("09:30", "13:00"), ("13:00", "16:00"), ("13:30", "15:00")])
    func `an early close ends trading whatever the regular hours are`(open: String, close: String) throws {
        let calendar = try Fixture.calendar(try SessionWindowTests.windows(rth: (open, close)))
        let session = try #require(calendar.session(try Fixture.date("2026-11-27")))
        let window = calendar.tradingWindow(rule, in: session)
        #expect(window.entryEnd == (try Fixture.utc("2026-11-27T17:45")))
        #expect(window.flatBy == (try Fixture.utc("2026-11-27T17:55")))
        #expect(calendar.earlyHalt(in: session) == (try Fixture.utc("2026-11-27T18:00")))
    }

    @Test(arguments: [
        ("2026-04-03", "2026-04-03T13:15" as String?), ("2026-06-19", "2026-06-19T17:00"),
        ("2012-10-29", "2012-10-29T13:15"),
        ("2012-10-30", "2012-10-30T13:15"), ("2025-01-09", "2025-01-09T14:30"), ("2026-04-02", nil),
    ])
    func `the futures halt on a short day at the exchange's own time`(date: String, halt: String?) throws {
        let calendar = try Fixture.calendar()
        let session = try #require(calendar.session(try Fixture.date(date)))
        #expect(calendar.earlyHalt(in: session) == (try halt.map { try Fixture.utc($0) }))
    }
}
