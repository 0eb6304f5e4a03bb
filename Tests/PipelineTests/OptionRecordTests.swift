import DBN
import Features
import MarketCalendar
import Testing
import Units

@testable import Pipeline

/// What single option records do: quotes, trades and their signs, open interest, definitions, sessions.
@Suite struct OptionRecordTests {
    private static let second = OptionTape.second

    /// A future at 4600.125, one call and one put of the next trade date at 4600, valued, open interest 100 and 50.
    /// `change` adds to the tape from `time` on; the last row comes three seconds later.
    private static func rows(
        _ change: (inout OptionTape, _ time: UInt64) -> Void
    ) throws -> OptionTape.Rows {
        let time = try OptionTape.instant(9, 31)
        let expiration = try OptionTape.instant(16, 0, day: 11)
        var tape = OptionTape()
        tape.define(10, at: time - 3 * second, isCall: true, strike: 4_600, expiration: expiration)
        tape.define(11, at: time - 3 * second, isCall: false, strike: 4_600, expiration: expiration)
        tape.interest(10, at: time - 2 * second, 100)
        tape.interest(11, at: time - 2 * second, 50)
        tape.book(at: time - 2 * second, bid: 18_400)
        tape.quote(10, at: time - second, bid: 20, ask: 21)
        tape.quote(11, at: time - second, bid: 20, ask: 21)
        tape.book(at: time + 1_000, bid: 18_400)
        change(&tape, time + 1_000_000)
        tape.book(at: time + 3 * second, bid: 18_400)
        return try tape.rows()
    }

    /// Σ D·size of one call that traded, by its flow's sign and the share without one.
    private static func sign(_ change: (inout OptionTape, UInt64) -> Void) throws -> Int {
        let row = try rows(change).last
        #expect(!row[.unclassifiedShare].isNaN)
        return row[.callPremiumFlow] > 0 ? 1 : row[.callPremiumFlow] < 0 ? -1 : 0
    }

    @Test func `the venue's aggressor comes first, then the quote, then the last other price`() throws {
        let venue = try Self.sign { $0.trade(10, at: $1, price: 21, size: 1, side: "A", bid: 20, ask: 21) }
        #expect(venue == -1)
        let above = try Self.sign { $0.trade(10, at: $1, price: 20.55, size: 1, bid: 20, ask: 21) }
        #expect(above == 1)
        let below = try Self.sign { $0.trade(10, at: $1, price: 20.45, size: 1, bid: 20, ask: 21) }
        #expect(below == -1)
        let middle = try Self.sign { $0.trade(10, at: $1, price: 20.5, size: 1, bid: 20, ask: 21) }
        #expect(middle == 0, "no price before")
    }

    @Test func `at the mid the last different price decides, whoever set it`() throws {
        func atTheMid(_ prices: [Double]) throws -> Double {
            try Self.rows { tape, time in
                for (index, price) in prices.enumerated() {
                    tape.trade(
                        10, at: time + UInt64(index) * 1_000, price: price, size: 1, side: index == 0 ? "B" : "N",
                        bid: 20, ask: 21)
                }
            }.last[.unclassifiedShare]
        }
        #expect(try atTheMid([20.4, 20.5, 20.5]) == 0)
        #expect(try atTheMid([20.5, 20.5]) == 0.5, "the same price is no different one")
        let falling = try Self.rows { tape, time in
            tape.trade(11, at: time, price: 20.9, size: 1, side: "A", bid: 20, ask: 21)
            tape.trade(11, at: time + 1, price: 20.5, size: 3, bid: 20, ask: 21)
        }.last
        #expect(falling[.putPremiumFlow] < -50 * (20.9 + 2.9 * 20.5))
    }

    @Test func `without a valid quote before it a trade has no sign`() throws {
        for (bid, ask) in [(nil, 21), (20, nil), (21, 21), (22, 21)] as [(Double?, Double?)] {
            let sign = try Self.sign { tape, time in
                tape.quote(10, at: time, bid: bid, ask: ask)
                tape.trade(10, at: time + 1, price: 21, size: 1, bid: 20, ask: 20.5)
            }
            #expect(sign == 0)
        }
    }

