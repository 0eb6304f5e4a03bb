import DBN
import Determinism
import FeatureProperties
import Features
import MarketCalendar
import MarketData
import Tape
import Testing
import Units

@testable import Pipeline

/// The properties of FEATURES part E on records of real markets, through the market's fold.
@Suite struct RealPropertyTests {
    /// Windows inside the first quarter of an hour; regular hours run on.
    private static func configuration() throws -> FeatureConfiguration {
        var configuration = try RealTape.eveningConfiguration()
        let windows = try SessionWindows(
            premarketStart: TimeOfDay(hour: 18, minute: 1), premarketEnd: TimeOfDay(hour: 18, minute: 3),
            openingRangeStart: TimeOfDay(hour: 18, minute: 3), openingRangeMinutes: 2,
            rthOpen: TimeOfDay(hour: 18, minute: 2), rthClose: TimeOfDay(hour: 18, minute: 55),
            initialBalanceMinutes: 4)
        configuration.calendar = .cmeEquityIndex(zone: try RealTape.newYork(), windows: windows)
        configuration.averageBarMinutes = 1
        configuration.history = try history()
        return configuration
    }

    /// Five sessions, alike but for their buckets, and a micro-price that leans to the thinner side.
    private static func history() throws -> SessionHistory {
        var random = SeededGenerator(seed: 12)
        let length = MicroPriceCounts().values.count
        let counts = try #require(MicroPriceCounts((0..<length).map { _ in 10 + random.below(30) }))
        let sessions = (0..<5).map { day in
            var values = (0..<SessionBuckets.valueCount).map { _ in 1 + 9 * random.unit() }
            for bucket in 0..<SessionBuckets.count {
                values[SessionBuckets.offset(.cumulativeVolume, bucket)] = 20 * Double(bucket + 1)
                values[SessionBuckets.offset(.realizedVariance, bucket)] = 1e-8
                values[SessionBuckets.offset(.askLevelSize, bucket)] =
                    values[SessionBuckets.offset(.bidLevelSize, bucket)]
            }
            return SessionRecord(
                tradeDate: CivilDate(year: 2023, month: 12, day: 18).adding(days: day), kind: .regular,
                isComplete: true, bucketCount: 276, regularGroups: 1, values: values, microPrice: counts)
        }
        return SessionHistory(sessions)
    }

    private static func fold(
        _ instrument: UInt32, _ contract: FuturesContract, _ date: CivilDate
    ) throws -> MarketFold {
        let identity = TapeContract.Identity(
            instrument: InstrumentID(instrument), start: Timestamp(nanoseconds: 0), end: .undefined)
        let plan = try InstrumentPlan(
            candidates: [TapeContract(contract: contract, identities: [identity])], signal: "ES.c.0",
            traded: "MES.c.0", reference: date)
        return MarketFold(plan: plan, configuration: try configuration())
    }

    private static func eveningFold(_ records: RealRecords) throws -> MarketFold {
        let instrument = records.bytes.withUnsafeBytes { $0.loadUnaligned(fromByteOffset: 4, as: UInt32.self) }
        return try fold(
            instrument, FuturesContract(root: "ES", year: 2024, month: 3), CivilDate(year: 2023, month: 12, day: 26))
    }

    /// Saves a fold and loads it into a new one.
    private static func restarted(_ fold: inout MarketFold, _ new: () throws -> MarketFold) throws -> MarketFold {
        var saving = StateArchive()
        try fold.persist(&saving)
        var next = try new()
        var loading = StateArchive(loading: saving.bytes)
        try next.persist(&loading)
        try loading.checkEnd()
        return next
    }

    private static let evening = Result { try RealRecords.evening() }
    /// From before the open to 18:15.
    private static let slice = Result { 0..<(try evening.get().first(at: RealTape.eveningOpen + 900_000_000_000)) }
    private static let step = 7
    private static let rows = Result {
        let records = try evening.get()
        var fold = try eveningFold(records)
        var sink = EveryNthRow(step: step)
        records.play(try slice.get(), &fold, &sink)
        return sink.rows
    }

