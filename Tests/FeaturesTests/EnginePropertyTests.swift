import DBN
import Determinism
import FeatureProperties
import MarketData
import Testing

@testable import Features

/// What must hold on every tape (FEATURES part E): truncation, restart, price shift, mirror.
@Suite struct EnginePropertyTests {
    private static let faults = RandomTape(
        seed: 43, start: TestSession.open + TestSession.minute, groups: 2_600, withFaults: true
    ).records

    private static func name(_ column: Int) -> String { FeatureSchema.columns[column].name }

    /// Rows that want more time than the tape has: half an hour of mids, 30 bars, 21 days. Other tests see them.
    private static let lateRows: Set<MarketFeature> = [
        .amihudIlliquidity, .midReturn1800, .realizedVolatility1800, .bipowerVolatility, .jumpRatio, .downsideShare,
        .ewmaVolatility, .parkinsonVolatility, .garmanKlassVolatility, .rogersSatchellVolatility,
        .yangZhangVolatility, .varianceRatio,
    ]
    /// Rows that need past sessions, a prior day or options, which this tape does not have: `EveryColumnTests` gives
    /// them all.
    private static let foreign = PropertyTable.options.union(PropertyTable.columns(SessionRows.needPriorDay)).union(
        PropertyTable.columns([
            MarketFeature.microPriceOffset, .depthTimeOfDay, .messageRateTimeOfDay, .microPriceVelocity,
            .tradeIntensityTimeOfDay, .vpin, .realizedVolatilityTimeOfDay, .sessionVolumeTimeOfDay,
        ])
    ).union(PropertyTable.columns([LevelFeature.passiveDepthTimeOfDay, .volumeTimeOfDay]))
    private static let absent = PropertyTable.columns(lateRows).union(foreign)

    @Test func `the random tape sees every level, every test outcome and every fault`() throws {
        let rows = Player.rows(Self.faults, try TestSession.configuration())
        for level in LevelKind.allCases {
            #expect(rows.contains { $0.values[level, .touchCount] > 0 }, "\(level)")
        }
        for outcome in [LevelFeature.rejectionCount, .breakCount] {
            let happened = rows.contains { row in LevelKind.allCases.contains { row.values[$0, outcome] > 0 } }
            #expect(happened, "\(outcome)")
        }
        // Every column has a value somewhere, or its input is not there and it never has one.
        for column in 0..<FeatureSchema.columnCount {
            let hasValue = rows.contains { !$0.values[column].isNaN }
            if Self.foreign.contains(column) {
                #expect(!hasValue, "\(Self.name(column))")
            } else if !Self.absent.contains(column) {
                #expect(hasValue, "\(Self.name(column))")
            }
        }
        #expect(rows.allSatisfy { $0.values.allSatisfy { !$0.isInfinite } })
        let flags = Self.faults.map(\.flags)
        #expect(flags.contains { $0.contains(.maybeBadBook) } && flags.contains { $0.contains(.snapshot) })
        #expect(Self.faults.contains { $0.asks.isEmpty } && Self.faults.contains { $0.action == .clear })
    }

    @Test func `what comes later changes nothing`() throws {
        let configuration = try TestSession.configuration()
        let all = Player.rows(Self.faults, configuration)
        var random = SeededGenerator(seed: 7)
        for _ in 0..<4 {
            let cut = 1 + Int(random.below(UInt64(Self.faults.count)))
            let rows = Player.rows(Self.faults[..<cut], configuration)
            let isPrefix = zip(rows, all).allSatisfy { $0 == $1 }
            #expect(rows.count <= all.count && isPrefix, "seed 7, cut at record \(cut)")
        }
    }

    @Test func `saving and loading anywhere changes no bit`() throws {
        let configuration = try TestSession.configuration()
        let expected = Player.rows(Self.faults, configuration)
        let seed: UInt64 = 19
        var random = SeededGenerator(seed: seed)
        var player = Player(configuration)
        var sink = AllRows()
        var restarts = 0
        var openRestarts = 0
        for record in Self.faults {
            player.take(record, sink: &sink)
            // Inside open groups too.
            guard random.below(40) == 0 else { continue }
            restarts += 1
            if player.engine.assembler.isOpen { openRestarts += 1 }
            var saving = StateArchive()
            try player.engine.persist(&saving)
            var next = Player(configuration)
            var loading = StateArchive(loading: saving.bytes)
            try next.engine.persist(&loading)
            try loading.checkEnd()
            var again = StateArchive()
            try next.engine.persist(&again)
            #expect(again.bytes == saving.bytes, "what was loaded is what was saved")
            (next.clock, next.sequence) = (player.clock, player.sequence)
            player = next
        }
        #expect(restarts > 30 && openRestarts > 3)
        #expect(sink.rows.count == expected.count)
        for (index, (found, row)) in zip(sink.rows, expected).enumerated() where !(found == row) {
            let columns = row.values.indices.filter { found.values[$0].bitPattern != row.values[$0].bitPattern }
            Issue.record("seed \(seed), row \(index): \(columns.map(Self.name))")
            return
        }
    }

    @Test func `an archive that is short, long or another's is refused`() throws {
        let configuration = try TestSession.configuration()
        var player = Player(configuration)
        var sink = AllRows()
        for record in Self.faults.prefix(300) { player.take(record, sink: &sink) }
        var saving = StateArchive()
        try player.engine.persist(&saving)
        let bytes = saving.bytes
        func load(_ bytes: [UInt8]) throws {
            var engine = ContractEngine(configuration: configuration)
            var loading = StateArchive(loading: bytes)
            try engine.persist(&loading)
            try loading.checkEnd()
        }
        try load(bytes)
        for length in [0, 1, 7, 8, 15, 16, bytes.count / 2, bytes.count - 9, bytes.count - 1] {
            #expect(throws: StateArchive.Failure.self) { try load(Array(bytes[..<length])) }
        }
        #expect(throws: StateArchive.Failure.trailing(bytes: 1)) { try load(bytes + [0]) }
        var other = bytes
        other[8] ^= 1
        #expect(throws: StateArchive.Failure.mismatch(offset: 0, expected: "contract")) { try load(other) }
    }

