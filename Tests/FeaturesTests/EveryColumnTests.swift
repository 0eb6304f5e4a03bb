import DBN
import Determinism
import FeatureProperties
import MarketCalendar
import Testing

@testable import Features

/// The properties of FEATURES part E for all columns, on a tape on which each of them has a value.
@Suite struct EveryColumnTests {
    private static let seed: UInt64 = 71
    /// 18:33 to 18:33:20: every window is full, every level was tested.
    private static let badFrom = TestSession.open + 33 * TestSession.minute
    private static let badUntil = badFrom + 20 * EveryColumnTape.second

    /// The tape with a bad book in its middle, which a snapshot ends.
    private static func damaged(_ books: [TapeRecord]) -> [TapeRecord] {
        var books = books
        for index in books.indices where books[index].time >= badFrom && books[index].time < badUntil {
            books[index].flags.insert(.maybeBadBook)
        }
        if let mended = books.firstIndex(where: { $0.time >= badUntil }) { books[mended].flags.insert(.snapshot) }
        return books
    }

    private static func name(_ column: Int) -> String { FeatureSchema.columns[column].name }

    private static func difference(_ a: AllRows.Row, _ b: AllRows.Row, _ index: Int) -> String {
        let columns = a.values.indices.filter { a.values[$0].bitPattern != b.values[$0].bitPattern }
        return "seed \(seed), row \(index): \(columns.map { "\(name($0)) \(a.values[$0]) \(b.values[$0])" })"
    }

    private static let clean = Result { try EveryColumnTape(seed: seed, books: EveryColumnTape.books(seed: seed)) }
    private static let faulty = Result {
        try EveryColumnTape(seed: seed, books: damaged(EveryColumnTape.books(seed: seed)))
    }
    private static let cleanRows = Result { try clean.get().rows() }
    private static let faultyRows = Result { try faulty.get().rows() }

    @Test func `every column has a value, none is infinite, and all are there again after a bad book`() throws {
        let (rows, clean) = (try Self.faultyRows.get(), try Self.cleanRows.get())
        #expect(rows.allSatisfy { $0.values.allSatisfy { !$0.isInfinite } })
        let before = rows.filter { $0.time < Self.badFrom }
        let after = rows.filter { $0.time > Self.badUntil + 60 * EveryColumnTape.second }
        for column in FeatureSchema.columns.indices {
            let name = "seed \(Self.seed): \(Self.name(column))"
            #expect(before.contains { !$0.values[column].isNaN }, "\(name) before the bad book")
            #expect(after.contains { !$0.values[column].isNaN }, "\(name) after it")
        }
        // While the book is bad, what reads it is undefined.
        let bad = rows.filter { $0.time >= Self.badFrom && $0.time < Self.badUntil && $0.isGroup }
        #expect(bad.count > 3 && bad.allSatisfy { $0.values[.bidAskSpread].isNaN && $0.values[.bestBidSize].isNaN })
        #expect(bad.contains { !$0.values[.mid].isNaN } && bad.contains { $0.values[.mid].isNaN })
        #expect(clean.count > 6_000)
    }

