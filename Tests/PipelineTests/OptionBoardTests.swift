import CHeapCount
import DBN
import Determinism
import Features
import MarketCalendar
import MarketData
import Testing
import Units

@testable import Pipeline

/// Options in the market fold: records in, option columns of the leading contract's rows out.
@Suite struct OptionBoardTests {
    private static let second = OptionTape.second
    private static let rate = 0.04

    private static func near(_ found: Double, _ wanted: Double, _ relative: Double = 1e-9) -> Bool {
        abs(found - wanted) <= relative * abs(wanted)
    }

    /// The chain of FEATURES I.2 as quotes, six and a half hours before the close, and rows after it was valued.
    private static func golden() throws -> OptionTape.Rows {
        let time = try OptionTape.instant(9, 30)
        let close = try OptionTape.instant(16, 0)
        let chain: [(Bool, Double, Int64)] = [
            (true, 6_000, 1_200), (true, 6_010, 2_500), (true, 6_025, 1_800), (false, 6_000, 900),
            (false, 5_980, 3_000), (false, 5_950, 2_200),
        ]
        var tape = OptionTape()
        for (index, (isCall, strike, _)) in chain.enumerated() {
            tape.define(
                UInt32(10 + index), at: time - 3 * second, isCall: isCall, strike: strike, expiration: close)
        }
        tape.records.append(contentsOf: Self.wideBook(at: time - 2 * second))
        for (index, (isCall, strike, interest)) in chain.enumerated() {
            let price = Black76(
                isCall: isCall, forward: 6_000, strike: strike, years: 23_400.0 / 31_536_000, rate: rate,
                volatility: 0.15
            ).price
            tape.quote(UInt32(10 + index), at: time - second, bid: price * 0.95, ask: price * 1.05)
            tape.interest(UInt32(10 + index), at: time - second / 2, interest)
        }
        tape.records.append(contentsOf: Self.wideBook(at: time + 1_000_000))
        return try tape.rows()
    }

    /// A book two ticks wide around 6000.
    private static func wideBook(at time: UInt64) -> [[UInt8]] {
        var tape = OptionTape()
        tape.book(at: time, bid: 23_999)
        for slot in 0..<10 {
            tape.records[0].withUnsafeMutableBytes {
                $0.storeBytes(of: Int64(24_001 + slot) * 250_000_000, toByteOffset: 56 + 32 * slot, as: Int64.self)
            }
        }
        return tape.records
    }

    @Test func `a chain of quotes gives the exposures of the catalogue`() throws {
        let rows = try Self.golden()
        let row = rows.last
        #expect(row[.mid] == 6_000)
        #expect(Self.near(row[.atmVolatilityToday], 15, 1e-10))
        #expect(Self.near(row[.gammaExposureTotal], 370_095_909.474))
        #expect(Self.near(row[.gammaExposureToday], 370_095_909.474))
        #expect(Self.near(row[.vannaExposure], 34_614_307.535))
        #expect(Self.near(row[.charmExposure], -958_456_396.547))
        let zeroGammaTicks = (6_000 - 5_993.1934) * 4
        #expect(abs(row[.zeroGammaDistance] - zeroGammaTicks) < 5e-4)
        #expect(row[.callWallDistance] == -40 && row[.putWallDistance] == 80)
        #expect(Self.near(row[.putCallInterest], 6_100.0 / 5_500))
        #expect(row[.interestCoverage] == 1 && row[.flowGammaExposure] == 0)
        let straddle = 2 * 9.780116056 * 4
        #expect(Self.near(row[.expectedMove], straddle, 1e-9))
        #expect(row[.callPremiumFlow] == 0 && row[.putCallVolume].isNaN && row[.unclassifiedShare].isNaN)
        #expect(row[.atmVolatility7d].isNaN && row[.riskReversal25].isNaN)
    }

