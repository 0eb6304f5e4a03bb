import MarketCalendar
import Testing
import Units

@Suite struct TimestampTextTests {
    private static let day = Timestamp.nanosecondsPerDay
    private static let second: UInt64 = 1_000_000_000

    @Test(arguments: [
        ("1970-01-01", 0), ("2024-02-29", 19_782 * day), ("2024-02-29T00:00Z", 19_782 * day),
        ("2024-02-29 23:59:59z", 19_783 * day - second), ("2024-02-29t23:59:59.9", 19_783 * day - second / 10),
        ("1970-01-01T00:00:00.000000001", 1), ("1970-01-01T01:30+01:30", 0), ("1969-12-31T19:00-05:00", 0),
        ("1969-12-31T19:00-0500", 0), ("1969-12-31T19:00-05", 0),
        ("2262-04-11T23:47:16.854775807Z", UInt64(Int64.max)),
    ] as [(String, UInt64)])
    func `an instant is read, with its zone or in UTC`(text: String, nanoseconds: UInt64) {
        #expect(Timestamp(iso8601: text)?.nanoseconds == nanoseconds)
        let hasZone = text.contains("Z") || text.contains("z") || text.contains("+") || text.dropFirst(11).contains("-")
        #expect(Timestamp(iso8601: text, needsZone: true)?.nanoseconds == (hasZone ? nanoseconds : nil))
    }

    @Test(arguments: [
        "", "2024", "2024-2-29", "2023-02-29", "2100-02-29", "2024-13-01", "2024-02-29T", "2024-02-29T24:00",
        "2024-02-29T00:60", "2024-02-29T00:00:60", "2024-02-29T00:00:00.", "2024-02-29T00:00:00.1234567890",
        "2024-02-29T00:00+24:00", "2024-02-29T00:00+01:60", "2024-02-29T00:00Zulu", "2024-02-29T0:00", "soon",
        "1969-12-31", "1970-01-01T00:00+00:01", "2262-04-11T23:47:16.854775808Z", "9999-12-31", " 2024-02-29",
    ])
    func `what is not an instant, or not one that a stamp can hold, is refused`(text: String) {
        #expect(Timestamp(iso8601: text) == nil)
        #expect(Timestamp(iso8601: text, needsZone: true) == nil)
    }
}
