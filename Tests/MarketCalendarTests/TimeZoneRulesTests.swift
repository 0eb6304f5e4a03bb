import MarketCalendar
import Testing
import Units

@Suite struct TimeZoneRulesTests {
    @Test(arguments: [
        // 2026: forward on 8 March at 07:00 UTC, back on 1 November at 06:00 UTC.
        ("2026-03-08T06:59:59", -18_000), ("2026-03-08T07:00:00", -14_400), ("2026-11-01T05:59:59", -14_400),
        ("2026-11-01T06:00:00", -18_000), ("2027-03-14T07:00:00", -14_400), ("2026-01-01T00:00:00", -18_000),
        ("2026-12-31T23:59:59", -18_000), ("2400-07-01T00:00:00", -14_400),
    ])
    func `New York changes to and from daylight time`(text: String, offset: Int64) throws {
        let zone = try TimeZoneRules(tzif: Fixture.newYorkSince2007)
        #expect(zone.utcOffset(at: try Fixture.utc(text)) == offset)
    }

    @Test func `a local time that comes twice is the first, one that never comes is read before the change`() throws {
        let zone = try TimeZoneRules(tzif: Fixture.newYorkSince2007)
        let autumn = try Fixture.date("2026-11-01")
        #expect(zone.timestamp(autumn, hour: 1, minute: 30, second: 0) == (try Fixture.utc("2026-11-01T05:30")))
        #expect(zone.timestamp(autumn, hour: 2, minute: 0, second: 0) == (try Fixture.utc("2026-11-01T07:00")))
        let spring = try Fixture.date("2026-03-08")
        #expect(zone.timestamp(spring, hour: 1, minute: 59, second: 59) == (try Fixture.utc("2026-03-08T06:59:59")))
        #expect(zone.timestamp(spring, hour: 2, minute: 30, second: 0) == (try Fixture.utc("2026-03-08T07:30")))
        #expect(zone.timestamp(spring, hour: 3, minute: 0, second: 0) == (try Fixture.utc("2026-03-08T07:00")))
    }

    @Test(arguments: [
        // South of the equator daylight time spans the new year.
        ("AEST-10AEDT,M10.1.0,M4.1.0/3", "2026-01-15T00:00", 39_600),
        ("AEST-10AEDT,M10.1.0,M4.1.0/3", "2026-07-15T00:00", 36_000),
        // Greenland's rule: names in brackets, a negative hour.
        ("<-02>2<-01>,M3.5.0/-1,M10.5.0/0", "2026-03-29T00:59:59", -7_200),
        ("<-02>2<-01>,M3.5.0/-1,M10.5.0/0", "2026-03-29T01:00:00", -3_600),
        // Days by number, with and without 29 February; minutes and seconds; an explicit offset.
        ("AAA3:30BBB2:30:15,J60,J300", "2024-03-01T05:30", -9_015),
        ("AAA3:30BBB2:30:15,J60,J300", "2024-03-01T05:29", -12_600),
        ("AAA0BBB,59,299/0", "2024-02-29T02:00", 3_600), ("AAA0BBB,59,299/0", "2024-02-29T01:59", 0),
        ("UTC0", "2026-07-01T00:00", 0), ("IST-5:30", "2026-07-01T00:00", 19_800),
    ])
    func `rules of the POSIX form are followed`(rule: String, time: String, offset: Int64) throws {
        let zone = try TimeZoneRules(tzif: Fixture.zoneFile(rule: rule, version: "3"))
        #expect(zone.utcOffset(at: try Fixture.utc(time)) == offset, "\(rule) at \(time)")
    }

    @Test func `a rule alone gives the zone of a file with that rule`() throws {
        let (rule, file) = (try TimeZoneRules(posixRule: "EST5EDT,M3.2.0,M11.1.0"), Fixture.newYorkSince2007)
        let zone = try TimeZoneRules(tzif: file)
        for day in 14_000..<14_800 as Range<UInt64> {
            let time = Timestamp(nanoseconds: day * 86_400_000_000_000)
            #expect(rule.utcOffset(at: time) == zone.utcOffset(at: time))
        }
        #expect(throws: TimeZoneError.invalidFooter(text: "EST", offset: 0)) { try TimeZoneRules(posixRule: "EST") }
    }