    @Test func `strikes are published with what is open and exposed at each`() throws {
        var fold = MarketFold(plan: try OptionTape.plan(), configuration: try OptionTape.configuration())
        var rows = OptionTape.Rows()
        let time = try OptionTape.instant(9, 30)
        var tape = OptionTape()
        let contracts: [(UInt32, Bool, Double)] = [(10, true, 4_600), (11, false, 4_600), (12, false, 4_550)]
        for (id, isCall, strike) in contracts {
            tape.define(id, at: time, isCall: isCall, strike: strike, expiration: time + 24 * 3_600 * Self.second)
            tape.interest(id, at: time, Int64(id) * 10)
        }
        tape.book(at: time + 1, bid: 18_400)
        tape.quote(10, at: time + 2_000_000, bid: 18, ask: 19)
        tape.quote(11, at: time + 2_000_000, bid: 18, ask: 19)
        tape.trade(10, at: time + Self.second + 2_000, price: 19, size: 7, side: "B", bid: 18, ask: 19)
        tape.book(at: time + Self.second + 1_000_000, bid: 18_400)
        tape.book(at: time + 2 * Self.second + 1_000_000, bid: 18_400)
        tape.play(&fold, &rows)
        let strikes = Array(fold.options.pointee.strikes)
        #expect(strikes.map(\.points) == [4_550, 4_600])
        #expect(strikes.map(\.callInterest) == [0, 100] && strikes.map(\.putInterest) == [120, 110])
        #expect(strikes.map(\.volume) == [0, 7] && strikes.map(\.signedVolume) == [0, 7])
        #expect(strikes[0].gammaExposure == 0 && strikes[1].gammaExposure != 0)
        #expect(Self.near(strikes[1].gammaExposure, rows.last[.gammaExposureTotal], 1e-14))
        #expect(rows.last[.flowGammaExposure] < 0, "dealers are short what was bought")
        #expect(fold.unusedRecords == 0)
    }

    @Test func `after a roll the walls are measured from the contract that leads now`() throws {
        let friday = try OptionTape.instant(16, 58), sunday = try OptionTape.instant(18, 0, day: 10)
        let expiration = try OptionTape.instant(16, 0, day: 13)
        let contracts: [(id: UInt32, isCall: Bool, strike: Double)] = [(10, true, 4_600), (11, false, 4_500)]
        var tape = OptionTape()
        for (id, isCall, strike) in contracts {
            tape.define(
                id, at: friday, isCall: isCall, strike: strike, expiration: expiration, underlying: "ESH4")
            tape.interest(id, at: friday, 100)
        }
        tape.records.append(MarketFoldTests.book(1, friday + 1, bid: 18_000))
        tape.records.append(MarketFoldTests.book(2, friday + 2, bid: 18_200))
        for (id, isCall, strike) in contracts {
            let price = Black76(
                isCall: isCall, forward: 4_550, strike: strike, years: 3 / 365, rate: Self.rate, volatility: 0.15
            ).price
            tape.quote(id, at: sunday - Self.second, bid: price * 0.95, ask: price * 1.05)
        }
        // Received behind the first refresh of the session, which comes before it.
        tape.records.append(MarketFoldTests.book(2, sunday + Self.second / 2, bid: 18_200))
        var fold = MarketFold(
            plan: try MarketFoldTests.plan([("ESZ3", 1), ("ESH4", 2)]), configuration: try OptionTape.configuration())
        var rows = OptionTape.Rows()
        tape.play(&fold, &rows)
        #expect(fold.leader == 1 && rows.last[.mid] == 4_550.125)
        #expect(rows.last[.callWallDistance] == (4_550.125 - 4_600) * 4)
        #expect(rows.last[.putWallDistance] == (4_550.125 - 4_500) * 4)
    }

    @Test(arguments: [false, true])
    func `gamma of signed flow needs no open interest, and that of today ends at 15.55`(hasInterest: Bool) throws {
        let close = try OptionTape.instant(16, 0), last = try OptionTape.instant(15, 55)
        var tape = OptionTape()
        tape.define(10, at: last - 3 * Self.second, isCall: true, strike: 4_600, expiration: close)
        if hasInterest { tape.interest(10, at: last - 3 * Self.second, 100) }
        for time in [last - Self.second, last, last + Self.second] {
            tape.book(at: time - 400_000_000, bid: 18_400)
            tape.quote(10, at: time - 300_000_000, bid: 2, ask: 2.2)
            tape.book(at: time + 1_000_000, bid: 18_400)
        }
        let rows = try tape.rows()
        for row in [rows.groups[1], rows.groups[3]] {
            #expect(row[.flowGammaExposure] == 0 && row[.gammaExposureToday].isNaN == !hasInterest)
        }
        #expect(rows.groups[5][.flowGammaExposure].isNaN && rows.groups[5][.gammaExposureToday].isNaN)
        let told = { (feature: MarketFeature) in feature.definition.undefinedWhen }
        #expect(!told(.flowGammaExposure).contains("open interest"))
        #expect(told(.gammaExposureToday).contains("after 15:55"))
    }

