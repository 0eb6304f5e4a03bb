import DBN
import Determinism
import Features
import Orders
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

    private static func mark(_ kind: FeedMark.Kind, _ schema: Schema? = nil, at time: UInt64) throws -> [UInt8] {
        let stamp = Timestamp(nanoseconds: time)
        let mark = FeedMark(
            kind, dataset: try #require(DatasetName("GLBX.MDP3")), time: stamp, wallTime: stamp, schema: schema)
        var bytes = [UInt8](repeating: 0, count: RecordByteCount.system)
        bytes.withUnsafeMutableBytes { raw in raw.baseAddress.map { _ = mark.write(to: $0) } }
        return bytes
    }

    @Test func `rows are warming while the feed is behind, and replayed when a replay brings them`() throws {
        var pipeline = try Self.pipeline()
        var time = try MarketFoldTests.instant(8, 10, 0)
        let behind: DataQuality = [.warming, .replayed]
        let steps: [(FeedMark.Kind?, Schema?, DataQuality)] = [
            (nil, nil, []), (.down, nil, .warming),
            // While a feed is gone its books stay those of the past until they are replayed.
            (.replaying, .definition, behind), (.replaying, .mbp10, behind), (.replayed, .definition, behind),
            (.replayed, .mbp10, .warming), (.live, nil, []),
            // Options that are chosen later.
            (.replaying, .mbp1, .warming), (.replayed, .mbp1, .warming), (.live, nil, []),
            (.replaying, nil, behind), (.replayed, nil, .warming), (.live, nil, []), (.refused, nil, .warming),
        ]
        for (kind, schema, _) in steps {
            time += 1_000_000
            if let kind { Self.take(try Self.mark(kind, schema, at: time), &pipeline) }
            Self.take(MarketFoldTests.book(1, time, bid: 18_000), &pipeline)
        }
        let found = pipeline.withOutput { $0.qualities }
        #expect(found == steps.map(\.2))
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