    @Test(.enabled(if: RealTape.isPresent, "needs ../shared/data/es"))
    func `a quarter of a real hour goes on with the same bits wherever it is cut and restarted`() throws {
        let (records, range, whole) = (try Self.evening.get(), try Self.slice.get(), try Self.rows.get())
        #expect(range.count > 6_000 && whole.count > 800, "\(range.count) records, \(whole.count) rows")
        var random = SeededGenerator(seed: 31)
        var fold = try Self.eveningFold(records)
        var sink = EveryNthRow(step: Self.step)
        var inside = 0
        var place = 0
        while place < range.upperBound {
            let next = min(place + 1 + Int(random.below(900)), range.upperBound)
            records.play(place..<next, &fold, &sink)
            if !records.endsGroup(next - 1) { inside += 1 }
            place = next
            fold = try Self.restarted(&fold) { try Self.eveningFold(records) }
        }
        #expect(sink.rows.count == whole.count && inside > 0, "\(inside) inside groups")
        let difference = EveryNthRow.difference(sink.rows[...], whole[...])
        #expect(difference == nil, "seed 31")
        // What was there before the records after it were: each part is a tape that ends at its cut.
        let cut = range.upperBound * 2 / 3
        var shorter = EveryNthRow(step: Self.step)
        var short = try Self.eveningFold(records)
        records.play(0..<cut, &short, &shorter)
        #expect(shorter.rows.count > 400)
        #expect(EveryNthRow.difference(shorter.rows[...], whole[..<shorter.rows.count]) == nil, "cut at \(cut)")
    }

    private static func check(
        _ records: RealRecords, _ table: [PropertyTable.Expectation], _ name: String
    ) throws {
        let base = try rows.get()
        var fold = try eveningFold(records)
        var sink = EveryNthRow(step: step)
        records.play(try slice.get(), &fold, &sink)
        #expect(sink.rows.map(\.number) == base.map(\.number))
        var failures: [Int: String] = [:]
        var compared: Set<Int> = []
        for (a, b) in zip(base, sink.rows) {
            for (column, expectation) in table.enumerated() where expectation.change != .unknown {
                let (value, other) = (a.values[column], b.values[expectation.column])
                if !value.isNaN { compared.insert(column) }
                if expectation.holds(value, other) { continue }
                let text = "row \(a.number), \(FeatureSchema.columns[column].name): \(value), \(name) \(other)"
                failures[column] = failures[column] ?? text
            }
        }
        #expect(failures.isEmpty, "\(failures.values.sorted())")
        // All but what looks back for half an hour, to another day or to a status.
        #expect(compared.count > 300, "\(compared.count) columns have a value")
    }

    @Test(.enabled(if: RealTape.isPresent, "needs ../shared/data/es"))
    func `real prices forty ticks higher change the mid in points and logarithms only`() throws {
        try Self.check(try Self.evening.get().moved { $0 + 10_000_000_000 }, PropertyTable.shift, "shifted")
    }

    @Test(.enabled(if: RealTape.isPresent, "needs ../shared/data/es"))
    func `a real market in the mirror flips the signed rows, exchanges the sides and leaves the others`() throws {
        // About 4,815 points, where the market was.
        try Self.check(
            try Self.evening.get().mirrored(sum: 9_630_000_000_000), PropertyTable.mirror, "mirrored")
    }

    // MARK: Options

    private static let optionFiles = [
        "es_options_2024-05-09/options_definition.dbn.zst",
        "es_options_2024-05-09/futures_bbo-1m_2024-05-09T09-55_2024-05-09T10-05.dbn.zst",
        "options_mbp-1_2024-05-09T10h00_2024-05-09T10h05.dbn.zst",
    ]
    private static let optionFolder = "../options/"
    private static let hasOptions = optionFiles.allSatisfy {
        ((try? TapeFile.open(RealTape.folder + optionFolder + $0)) != nil)
    }
    private static let future: UInt32 = 5_602