    @Test func `every option column has a value somewhere, at levels too`() throws {
        let rows = try OptionTape.random(seed: 8, seconds: 75, everySecond: true).rows()
        for feature in MarketFeature.allCases where feature.definition.family == .options {
            // Needs 21 regular sessions.
            if feature == .impliedMinusRealized { continue }
            #expect(rows.seconds.contains { !$0[feature].isNaN }, "\(feature.definition.name)")
        }
        for feature in LevelFeature.allCases where feature.definition.family == .levelOptions {
            #expect(rows.seconds.contains { !$0[.premarketHigh, feature].isNaN }, "\(feature.definition.name)")
        }
        #expect(rows.bits.allSatisfy { $0.allSatisfy { !Double(bitPattern: $0).isInfinite } })
    }

    @Test func `rows of a tape without options are NaN and cost no refresh`() throws {
        let time = try OptionTape.instant(9, 30)
        var tape = OptionTape()
        for index in 0..<5 as Range<UInt64> { tape.book(at: time + index * Self.second, bid: 18_400) }
        var fold = MarketFold(plan: try OptionTape.plan(), configuration: try OptionTape.configuration())
        var rows = OptionTape.Rows()
        tape.play(&fold, &rows)
        #expect(fold.options.pointee.nextRefresh == .max && fold.options.pointee.version == 0)
        for column in MarketFeature.atmVolatilityToday.rawValue...MarketFeature.interestCoverage.rawValue {
            #expect(rows.last[FeatureSchema.marketOffset + column].isNaN)
        }
    }

    @Test func `options that are switched off are not read`() throws {
        let tape = try OptionTape.random(seed: 3, seconds: 3, everySecond: true)
        let rows = try tape.rows(OptionConfiguration(isEnabled: false))
        #expect(rows.last[.gammaExposureTotal].isNaN && rows.last[.callPremiumFlow].isNaN)
    }

    @Test func `definitions beyond the room are counted and ignored, other instruments are not read`() throws {
        let time = try OptionTape.instant(9, 30)
        let expiration = time + 24 * 3_600 * Self.second
        var tape = OptionTape()
        for id in 10..<15 as Range<UInt32> {
            tape.define(id, at: time, isCall: true, strike: 4_600, expiration: expiration)
        }
        tape.define(20, at: time, isCall: true, strike: 4_600, expiration: expiration, underlying: "NQZ3")
        tape.define(21, at: time, isCall: true, strike: 4_600, expiration: expiration, underlying: "ESZ33")
        tape.define(22, at: time, isCall: true, strike: 4_600, expiration: expiration, kind: "F")
        var fold = MarketFold(
            plan: try OptionTape.plan(), configuration: try OptionTape.configuration(OptionConfiguration(capacity: 3)))
        var rows = OptionTape.Rows()
        tape.play(&fold, &rows)
        #expect(fold.options.pointee.ignoredDefinitions == 2)
        #expect(fold.unusedRecords == 5)
        #expect(fold.options.pointee.contract(InstrumentID(12)) != nil)
        #expect(fold.options.pointee.contract(InstrumentID(13)) == nil)
    }

    // MARK: Equality