    @Test func `the quote in the trade's own record counts only where no other quote comes`() throws {
        // The book says 20 to 21, the record of the trade something else.
        let book = try Self.sign { $0.trade(10, at: $1, price: 20.9, size: 1, bid: 21, ask: 22) }
        #expect(book == 1)
        func own(_ type: RecordType) throws -> OptionTape.Rows {
            let time = try OptionTape.instant(9, 31)
            var tape = OptionTape()
            let expiration = time + 86_400 * Self.second
            tape.define(10, at: time - 2 * Self.second, isCall: true, strike: 4_600, expiration: expiration)
            tape.book(at: time - Self.second, bid: 18_400)
            tape.book(at: time, bid: 18_400)
            tape.trade(10, at: time + 1_000_000, price: 20.9, size: 1, bid: 21, ask: 22, type: type)
            tape.book(at: time + 2_000_000, bid: 18_400)
            return try tape.rows()
        }
        #expect(try own(.mbp1).last[.callPremiumFlow] < 0)
        #expect(try own(.tcbbo).last[.callPremiumFlow] < 0)
    }

    @Test func `trades of a lesser source are ignored once a better one has come`() throws {
        let rows = try Self.rows { tape, time in
            tape.trade(10, at: time, price: 21, size: 5, side: "B", type: .trade)
            tape.trade(10, at: time + 1, price: 21, size: 3, side: "B", bid: 20, ask: 21)
            tape.trade(11, at: time + 2, price: 21, size: 4, side: "B", bid: 20, ask: 21)
        }
        #expect(rows.last[.putCallVolume] == 4.0 / 3)
    }

    @Test func `flows are size times price, delta and vega of the contract, and halve in 300 s`() throws {
        let rows = try Self.rows { $0.trade(10, at: $1, price: 21, size: 4, side: "B", bid: 20, ask: 21) }
        let factor = powerOfHalf((3 - 0.001) / 300)
        #expect(abs(rows.last[.callPremiumFlow] - 4 * 21 * 50 * factor) < 1e-9)
        #expect(rows.last[.putPremiumFlow] == 0)
        #expect(rows.last[.deltaFlow] > 4 * 0.45 && rows.last[.deltaFlow] < 4 * 0.55)
        #expect(rows.last[.vegaFlow] > 0)
        #expect(rows.last[.todayVolumeShare] == 0 && rows.last[.unclassifiedShare] == 0)
    }

    /// 2^(−x) by its series: x is small.
    private func powerOfHalf(_ x: Double) -> Double {
        var (term, sum) = (1.0, 1.0)
        for k in 1...20 {
            term *= -x * 0.693147180559945309 / Double(k)
            sum += term
        }
        return sum
    }

    @Test func `a quote that is too old, one-sided or below intrinsic value has no volatility`() throws {
        let valued = try Self.rows { _, _ in }
        #expect(valued.last[.interestCoverage] == 1)
        let oneSided = try Self.rows { $0.quote(10, at: $1, bid: nil, ask: 21) }
        #expect(oneSided.last[.interestCoverage] == 50.0 / 150)
        let low = try Self.rows { $0.quote(10, at: $1, bid: 0.05, ask: 0.10) }
        #expect(low.last[.interestCoverage] == 50.0 / 150, "the call has 0.125 of intrinsic value")
        let old = try Self.rows { tape, time in
            for index in 1...61 as ClosedRange<UInt64> { tape.book(at: time + index * Self.second, bid: 18_400) }
            tape.quote(11, at: time + 61 * Self.second + 1, bid: 20, ask: 21)
            tape.book(at: time + 63 * Self.second, bid: 18_400)
        }
        let row = try #require(old.groups.dropLast().last)
        #expect(row[.interestCoverage] == 50.0 / 150)
        #expect(row[.putCallInterest] == 0.5, "quoted or not")
    }

    @Test func `open interest is type 9, the latest date, and acts at once where nothing is valued`() throws {
        let rows = try Self.rows { tape, time in
            tape.interest(10, at: time, 7, kind: 1)
            tape.interest(10, at: time, 8, reference: 0)
            tape.interest(10, at: time, 9, reference: 5, update: 2)
            tape.interest(10, at: time, .max, reference: 5)
            tape.interest(11, at: time, 25, reference: 2)
            tape.book(at: time + 1_000, bid: 18_400)
        }
        let row = rows.groups[rows.groups.count - 2]
        #expect(row[.putCallInterest] == 0.25)
        #expect(row[.gammaExposureTotal] != rows.last[.gammaExposureTotal], "exposures wait for the refresh")
    }