    @Test func `forty ticks higher nothing changes but the mid in points and what is logarithmic`() throws {
        // Eight bars, so that the average is a binary fraction.
        let configuration = try TestSession.configuration(averageLength: 8)
        let base = Player.rows(Self.faults, configuration)
        let shifted = Player.rows(Self.faults.map { $0.shifted(by: 40) }, configuration)
        #expect(base.count == shifted.count)
        let mid = FeatureSchema.marketOffset + MarketFeature.mid.rawValue
        for (index, (a, b)) in zip(base, shifted).enumerated() {
            for column in 0..<FeatureSchema.columnCount
            where column != mid && !PropertyTable.logarithmic.contains(column) {
                let same = a.values[column].bitPattern == b.values[column].bitPattern
                if !same {
                    Issue.record("row \(index), \(Self.name(column)): \(a.values[column]) and \(b.values[column])")
                    return
                }
            }
            #expect(a.values[mid].isNaN == b.values[mid].isNaN)
            if !a.values[mid].isNaN { #expect(b.values[mid] - a.values[mid] == 10) }
        }
    }

    // MARK: Mirror

    @Test func `mirrored prices and sides flip the signed rows, exchange the sides and leave the others`() throws {
        // Five bars: the average is never half a tick between two, where its nearest tick is rounded up on both sides.
        let configuration = try TestSession.configuration(averageLength: 5)
        let base = Player.rows(Self.faults, configuration)
        let mirrored = Player.rows(Self.faults.map(\.mirrored), configuration)
        #expect(base.count == mirrored.count)
        for (index, (a, b)) in zip(base, mirrored).enumerated() {
            for (column, partner) in PropertyTable.mirror.enumerated()
            where !PropertyTable.logarithmic.contains(column) {
                let (value, other) = (a.values[column], b.values[partner.column])
                if !partner.holds(value, other) {
                    Issue.record("row \(index), \(Self.name(column)): \(value), mirrored \(other)")
                    return
                }
            }
        }
        // The lists are not empty words: every signed row had both signs or at least a value.
        for (column, partner) in PropertyTable.mirror.enumerated() where partner.change == .negated {
            if Self.absent.contains(column) || PropertyTable.logarithmic.contains(column) { continue }
            let hasValue = base.contains { $0.values[column] != 0 && !$0.values[column].isNaN }
            #expect(
                hasValue || Self.name(column).contains("level_slope"),
                "\(Self.name(column)): fixed levels have no slope")
        }
    }

    @Test func `after a bad book all that was defined is defined again`() throws {
        let configuration = try TestSession.configuration()
        let start = TestSession.open + TestSession.minute
        let tape = RandomTape(seed: 3, start: start, groups: 3_600, meanGap: 700_000_000, withFaults: false).records
        // Eight clean minutes after every level exists, then four seconds of bad book, a snapshot, and on.
        let busy = try #require(
            tape.indices.first { first in
                tape[first].time >= start + 17 * TestSession.minute && (first..<first + 12).allSatisfy {
                    tape[$0 + 1].time - tape[$0].time < 700_000_000
                }
            })
        let from = tape[busy].time
        var records = tape
        for index in records.indices where records[index].time >= from && records[index].time < from + 4_000_000_000 {
            records[index].flags.insert(.maybeBadBook)
        }
        let mended = try #require(records.firstIndex { $0.time >= from + 4_000_000_000 })
        records[mended].flags.insert(.snapshot)
        let rows = Player.rows(records, configuration)
        let before = try #require(rows.last { $0.time < from })
        let after = try #require(rows.first { $0.time >= from + 70_000_000_000 && $0.isGroup })
        let bad = try #require(
            rows.last { $0.time < from + 4_000_000_000 && $0.isGroup && $0.time > from + 1_500_000_000 })
        let atOnce = try #require(rows.first { $0.isGroup && $0.time >= from })
        for column in [FeatureSchema.marketOffset + MarketFeature.bidAskSpread.rawValue] {
            #expect(!before.values[column].isNaN && atOnce.values[column].isNaN && bad.values[column].isNaN)
            #expect(!after.values[column].isNaN)
        }
        #expect(!atOnce.values[.mid].isNaN, "the mid is held for a second")
        #expect(bad.values[.mid].isNaN)
        let bookRows = LevelFeature.bidDepthInBand.rawValue...LevelFeature.largestQueueOffset.rawValue
        let visible = { (row: AllRows.Row, column: Int) in !row.values[column].isNaN }
        for column in 0..<FeatureSchema.columnCount where visible(before, column) && !visible(after, column) {
            // Depth rows depend on where price is, a test's own row on whether there is one, the passive side's rows on
            // which side that is.
            let level = FeatureSchema.columns[column].level
            let row = column % LevelFeature.count
            let hiding: [LevelFeature] = [.tradedToDisplayed, .cancelToAdd, .replenishment]
            let mayHide = level != nil && (bookRows.contains(row) || hiding.contains { $0.rawValue == row })
            #expect(mayHide, "\(Self.name(column)) did not come back")
        }
        for level in LevelKind.allCases {
            for row in [LevelFeature.distance, .approachVelocity30s, .approachEfficiency60s, .absorption, .timeNear] {
                #expect(!after.values[level, row].isNaN, "\(level) \(row)")
            }
        }
    }
}
