import DBN
import Determinism
import Features
import Orders
import Risk
import Signals
import Testing
import Units

@testable import Pipeline

/// What an engine's rows say of the feed that they were made of.
@Suite struct FeedQualityTests {
    /// The quality that every row goes out with.
    struct Rows: ~Copyable, EngineOutput {
        var feed: DataQuality = []
        var qualities: [DataQuality] = []

        mutating func vector(_ engine: borrowing ContractEngine) { qualities.append(engine.dataQuality.union(feed)) }
        mutating func secondVector(_ engine: borrowing ContractEngine, time: UInt64) {}
        mutating func announce(_ signal: Signal) {}
        mutating func announced() {}
        mutating func signal(_ signal: Signal, vector: UnsafeBufferPointer<Double>) {}
        mutating func feedChanged(_ quality: DataQuality) { feed = quality }
    }

    private static func pipeline() throws -> EnginePipeline<Rows> {
        EnginePipeline(
            plan: try MarketFoldTests.plan([("ESZ3", 1)]), features: try MarketFoldTests.configuration(),
            trading: EventClockTests.trading, output: Rows())
    }

    private static func take(_ bytes: [UInt8], _ pipeline: inout EnginePipeline<Rows>) {
        bytes.withUnsafeBytes { raw in
            if let base = raw.baseAddress { pipeline.take(RecordView(base), sequence: 0) }
        }
    }

    private static func mark(_ kind: FeedMark.Kind, at time: UInt64) throws -> [UInt8] {
        let stamp = Timestamp(nanoseconds: time)
        let mark = FeedMark(
            kind, dataset: try #require(DatasetName("GLBX.MDP3")), time: stamp, wallTime: stamp)
        var bytes = [UInt8](repeating: 0, count: RecordByteCount.system)
        bytes.withUnsafeMutableBytes { raw in raw.baseAddress.map { _ = mark.write(to: $0) } }
        return bytes
    }

    @Test func `rows are warming while the feed is behind, and replayed when a replay brings them`() throws {
        var pipeline = try Self.pipeline()
        var time = try MarketFoldTests.instant(8, 10, 0)
        for kind in [nil, .down, .replaying, .replayed, .live] as [FeedMark.Kind?] {
            time += 1_000_000
            if let kind { Self.take(try Self.mark(kind, at: time), &pipeline) }
            Self.take(MarketFoldTests.book(1, time, bid: 18_000), &pipeline)
        }
        let behind: DataQuality = [.warming, .replayed]
        let found = pipeline.withOutput { $0.qualities }
        #expect(found == [[], .warming, behind, behind, []])
    }

    // MARK: The book that fills the orders

    private static func risk(_ symbols: [(String, UInt32)]) throws -> StageFold<RiskFollower> {
        StageFold(
            plan: try MarketFoldTests.plan(symbols), features: try MarketFoldTests.configuration(),
            trading: EventClockTests.trading, stage: RiskFollower(EventClockTests.trading))
    }

    private static func take(_ bytes: [UInt8], _ fold: inout StageFold<RiskFollower>) {
        bytes.withUnsafeBytes { raw in
            if let base = raw.baseAddress { fold.take(RecordView(base), sequence: 0) }
        }
    }

    @Test(arguments: [[("ESZ3", 1 as UInt32)], [("ESZ3", 1), ("MESZ3", 3)]])
    func `Friday's traded book is none on Sunday until its first group`(symbols: [(String, UInt32)]) throws {
        var fold = try Self.risk(symbols)
        let traded = symbols.count == 1 ? 1 : 3 as UInt32
        let friday = try MarketFoldTests.instant(8, 16, 59)
        for id in [1, 3] as [UInt32] { Self.take(MarketFoldTests.book(id, friday, bid: 18_000), &fold) }
        let sunday = try MarketFoldTests.instant(10, 18, 0, 1)
        if traded == 3 {
            Self.take(MarketFoldTests.book(1, sunday, bid: 18_000), &fold)
            Self.take(MarketFoldTests.book(1, sunday + 3_000_000_000, bid: 18_000), &fold)
            #expect(!fold.quote().quality.hasUsableBook, "open, and nothing has come")
            #expect(fold.quote().quality == .stale)
        }
        Self.take(MarketFoldTests.book(traded, sunday + 4_000_000_000, bid: 18_000), &fold)
        #expect(fold.quote().quality == [])
    }

    @Test func `a restart knows where the feed stood`() throws {
        var pipeline = try Self.pipeline()
        let time = try MarketFoldTests.instant(8, 10, 0)
        Self.take(MarketFoldTests.book(1, time, bid: 18_000), &pipeline)
        Self.take(try Self.mark(.replaying, at: time), &pipeline)
        var archive = StateArchive()
        try pipeline.persist(&archive)
        var again = try Self.pipeline()
        var load = StateArchive(loading: archive.bytes)
        try again.persist(&load)
        try load.checkEnd()
        #expect(again.feedQuality == [.warming, .replayed])
    }
}