    @Test func `half an hour after a bad book the vector is that of a run without it`() throws {
        let (rows, clean) = (try Self.faultyRows.get(), try Self.cleanRows.get())
        let settled = Self.badUntil + 1_810 * EveryColumnTape.second
        let late = rows.filter { $0.time >= settled }
        let expected = clean.filter { $0.time >= settled }
        #expect(late.count == expected.count && late.count > 300, "\(late.count), \(rows.count)")
        let frozen = PropertyTable.frozen.reduce(into: Set<Int>()) { $0.formUnion($1.columns) }
        var failures: [Int: String] = [:]
        var differing: Set<Int> = []
        for (index, (a, b)) in zip(late, expected).enumerated() {
            for column in a.values.indices {
                let (value, other) = (a.values[column], b.values[column])
                var text: String { "row \(index), \(Self.name(column)): \(value), clean \(other)" }
                if value.isNaN != other.isNaN {
                    failures[column] = failures[column] ?? text
                }
                guard !value.isNaN, !other.isNaN else { continue }
                if value.bitPattern != other.bitPattern { differing.insert(column) }
                if frozen.contains(column) || abs(value - other) <= PropertyTable.forgotten * max(1, abs(other)) {
                    continue
                }
                failures[column] = failures[column] ?? text
            }
        }
        #expect(failures.isEmpty, "seed \(Self.seed): \(failures.values.sorted())")
        // The exemptions are not empty words.
        for (columns, reason) in PropertyTable.frozen { #expect(!columns.isDisjoint(with: differing), "\(reason)") }
    }

    /// Also in the row of a second whose end moved the average's level: its groups come later.
    @Test func `the chain near a level is that near its price in the same row`() throws {
        let (rows, average) = (try Self.cleanRows.get(), LevelKind.movingAverage)
        func price(_ row: AllRows.Row) -> Double { row.values[.mid] * 4 - row.values[average, .distance] }
        var movedCount = 0
        for index in rows.indices.dropFirst().dropLast() where !rows[index].isGroup {
            let (before, row, next) = (rows[index - 1], rows[index], rows[index + 1])
            guard next.time - row.time < EveryColumnTape.second, abs(price(next) - price(row)) < 1e-6 else { continue }
            if abs(price(before) - price(row)) > 1e-6 { movedCount += 1 }
            for column in [LevelFeature.openInterestShare, .putCallOpenInterest] {
                let (value, other) = (row.values[average, column], next.values[average, column])
                #expect(value.isNaN == other.isNaN && !(abs(value - other) > 1e-12), "seed \(Self.seed), row \(index)")
            }
        }
        #expect(movedCount > 5)
    }

    @Test func `what comes later changes nothing`() throws {
        let (tape, all) = (try Self.faulty.get(), try Self.faultyRows.get())
        var random = SeededGenerator(seed: 5)
        let bad = try #require(tape.records.firstIndex { $0.received > Self.badFrom + 2 * EveryColumnTape.second })
        for cut in [bad, tape.records.count / 3 + Int(random.below(4_000)), tape.records.count - 1] {
            var player = try tape.player()
            var sink = AllRows()
            for record in tape.records[..<cut] { player.take(record, sink: &sink) }
            #expect(sink.rows.count < all.count || cut > bad)
            for (index, (row, other)) in zip(sink.rows, all).enumerated() where !(row == other) {
                Issue.record("cut at record \(cut), \(Self.difference(row, other, index))")
                return
            }
        }
    }

    @Test func `saving and loading anywhere changes no bit`() throws {
        let (tape, expected) = (try Self.faulty.get(), try Self.faultyRows.get())
        var random = SeededGenerator(seed: 6)
        var player = try tape.player()
        var sink = AllRows()
        var (restarts, open, bad, testing) = (0, 0, 0, 0)
        for record in tape.records {
            player.take(record, sink: &sink)
            let isDue = random.below(300) == 0 || player.isSuspect && random.below(4) == 0
            guard isDue || player.isInsideGroup && random.below(25) == 0 else { continue }
            restarts += 1
            open += player.isInsideGroup ? 1 : 0
            bad += player.isSuspect ? 1 : 0
            testing += player.isTesting ? 1 : 0
            var saving = StateArchive()
            try player.persist(&saving)
            var next = ChainPlayer(try EveryColumnTape.configuration(seed: Self.seed))
            var loading = StateArchive(loading: saving.bytes)
            try next.persist(&loading)
            try loading.checkEnd()
            player = next
        }
        #expect(restarts > 40 && open > 10 && bad > 2 && testing > 5, "\(restarts) \(open) \(bad) \(testing)")
        #expect(sink.rows.count == expected.count)
        for (index, (row, other)) in zip(sink.rows, expected).enumerated() where !(row == other) {
            Issue.record("restarts of seed 6, \(Self.difference(row, other, index))")
            return
        }
    }

    @Test func `a refresh of the chain that is rehearsed anywhere changes no bit`() throws {
        let (tape, expected) = (try Self.faulty.get(), try Self.faultyRows.get())
        var random = SeededGenerator(seed: 7)
        var player = try tape.player()
        var sink = AllRows()
        var (count, found) = (0, 0)
        for record in tape.records {
            player.take(record, sink: &sink)
            guard random.below(20) == 0 else { continue }
            count += 1
            found += player.rehearseRefresh() != 0 ? 1 : 0
        }
        #expect(count > 100 && found > count / 2, "\(found) of \(count)")
        #expect(sink.rows.count == expected.count)
        for (index, (row, other)) in zip(sink.rows, expected).enumerated() where !(row == other) {
            Issue.record("rehearsals of seed 7, \(Self.difference(row, other, index))")
            return
        }
    }

    // MARK: Transformed tapes

    /// Fixed levels have no slope, and a price that swings as wide as this tape's always goes through its average.
    private static let alwaysZero = Set(
        FeatureSchema.columns.indices.filter { column in
            let name = name(column)
            let isMoving = FeatureSchema.columns[column].level == .movingAverage
            return name.contains("level_slope") && !isMoving || name == "sma_90_rejection_count"
        })

    private static func check(_ tape: EveryColumnTape, _ table: [PropertyTable.Expectation], _ name: String) throws {
        let (base, rows) = (try faultyRows.get(), try tape.rows())
        #expect(base.count == rows.count)
        var failures: [Int: String] = [:]
        var unseen = Set(table.indices)
        for (index, (a, b)) in zip(base, rows).enumerated() {
            for (column, expectation) in table.enumerated() {
                let (value, other) = (a.values[column], b.values[expectation.column])
                if !value.isNaN, value != 0 { unseen.remove(column) }
                if expectation.holds(value, other) { continue }
                let text = "row \(index), \(Self.name(column)): \(value), \(name) \(other)"
                failures[column] = failures[column] ?? text
            }
        }
        #expect(failures.isEmpty, "seed \(seed): \(failures.values.sorted())")
        #expect(unseen == Self.alwaysZero, "seed \(seed): zero are \(unseen.map(Self.name))")
    }

    @Test func `forty ticks higher nothing changes but the mid in points, logarithms and what options say`() throws {
        try Self.check(try Self.faulty.get().shifted(by: 40), PropertyTable.shift, "shifted")
        // The mid itself is ten points higher.
        #expect(PropertyTable.shift.filter { $0.change == .unknown }.count == 1 + PropertyTable.options.count)
    }

    @Test func `the mirrored market flips the signed rows, exchanges the sides and leaves the others`() throws {
        try Self.check(try Self.faulty.get().mirrored(), PropertyTable.mirror, "mirrored")
        let unknown = PropertyTable.mirror.filter { $0.change == .unknown }.count
        #expect(unknown == 1 + SessionRows.tied.count + PropertyTable.options.count)
    }
}