    /// Two real puts tick by tick, on the real future's best prices of each minute, as a book of one level, with open
    /// interest that is made up.
    private static func options() throws -> RealRecords {
        var all: [(time: UInt64, bytes: [UInt8])] = []
        for name in optionFiles {
            try RealTape.read(optionFolder + name) { record in
                switch record.type {
                case .instrumentDefinition:
                    all.append((0, Array(UnsafeRawBufferPointer(start: record.bytes, count: record.byteCount))))
                    all.append((1, interest(record.instrumentID)))
                case .bbo1m:
                    guard record.instrumentID.raw == future else { return }
                    all.append((record.receiveTime.nanoseconds, book(record.bestQuote)))
                default:
                    let bytes = Array(UnsafeRawBufferPointer(start: record.bytes, count: record.byteCount))
                    all.append((record.receiveTime.nanoseconds, bytes))
                }
            }
        }
        var records = RealRecords()
        for index in all.indices.sorted(by: { (all[$0].time, $0) < (all[$1].time, $1) }) {
            all[index].bytes.withUnsafeBytes { records.append($0) }
        }
        return records
    }

    private static func interest(_ instrument: InstrumentID) -> [UInt8] {
        let stamp = Timestamp(nanoseconds: 1_715_212_800_000_000_000)
        var record = StatisticsRecord(
            header: RecordHeader(publisherID: 1, instrumentID: instrument, eventTime: stamp), receiveTime: stamp,
            type: .openInterest)
        record.referenceTime = stamp
        record.quantity = 1_000
        var bytes = [UInt8](repeating: 0, count: RecordByteCount.statistics)
        bytes.withUnsafeMutableBytes { raw in
            if let base = raw.baseAddress { record.write(to: base) }
        }
        return bytes
    }

    private static func book(_ quote: BestQuoteView) -> [UInt8] {
        let none = BidAskPair(bidPrice: .max, askPrice: .max, bidSize: 0, askSize: 0, bidCount: 0, askCount: 0)
        var levels = [BidAskPair](repeating: none, count: 10)
        levels[0] = quote.level
        let head = MarketByPriceRecord(
            header: RecordHeader(
                publisherID: 1, instrumentID: InstrumentID(future), eventTime: quote.receiveTime),
            price: .undefined, size: 0, action: .add, side: .none, flags: .last, receiveTime: quote.receiveTime)
        var bytes = [UInt8](repeating: 0, count: RecordByteCount.mbp10)
        bytes.withUnsafeMutableBytes { raw in
            levels.withUnsafeBufferPointer { levels in
                if let base = raw.baseAddress { head.write(levels: levels, to: base) }
            }
        }
        return bytes
    }

    private static func optionFold() throws -> MarketFold {
        try fold(
            future, FuturesContract(root: "ES", year: 2024, month: 6), CivilDate(year: 2024, month: 5, day: 9))
    }

    @Test(.enabled(if: RealTape.isPresent && hasOptions, "needs ../shared/data/options"))
    func `real option quotes give the same bits wherever the tape is cut and restarted`() throws {
        let records = try Self.options()
        var fold = try Self.optionFold()
        var whole = EveryNthRow(step: 1)
        records.play(0..<records.count, &fold, &whole)
        let seen = Set(
            PropertyTable.options.filter { column in whole.rows.contains { !$0.values[column].isNaN } })
        let wanted: [MarketFeature] = [.gammaExposureTotal, .putWallDistance, .vannaExposure, .interestCoverage]
        #expect(records.count > 560 && wanted.allSatisfy { seen.contains(PropertyTable.column($0)) }, "\(seen.count)")
        #expect(Set(whole.rows.map { $0.values[PropertyTable.column(.gammaExposureTotal)].bitPattern }).count > 30)
        var random = SeededGenerator(seed: 41)
        var again = EveryNthRow(step: 1)
        var part = try Self.optionFold()
        for index in 0..<records.count {
            records.play(index..<index + 1, &part, &again)
            if random.below(12) == 0 { part = try Self.restarted(&part) { try Self.optionFold() } }
        }
        #expect(again.rows.count == whole.rows.count)
        #expect(EveryNthRow.difference(again.rows[...], whole.rows[...]) == nil, "seed 41")
        for _ in 0..<4 {
            let cut = 60 + Int(random.below(UInt64(records.count - 60)))
            var shorter = EveryNthRow(step: 1)
            var short = try Self.optionFold()
            records.play(0..<cut, &short, &shorter)
            #expect(shorter.rows.count > 10)
            #expect(
                EveryNthRow.difference(shorter.rows[...], whole.rows[..<shorter.rows.count]) == nil,
                "seed 41, cut at \(cut)")
        }
    }
}