    @Test func `a table of 32-bit times is used, with its first type before and its last after`() throws {
        let times = [100, 200].flatMap { Fixture.bigEndian($0, 4) }
        let file = Fixture.header(version: "1", times: 2, types: 3, nameBytes: 4) + times + [1, 2]
            + Fixture.type(10) + Fixture.type(20) + Fixture.type(-30) + Array("XXX\0".utf8)
        let zone = try TimeZoneRules(tzif: file)
        for (seconds, offset) in [(0, 10), (99, 10), (100, 20), (199, 20), (200, -30), (4_000_000_000, -30)] {
            #expect(zone.utcOffset(at: Timestamp(nanoseconds: UInt64(seconds) * 1_000_000_000)) == Int64(offset))
        }
    }

    @Test func `stamps at both ends of their range have an answer`() throws {
        let zone = try TimeZoneRules(tzif: Fixture.newYorkSince2007)
        #expect(zone.local(Timestamp(nanoseconds: 0)).date == (try Fixture.date("1969-12-31")))
        #expect(zone.local(.undefined).date.year == 2554)
        #expect(zone.timestamp(try Fixture.date("2600-01-01"), hour: 0, minute: 0, second: 0) == .undefined)
        let early = zone.timestamp(try Fixture.date("1900-01-01"), hour: 0, minute: 0, second: 0)
        #expect(early == Timestamp(nanoseconds: 0))
    }
}

@Suite struct TZifErrorTests {
    @Test func `a file cut anywhere is refused, and says where it ends`() {
        let whole = Fixture.newYorkSince2007
        for count in 0..<whole.count {
            #expect("\(count) bytes") {
                try TimeZoneRules(tzif: Array(whole.prefix(count)))
            } throws: { error in
                switch error as? TimeZoneError {
                case .truncated(let offset, let needed, let available):
                    offset + available == count && needed > available
                // Inside the last line the closing newline is what is missing.
                case .invalidFooter(_, let offset): offset == 108
                default: false
                }
            }
        }
    }

    static let newYorkHead = Fixture.header(version: "2", times: 0, types: 1, nameBytes: 4)

    @Test(arguments: [
        ("another kind", Array("GIF89a and more bytes than a header needs, to be sure".utf8), .notTZif(offset: 0)),
        ("no types", Fixture.header(version: "2", times: 0, types: 0, nameBytes: 0), .typeCount(0, offset: 36)),
        (
            "second header",
            newYorkHead + Fixture.type(0) + Array("EST\0nothing".utf8) + [UInt8](repeating: 0, count: 44),
            .notTZif(offset: 54)
        ),
        (
            "leap seconds", Fixture.header(version: "1", times: 0, types: 1, nameBytes: 4, leaps: 1) + Fixture.type(0)
                + Array("UTC\0".utf8) + [UInt8](repeating: 0, count: 8), .leapSeconds(count: 1)
        ),
        (
            "order", Fixture.header(version: "1", times: 2, types: 1, nameBytes: 0) + Fixture.bigEndian(5, 4)
                + Fixture.bigEndian(5, 4) + [0, 0] + Fixture.type(0), .transitionsNotAscending(index: 1)
        ),
        (
            "type index", Fixture.header(version: "1", times: 1, types: 1, nameBytes: 0) + Fixture.bigEndian(5, 4) + [7]
                + Fixture.type(0), .transitionTypeOutOfRange(index: 0, type: 7, types: 1)
        ),
    ] as [(String, [UInt8], TimeZoneError)])
    func `a broken file is refused with the fact`(name: String, bytes: [UInt8], error: TimeZoneError) {
        #expect(throws: error, "\(name)") { try TimeZoneRules(tzif: bytes) }
    }

    @Test(arguments: [
        "E5", "EST", "EST5EDT", "EST5EDT,M3.2.0", "EST5EDT,M13.2.0,M11.1.0", "EST5EDT,M3.6.0,M11.1.0",
        "EST5EDT,M3.2.7,M11.1.0", "EST5EDT,M3.2.0,M11.1.0,", "EST25EDT,M3.2.0,M11.1.0", "<EST5", "EST5EDT,J0,J1",
        "EST5EDT,M3.2.0/168,M11.1.0", "EST5EDT,366,1", "5EST",
    ])
    func `a rule that does not parse is refused with its text`(rule: String) {
        #expect(throws: TimeZoneError.invalidFooter(text: rule, offset: 109)) {
            try TimeZoneRules(tzif: Fixture.zoneFile(rule: rule))
        }
    }
}
