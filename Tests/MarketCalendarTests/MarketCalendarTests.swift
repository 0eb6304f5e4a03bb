import MarketCalendar
import Testing
import Units

enum Fixture {
    /// New York since 2007 as a slim zone file: no transitions, the rule alone.
    static let newYorkSince2007 = zoneFile(rule: "EST5EDT,M3.2.0,M11.1.0")

    static func zoneFile(rule: String, version: UInt8 = UInt8(ascii: "2")) -> [UInt8] {
        let header: [UInt8] = Array("TZif".utf8) + [version] + [UInt8](repeating: 0, count: 15)
        let counts: [UInt8] = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 4]
        // −18 000 s, not daylight, name at 0.
        let block: [UInt8] = [0xFF, 0xFF, 0xB9, 0xB0, 0, 0] + Array("EST".utf8) + [0]
        return header + counts + block + header + counts + block + Array("\n\(rule)\n".utf8)
    }

    static func calendar(_ windows: SessionWindows = .regular) throws -> TradingCalendar {
        .cmeEquityIndex(zone: try TimeZoneRules(tzif: newYorkSince2007), windows: windows)
    }

    static func date(_ text: String) throws -> CivilDate { try #require(CivilDate(text)) }

    /// "2026-03-08T07:00:00" in UTC.
    static func utc(_ text: String) throws -> Timestamp {
        let date = try #require(CivilDate(text.prefix(10)))
        let time = try #require(TimeOfDay(text.dropFirst(11)))
        return Timestamp(nanoseconds: UInt64(Int64(date.daysSinceEpoch) * 86_400 + Int64(time.seconds)) * 1_000_000_000)
    }
}

@Suite struct TradingCalendarSmokeTests {
    @Test func `a session opens at 18 hours on the evening before and closes at 17 hours`() throws {
        let calendar = try Fixture.calendar()
        let session = try #require(calendar.session(try Fixture.date("2026-11-20")))
        #expect(session.open == (try Fixture.utc("2026-11-19T23:00")))
        #expect(session.close == (try Fixture.utc("2026-11-20T22:00")))
        #expect(session.rthOpen == (try Fixture.utc("2026-11-20T14:30")))
        #expect(session.rthClose == (try Fixture.utc("2026-11-20T21:00")))
        #expect(session.premarketStart == (try Fixture.utc("2026-11-20T09:00")))
        #expect(session.openingRangeEnd == (try Fixture.utc("2026-11-20T14:45")))
        #expect(session.initialBalanceEnd == (try Fixture.utc("2026-11-20T15:30")))
    }
}