    @Test func `strikes far from the future, expired and withdrawn contracts are not in the chain`() throws {
        func coverage(_ change: (inout OptionTape, UInt64) -> Void) throws -> Double {
            try Self.rows(change).last[.putCallInterest]
        }
        let expiration = try OptionTape.instant(16, 0, day: 11)
        // 15 % of 4600.125 is 690.02.
        for (strike, counts) in [(3_911.0, true), (3_910, false), (5_290, true), (5_291, false)] {
            let found = try coverage { tape, time in
                tape.define(12, at: time, isCall: false, strike: strike, expiration: expiration)
                tape.interest(12, at: time, 50)
            }
            #expect(found == (counts ? 1.0 : 0.5), "\(strike)")
        }
        for (expiration, counts) in [
            (try OptionTape.instant(9, 36, 3), true), (try OptionTape.instant(9, 36, 1), false),
            (try OptionTape.instant(9, 31, day: 8) + 45 * 86_400 * Self.second, true),
            (try OptionTape.instant(9, 31, day: 8) + 45 * 86_400 * Self.second + 10 * Self.second, false),
        ] {
            let found = try coverage { tape, time in
                tape.define(12, at: time, isCall: false, strike: 4_600, expiration: expiration)
                tape.interest(12, at: time, 50)
            }
            #expect(found == (counts ? 1.0 : 0.5), "\(expiration)")
        }
        let withdrawn = try coverage {
            $0.define(11, at: $1, isCall: false, strike: 4_600, expiration: expiration, action: "D")
        }
        #expect(withdrawn == 0)
        let renamed = try coverage {
            $0.define(11, at: $1, isCall: false, strike: 4_600, expiration: expiration, kind: "F")
        }
        #expect(renamed == 0)
        let again = try coverage {
            $0.define(11, at: $1, isCall: false, strike: 4_600, expiration: expiration, action: "M")
        }
        #expect(again == 0.5, "the same terms keep what is known")
    }

    @Test func `an index chain has its forward from parity, and levels are compared across the basis`() throws {
        let time = try OptionTape.instant(9, 31)
        let expiration = try OptionTape.instant(16, 0, day: 11)
        var tape = OptionTape()
        let strikes: [Double] = [4_560, 4_570, 4_580, 4_590]
        for (index, strike) in strikes.enumerated() {
            for isCall in [true, false] {
                let id = UInt32(10 + 2 * index + (isCall ? 0 : 1))
                tape.define(
                    id, at: time - 9 * Self.second, isCall: isCall, strike: strike, expiration: expiration,
                    underlying: "SPX", symbol: "SPXW  231211")
                tape.interest(id, at: time - 8 * Self.second, 10)
            }
        }
        tape.define(
            30, at: time - 9 * Self.second, isCall: true, strike: 4_600, expiration: expiration, underlying: "SPX",
            symbol: "SPX   231211")
        // pm_high at 4600; the index stands 25 points lower: 4575 + (C − P) at 4570 and 4580 is the same forward.
        tape.book(at: try OptionTape.instant(9, 29), bid: 18_400, trade: true)
        tape.book(at: time - 3 * Self.second, bid: 18_400)
        for (index, strike) in strikes.enumerated() {
            for isCall in [true, false] {
                let id = UInt32(10 + 2 * index + (isCall ? 0 : 1))
                let value = 20 + (isCall ? 0.5 : -0.5) * (4_575.125 - strike)
                tape.quote(id, at: time - 2 * Self.second, bid: value - 0.1, ask: value + 0.1, type: .cmbp1)
            }
        }
        tape.book(at: time + 1_000_000, bid: 18_400)
        tape.records.sort { Self.received($0) < Self.received($1) }
        var fold = MarketFold(
            plan: try OptionTape.plan(), configuration: try OptionTape.configuration(OptionConfiguration(root: "SPXW")))
        var rows = OptionTape.Rows()
        tape.play(&fold, &rows)
        #expect(fold.options.pointee.contract(InstrumentID(30)) == nil)
        #expect(fold.options.pointee.totals.members == 8 && fold.options.pointee.totals.valued == 8)
        // The forward is 4575.125 but for the discount; with the basis, 4570 lies 4.98 below 4600 − 5.02 and so on.
        #expect(rows.last[.premarketHigh, .openInterestShare] == 0.5, "4570 and 4580 move to 4595 and 4605")
        #expect(!rows.last[.gammaExposureTotal].isNaN)
    }

