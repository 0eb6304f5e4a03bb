import MarketCalendar
import Testing
import Units

/// When options of an index expire whose definitions give a date alone.
@Suite struct IndexOptionExpiryTests {
    @Test(
        arguments: [
            // The stamp of a recorded definition of OPRA: AAPL  250221C00250000.
            ("2025-02-21T00:00", false, "2025-02-21T21:00"),
            ("2025-07-11T00:00", false, "2025-07-11T20:00"),
            // The day after Thanksgiving.
            ("2025-11-28T00:00", false, "2025-11-28T18:00"),
            ("2025-02-21T00:00", true, "2025-02-21T14:30"),
            ("2025-07-18T00:00", true, "2025-07-18T13:30"),
            // Instants.
            ("2025-02-21T21:00", false, "2025-02-21T21:00"),
            ("2025-02-21T00:00:01", true, "2025-02-21T00:00:01"),
        ])
    func `a date is its close, or its open where that settles`(stamp: String, atTheOpen: Bool, wanted: String) throws {
        let found = try Fixture.calendar().indexOptionExpiration(
            try Fixture.utc(stamp), isSettledAtTheOpen: atTheOpen)
        #expect(found == (try Fixture.utc(wanted)))
    }

    @Test func `any stamp gives an answer`() throws {
        let calendar = try Fixture.calendar()
        for nanoseconds in [0, .max, .max / 86_400_000_000_000 * 86_400_000_000_000] as [UInt64] {
            for isSettledAtTheOpen in [false, true] {
                _ = calendar.indexOptionExpiration(
                    Timestamp(nanoseconds: nanoseconds), isSettledAtTheOpen: isSettledAtTheOpen)
            }
        }
    }

    @Test func `the roots that the opening prices settle`() {
        for root in ["SPX", "NDX", "RUT", "DJX"] { #expect(TradingCalendar.isSettledAtTheOpen(root: root)) }
        for root in ["SPXW", "NDXP", "RUTW", "XSP", ""] { #expect(!TradingCalendar.isSettledAtTheOpen(root: root)) }
    }
}
