import DBN
import Features
import MarketCalendar
import Testing
import Units

@testable import Pipeline

/// What comes in an order or with stamps of its own: expirations that are dates.
@Suite struct OptionArrivalTests {
    private static let second = OptionTape.second

    private static func fold(_ options: OptionConfiguration = OptionConfiguration()) throws -> MarketFold {
        MarketFold(plan: try OptionTape.plan(), configuration: try OptionTape.configuration(options))
    }

    // MARK: Dates

    /// A call and a put of an index that are defined on 2023-12-08 with the stamps of OPRA, and valued at 09:31.
    private static func indexRow(root: String, day: Int = 8) throws -> (row: [Double], expiration: UInt64?) {
        let time = try OptionTape.instant(9, 31)
        let date = UInt64(CivilDate(year: 2023, month: 12, day: day).daysSinceEpoch) * 86_400 * second
        var tape = OptionTape()
        for id in [10, 11] as [UInt32] {
            tape.define(
                id, at: time - 9 * second, isCall: id == 10, strike: 4_600, expiration: date, underlying: "SPX",
                symbol: root.padding(6) + "231208")
            tape.interest(id, at: time - 8 * second, 10)
        }
        tape.book(at: time - 3 * second, bid: 18_400)
        for id in [10, 11] as [UInt32] { tape.quote(id, at: time - 2 * second, bid: 9, ask: 10, type: .cmbp1) }
        tape.book(at: time + 1_000_000, bid: 18_400)
        var fold = try Self.fold(OptionConfiguration(root: root))
        var rows = OptionTape.Rows()
        tape.play(&fold, &rows)
        return (rows.last, fold.options.pointee.contract(InstrumentID(10))?.pointee.expiration)
    }

    @Test func `an index's options of today live until 16 00, though OPRA's stamp is midnight`() throws {
        let (row, expiration) = try Self.indexRow(root: "SPXW")
        #expect(expiration == (try OptionTape.instant(16, 0)))
        // σ√T gives the price: with T to 16:00, 6.48 h before, 9.5 points are 19 % a year.
        #expect(row[.atmVolatilityToday] > 18 && row[.atmVolatilityToday] < 20)
        #expect(row[.expectedMove] == 19 * 4 && row[.interestCoverage] == 1)
    }

    @Test func `those that the opening prices settle end at 09 30`() throws {
        let (row, expiration) = try Self.indexRow(root: "SPX", day: 15)
        #expect(expiration == (try OptionTape.instant(9, 30, day: 15)))
        #expect(row[.atmVolatilityToday].isNaN && row[.interestCoverage] == 1)
    }
}

extension String {
    fileprivate func padding(_ width: Int) -> String {
        self + String(repeating: " ", count: max(0, width - count))
    }
}