    private static func received(_ bytes: [UInt8]) -> UInt64 {
        bytes.withUnsafeBytes { raw in raw.baseAddress.map { RecordView($0).receiveTime.nanoseconds } ?? 0 }
    }

    @Test func `volumes and flows begin anew at 18 00`() throws {
        let evening = try OptionTape.instant(16, 59, 50)
        let open = try OptionTape.instant(18, 0, day: 10)
        let expiration = try OptionTape.instant(16, 0, day: 12)
        var tape = OptionTape()
        for id in [10, 11] as [UInt32] {
            tape.define(id, at: evening - 2 * Self.second, isCall: id == 10, strike: 4_600, expiration: expiration)
        }
        tape.book(at: evening - Self.second, bid: 18_400)
        tape.book(at: evening, bid: 18_400)
        tape.trade(10, at: evening + 1_000, price: 21, size: 4, side: "B", bid: 20, ask: 21)
        tape.trade(11, at: evening + 1_000, price: 21, size: 4, side: "B", bid: 20, ask: 21)
        tape.book(at: evening + 2_000_000, bid: 18_400)
        tape.book(at: open + Self.second, bid: 18_400)
        tape.trade(11, at: open + Self.second + 1_000_000, price: 21, size: 1, side: "B", bid: 20, ask: 21)
        tape.trade(10, at: open + Self.second + 2_000_000, price: 21, size: 2, side: "B", bid: 20, ask: 21)
        tape.book(at: open + Self.second + 3_000_000, bid: 18_400)
        let rows = try tape.rows()
        #expect(rows.groups[2][.putCallVolume] == 1 && rows.groups[2][.callPremiumFlow] > 0)
        #expect(rows.groups[3][.putCallVolume].isNaN && rows.groups[3][.callPremiumFlow] == 0)
        #expect(rows.groups[4][.putCallVolume] == 0.5, "the standing book makes the chain at 18:00:00")
    }

    @Test func `near a level are strikes within ten points of it, since it is active`() throws {
        let open = try OptionTape.instant(9, 30)
        let expiration = try OptionTape.instant(16, 0)
        var tape = OptionTape()
        // pm_high and pm_low lie at 4600.
        let strikes: [Double] = [4_589, 4_590, 4_600, 4_610, 4_611]
        for (index, strike) in strikes.enumerated() {
            let id = UInt32(10 + index)
            tape.define(id, at: open - 9 * Self.second, isCall: index % 2 == 0, strike: strike, expiration: expiration)
            tape.interest(id, at: open - 8 * Self.second, Int64(10 + index))
        }
        tape.book(at: open - 6 * Self.second, bid: 18_400, trade: true)
        tape.book(at: open - 4 * Self.second, bid: 18_400)
        for (index, _) in strikes.enumerated() {
            let id = UInt32(10 + index)
            tape.quote(id, at: open - 2 * Self.second, bid: 9 + 1.5 * Double(index), ask: 20)
            tape.trade(id, at: open - Self.second, price: 10, size: 100, side: "B", bid: 9, ask: 20)
        }
        tape.book(at: open + 1_000_000, bid: 18_400)
        for (index, _) in strikes.enumerated() {
            let id = UInt32(10 + index)
            tape.trade(id, at: open + 2_000_000, price: 10, size: UInt32(1 + index), side: "B", bid: 9, ask: 20)
        }
        tape.book(at: open + 3_000_000, bid: 18_400)
        let row = try tape.rows().last
        let level = LevelKind.premarketHigh
        #expect(row[level, .openInterestShare] == 36.0 / 60)
        #expect(row[level, .optionVolumeShare] == 9.0 / 15)
        #expect(abs(row[level, .putCallOpenInterest] - 0.6539264674066639) < 1e-12, "ln((11+13+1)/(12+1))")
        let left = powerOfHalf(0.001 / 300)
        #expect(abs(row[level, .optionPremiumFlow] - 50 * 10 * (3 - 2 - 4) * left) < 1e-9)
        #expect(!row[level, .optionDeltaFlow].isNaN && row[level, .gammaExposureShare] > 0)
        #expect(row[.openingRangeHigh, .openInterestShare].isNaN)
    }
}
