import DBN
import Features
import Signals
import Testing
import Units

@testable import Pipeline

/// A rehearsal goes the ways of the engine that it copies, and leaves that as it is.
@Suite struct EngineRehearsalTests {
    private static let second: UInt64 = 1_000_000_000

    /// What was put out, in order: each vector's bits with what it was of.
    private struct Rows: ~Copyable, EngineOutput {
        var all: [[UInt64]] = []
        var (groups, seconds) = (0, 0)

        private mutating func add(_ engine: borrowing ContractEngine, _ kind: UInt64) {
            all.append([kind] + engine.vector.map { $0.isNaN ? 1 : $0.bitPattern })
        }

        mutating func vector(_ engine: borrowing ContractEngine) {
            groups += 1
            add(engine, 0)
        }
        mutating func secondVector(_ engine: borrowing ContractEngine, time: UInt64) {
            seconds += 1
            add(engine, time)
        }
        mutating func announce(_ signal: Signal) {}
        mutating func announced() {}
        mutating func signal(_ signal: Signal, _ engine: borrowing ContractEngine) { add(engine, 1) }
    }

    private static var trading: TradingConfiguration {
        var trading = EventClockTests.trading
        (trading.signals.threshold, trading.signals.weightNeeded, trading.signals.hold) = (0, 0, .zero)
        return trading
    }

    private static func pipeline() throws -> EnginePipeline<Rows> {
        EnginePipeline(
            plan: try MarketFoldTests.plan([("ESZ3", 1), ("MESZ3", 2)]), features: try MarketFoldTests.configuration(),
            trading: trading, output: Rows())
    }

    private static func rehearsal() throws -> EngineRehearsal<Rows> {
        EngineRehearsal(features: try MarketFoldTests.configuration(), trading: trading, output: Rows())
    }

    private static func take(_ bytes: [UInt8], _ pipeline: inout EnginePipeline<Rows>) {
        bytes.withUnsafeBytes { raw in
            if let base = raw.baseAddress { pipeline.take(RecordView(base), sequence: 0) }
        }
    }

    private static func keep(
        _ bytes: [UInt8], _ rehearsal: inout EngineRehearsal<Rows>, of pipeline: borrowing EnginePipeline<Rows>
    ) {
        bytes.withUnsafeBytes { raw in
            if let base = raw.baseAddress { rehearsal.keep(RecordView(base), of: pipeline) }
        }
    }

    /// Whether it wants books, and how many groups it has closed.
    private static func look(_ rehearsal: inout EngineRehearsal<Rows>) -> (Bool, Int) {
        (rehearsal.wantsBooks, rehearsal.withOutput { $0.groups })
    }

    /// Twenty minutes in which price leaves the average's level and comes back.
    private static func books(from start: UInt64) -> [[UInt8]] {
        (0..<20).flatMap { minute in
            [(5, 18_020), (30, 18_000), (31, 18_001)].map { second, bid in
                MarketFoldTests.book(1, start + (UInt64(minute) * 60 + UInt64(second)) * Self.second, bid: bid)
            }
        }
    }

    @Test func `rows and signals are those of an engine that rehearses nothing`() throws {
        var plain = try Self.pipeline()
        var rehearsed = try Self.pipeline()
        var rehearsal = try Self.rehearsal()
        for book in Self.books(from: try MarketFoldTests.instant(7, 12, 0)) {
            Self.take(book, &plain)
            Self.take(book, &rehearsed)
            try rehearsal.begin(from: &rehearsed)
            Self.keep(book, &rehearsal, of: rehearsed)
            Self.keep(book, &rehearsal, of: rehearsed)
            for _ in 0..<100 { rehearsal.step() }
        }
        let steps = rehearsal.withOutput { $0.groups }
        #expect(steps > 5_000)
        let (expected, found) = (plain.withOutput { $0.all }, rehearsed.withOutput { $0.all })
        #expect(expected.contains { $0[0] == 1 }, "there are signals")
        #expect(found == expected)
    }

    @Test func `at each step a second ends and a group closes, from where the engine is`() throws {
        var pipeline = try Self.pipeline()
        var rehearsal = try Self.rehearsal()
        let books = Self.books(from: try MarketFoldTests.instant(7, 12, 0))
        for book in books { Self.take(book, &pipeline) }
        try rehearsal.begin(from: &pipeline)
        Self.keep(books[0], &rehearsal, of: pipeline)
        Self.keep(books[1], &rehearsal, of: pipeline)
        for _ in 0..<10 { rehearsal.step() }
        let counts = rehearsal.withOutput { [$0.groups, $0.seconds] }
        #expect(counts == [10, 10])
        // Price goes from one book to the other, so that each step writes what a new price does.
        let mids = rehearsal.withOutput { rows in
            Set(rows.all.filter { $0[0] == 0 }.map { $0[1 + FeatureSchema.marketOffset + MarketFeature.mid.rawValue] })
        }
        #expect(mids.count == 2)
    }

    @Test func `steps wait for the leading contract's first record and for two books of it`() throws {
        var pipeline = try Self.pipeline()
        var rehearsal = try Self.rehearsal()
        let start = try MarketFoldTests.instant(7, 12, 0)
        let (own, other) = (MarketFoldTests.book(1, start, bid: 18_000), MarketFoldTests.book(2, start, bid: 18_000))
        try rehearsal.begin(from: &pipeline)
        var look = Self.look(&rehearsal)
        #expect(look == (false, 0))
        Self.take(own, &pipeline)
        try rehearsal.begin(from: &pipeline)
        for book in [other, try FeedQualityTests.gap(from: start, to: start + Self.second), own, other] {
            look = Self.look(&rehearsal)
            #expect(look == (true, 0))
            Self.keep(book, &rehearsal, of: pipeline)
            rehearsal.step()
        }
        look = Self.look(&rehearsal)
        #expect(look == (true, 0))
        Self.keep(own, &rehearsal, of: pipeline)
        rehearsal.step()
        look = Self.look(&rehearsal)
        #expect(look == (false, 1))
        // Newer ones are wanted, and what there is serves until they have come.
        try rehearsal.begin(from: &pipeline)
        rehearsal.step()
        look = Self.look(&rehearsal)
        #expect(look == (true, 2))
    }
}
