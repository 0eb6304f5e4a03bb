import DBN
import Determinism
import Features
import MarketCalendar
import Testing
import Units

@testable import Pipeline

/// What comes in an order or with stamps of its own: expirations that are dates, open interest before its definition,
/// definitions that nobody needs.
@Suite struct OptionArrivalTests {
    private static let second = OptionTape.second

    private static func fold(_ options: OptionConfiguration = OptionConfiguration()) throws -> MarketFold {
        MarketFold(plan: try OptionTape.plan(), configuration: try OptionTape.configuration(options))
    }

    private static func interest(_ fold: borrowing MarketFold, _ id: UInt32) -> Int64? {
        fold.options.pointee.contract(InstrumentID(id))?.pointee.interest
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

    // MARK: Open interest

    @Test func `open interest that comes before its definition counts once that comes`() throws {
        let time = try OptionTape.instant(9, 31)
        let expiration = try OptionTape.instant(16, 0, day: 11)
        func rows(interestFirst: Bool) throws -> OptionTape.Rows {
            var tape = OptionTape()
            func interest(at when: UInt64) {
                // The first is about a later date; another kind, a withdrawal and no number count nothing.
                tape.interest(10, at: when, 100, reference: 5)
                tape.interest(10, at: when + 1, 70, reference: 4)
                tape.interest(10, at: when + 2, 1, reference: 9, kind: 1)
                tape.interest(10, at: when + 3, 2, reference: 9, update: 2)
                tape.interest(10, at: when + 4, .max, reference: 9)
                tape.interest(11, at: when, 50)
            }
            if interestFirst { interest(at: time - 9 * Self.second) }
            for id in [10, 11] as [UInt32] {
                tape.define(
                    id, at: time - 6 * Self.second, isCall: id == 10, strike: 4_600, expiration: expiration)
            }
            if !interestFirst { interest(at: time - 5 * Self.second) }
            tape.book(at: time - 2 * Self.second, bid: 18_400)
            for id in [10, 11] as [UInt32] { tape.quote(id, at: time - Self.second, bid: 20, ask: 21) }
            tape.book(at: time + 1_000, bid: 18_400)
            // About an earlier date than what is known.
            tape.interest(10, at: time + 2_000, 9, reference: 4)
            tape.book(at: time + 2 * Self.second, bid: 18_400)
            return try tape.rows()
        }
        let (early, late) = (try rows(interestFirst: true), try rows(interestFirst: false))
        #expect(early.last[.putCallInterest] == 0.5 && early.last[.interestCoverage] == 1)
        #expect(early.bits == late.bits)
    }

    @Test func `what a number meant before is forgotten, and what is remembered is saved`() throws {
        let time = try OptionTape.instant(9, 31)
        let expiration = try OptionTape.instant(16, 0, day: 11)
        var tape = OptionTape()
        for id in 10...13 as ClosedRange<UInt32> { tape.interest(id, at: time, Int64(id)) }
        // 11 is a future of another root first.
        tape.define(11, at: time, isCall: true, strike: 4_600, expiration: expiration, underlying: "", kind: "F")
        tape.define(10, at: time, isCall: true, strike: 4_600, expiration: expiration)
        // 10 gets other terms: nothing is known of the new contract.
        tape.define(12, at: time, isCall: true, strike: 4_600, expiration: expiration)
        tape.define(12, at: time, isCall: true, strike: 4_605, expiration: expiration)
        var fold = try Self.fold()
        var rows = OptionTape.Rows()
        tape.play(&fold, &rows)
        var saving = StateArchive()
        try fold.persist(&saving)
        var next = try Self.fold()
        var loading = StateArchive(loading: saving.bytes)
        try next.persist(&loading)
        try loading.checkEnd()
        var rest = OptionTape()
        for id in [11, 13] as [UInt32] {
            rest.define(id, at: time + 1, isCall: true, strike: 4_610, expiration: expiration)
        }
        rest.play(&next, &rows)
        #expect((10...13).map { Self.interest(next, $0) } == [10, -1, -1, 13])
    }

    @Test func `there is room for as many as for contracts, and a new session makes some`() throws {
        let time = try OptionTape.instant(9, 31)
        let expiration = try OptionTape.instant(16, 0, day: 13)
        let evening = try OptionTape.instant(18, 0, 1, day: 10)
        var tape = OptionTape()
        tape.define(10, at: time, isCall: true, strike: 4_600, expiration: expiration)
        for id in 20..<24 as Range<UInt32> { tape.interest(id, at: time, Int64(id)) }
        tape.book(at: time + Self.second, bid: 18_400)
        tape.book(at: evening, bid: 18_400)
        tape.book(at: evening + 2 * Self.second, bid: 18_400)
        for id in 30..<33 as Range<UInt32> { tape.interest(id, at: evening + 3 * Self.second, Int64(id)) }
        for id in [30, 31] as [UInt32] {
            tape.define(
                id, at: evening + 4 * Self.second, isCall: false, strike: 4_600, expiration: expiration)
        }
        var fold = try Self.fold(OptionConfiguration(capacity: 3))
        var rows = OptionTape.Rows()
        tape.play(&fold, &rows)
        #expect([10, 30, 31].map { Self.interest(fold, $0) } == [-1, 30, 31])
    }

    // MARK: Room

    @Test func `contracts that have expired take no room`() throws {
        let time = try OptionTape.instant(9, 31)
        var tape = OptionTape()
        for id in 10..<20 as Range<UInt32> {
            tape.define(id, at: time, isCall: true, strike: 4_600, expiration: time - Self.second)
        }
        tape.define(20, at: time, isCall: true, strike: 4_600, expiration: time + 3_600 * Self.second)
        var fold = try Self.fold(OptionConfiguration(capacity: 1))
        var rows = OptionTape.Rows()
        tape.play(&fold, &rows)
        #expect(fold.options.pointee.ignoredDefinitions == 0)
        #expect(fold.options.pointee.contract(InstrumentID(20)) != nil)
    }
}

extension String {
    fileprivate func padding(_ width: Int) -> String {
        self + String(repeating: " ", count: max(0, width - count))
    }
}