    @Test func `when every contract is quoted every second both ways of refreshing are equal`() throws {
        for seed in [1, 2] as [UInt64] {
            let tape = try OptionTape.random(seed: seed, seconds: 90, everySecond: true)
            let dirty = try tape.rows(OptionConfiguration(refresh: .dirty))
            let chain = try tape.rows(OptionConfiguration(refresh: .chain))
            #expect(dirty.bits == chain.bits, "seed \(seed)")
            #expect(!dirty.last[.gammaExposureTotal].isNaN && !dirty.last[.atmVolatilityToday].isNaN)
            #expect(!dirty.last[.premarketHigh, .touchProbability].isNaN)
        }
        let tape = try OptionTape.random(seed: 1, seconds: 90, everySecond: false)
        let dirty = try tape.rows(OptionConfiguration(refresh: .dirty))
        #expect(dirty.bits != (try tape.rows(OptionConfiguration(refresh: .chain)).bits), "it can fail")
    }

    @Test func `a fold saved and loaded between any two records goes on with the same bits`() throws {
        let tape = try OptionTape.random(seed: 9, seconds: 75, everySecond: false)
        let whole = try tape.rows()
        #expect(whole.seconds.contains { !$0[.zeroGammaDistance].isNaN })
        var random = SeededGenerator(seed: 9)
        var fold = MarketFold(plan: try OptionTape.plan(), configuration: try OptionTape.configuration())
        var rows = OptionTape.Rows()
        var saves = 0
        for index in tape.records.indices {
            OptionTape.play(tape.records[index...index], &fold, &rows)
            guard random.below(40) == 0 else { continue }
            saves += 1
            var saving = StateArchive()
            try fold.persist(&saving)
            var next = MarketFold(plan: try OptionTape.plan(), configuration: try OptionTape.configuration())
            var loading = StateArchive(loading: saving.bytes)
            try next.persist(&loading)
            try loading.checkEnd()
            fold = next
        }
        #expect(saves > 10 && rows.bits == whole.bits, "seed 9")
    }

    @Test func `rows do not change when the tape ends sooner`() throws {
        let tape = try OptionTape.random(seed: 4, seconds: 70, everySecond: false)
        let whole = try tape.rows()
        for part in [3, 5, 7] {
            let cut = tape.records.count * part / 8
            var shorter = tape
            shorter.records.removeLast(tape.records.count - cut)
            let rows = try shorter.rows()
            #expect(rows.groups.count > 20)
            for (row, other) in zip(rows.groups + rows.seconds, whole.groups[..<rows.groups.count] + whole.seconds) {
                #expect(row.map(\.bitPattern) == other.map(\.bitPattern), "seed 4, \(cut) records")
            }
        }
    }

    @Test(.enabled(if: lh_heap_count_enabled() != 0, "a sanitizer has its own allocator"))
    func `option records and refreshes touch the heap not once`() throws {
        struct Idle: MarketSink {
            var groups = 0
            mutating func sessionBegan(_ session: SessionTimes, leader: Int) {}
            mutating func tradedStatus(_ status: TradingStatus, time: UInt64, clock: UInt64) {}
            mutating func tradedGroup(_ book: borrowing ContractBook) {}
            mutating func groupClosed(_ engine: borrowing ContractEngine) { groups += 1 }
            mutating func secondEnded(_ engine: borrowing ContractEngine, time: UInt64) {}
        }
        let tape = try OptionTape.random(seed: 6, seconds: 150, everySecond: false)
        let offsets = tape.records.reduce(into: [0]) { $0.append(($0.last ?? 0) + $1.count) }
        let bytes = tape.records.flatMap { $0 }
        var (calls, groups) = (UInt64(0), 0)
        // The first pass makes every lazy global of the process; what is counted is the second.
        for _ in 0..<2 {
            var fold = MarketFold(plan: try OptionTape.plan(), configuration: try OptionTape.configuration())
            var sink = Idle()
            bytes.withUnsafeBytes { raw in
                guard let base = raw.baseAddress else { return }
                var before: UInt64 = 0
                for index in tape.records.indices {
                    // Warm: the levels are active, gamma's zero has been looked for.
                    if index == 900 { before = lh_heap_calls() }
                    fold.take(RecordView(base + offsets[index]), sequence: UInt64(index), sink: &sink)
                }
                calls = lh_heap_calls() - before
            }
            groups = sink.groups
        }
        #expect(groups > 250 && tape.records.count > 1_500)
        #expect(calls == 0)
    }
}
