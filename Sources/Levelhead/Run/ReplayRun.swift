import Configuration
import DBN
import Determinism
import Foundation
import Pipeline
import Platform
import Security
import Storage
import Tape
import Units

/// One run of the whole pipeline over a tape, in one run directory.
///
/// The state is saved every `snapshot.every_seconds` of wall time and at the end; a run that was killed goes on from
/// the last save and compares what it writes again with what is there.
struct ReplayRun: ~Copyable {
    private static let snapshotName = "replay"
    /// Version of the state's layout and meaning.
    private static let stateVersion: UInt64 = 22
    /// Records between two looks at the clock.
    private static let stride: UInt64 = 16_384

    private let setup: MarketSetup
    private let identity: SnapshotIdentity
    private let window: Range<UInt64>?
    private var directory: RunDirectory
    private var snapshots: SnapshotStore
    private var pipeline: TradingPipeline<RunOutput>
    /// The next record.
    private(set) var sequence: UInt64
    /// Opens what a run keeps and, when it is resumed, brings back the last saved state.
    ///
    /// - Parameter tapes: names and fingerprints of the input; a resumed run must have the same.
    static func open(
        setup: MarketSetup, tapes: TapeIdentity, window: Range<UInt64>?, directory: consuming RunDirectory,
        mode: DigestMode
    ) throws -> ReplayRun {
        let identity = identity(setup, tapes, window)
        // A new run's directory has no state; run.json makes it one that can be resumed.
        if directory.isResumed {
            try RunFile.check(directory.runFile, setup, .replay, tapes: tapes, window: window)
        } else {
            try directory.writeRun(try RunFile.recorded(setup, .replay, tapes: tapes, window: window))
        }
        var snapshots = SnapshotStore(try LMDBEnvironment(path: directory.stateDirectory, durability: .onSync))
        let saved = directory.isResumed ? try snapshots.load(snapshotName, expecting: identity) : nil
        let position = saved?.position ?? SnapshotPosition(sequence: 0, time: 0)
        let output = try RunOutput(mode: mode, plan: setup.plan, directory: directory, position: position)
        var pipeline = TradingPipeline(
            plan: setup.plan, features: setup.features, trading: try setup.trading(), output: output)
        if let saved {
            var archive = StateArchive(loading: saved.state)
            try pipeline.persist(&archive)
            try output.persist(&archive)
            try archive.checkEnd()
        }
        return ReplayRun(
            setup: setup, identity: identity, window: window, directory: directory, snapshots: snapshots,
            pipeline: pipeline, sequence: position.sequence)
    }

    private init(
        setup: MarketSetup, identity: SnapshotIdentity, window: Range<UInt64>?, directory: consuming RunDirectory,
        snapshots: consuming SnapshotStore, pipeline: consuming TradingPipeline<RunOutput>, sequence: UInt64
    ) {
        self.setup = setup
        self.identity = identity
        self.window = window
        self.directory = directory
        self.snapshots = snapshots
        self.pipeline = pipeline
        self.sequence = sequence
    }

    private static func identity(
        _ setup: MarketSetup, _ tapes: TapeIdentity, _ window: Range<UInt64>?
    ) -> SnapshotIdentity {
        let history = setup.history?.canonicalText ?? ""
        let input = tapes.canonicalText + history + "window=\(window.map { "\($0)" } ?? "all")\n"
        return SnapshotIdentity(
            stateVersion: stateVersion,
            configuration: SHA256Digest(of: Array((setup.configuration.resultText + input).utf8)))
    }

    /// Bytes of an audit line and a journal frame that a killed run had not finished.
    var cutBytes: Int { pipeline.output.cutBytes }

    /// Where this run's ring lies when it is shared, until both sides have it. No other process uses the name, not even
    /// the input side of this run before it was killed, which may not have noticed yet.
    var sharedRingPath: String {
        "/dev/shm/levelhead-\(SHA256Digest(of: Array(directory.path.utf8)).hexadecimal.prefix(16))-\(getpid())"
    }

    /// Takes records until the feed ends, or until `limit` records have been taken.
    ///
    /// - Returns: false when the limit came first.
    mutating func drive<Feed: RecordFeed & ~Copyable>(_ feed: inout Feed, limit: UInt64?) throws -> Bool {
        let output = pipeline.output
        let every = setup.configuration.snapshotEvery
        var progress = ProgressBar("replay")
        var savedAt = MonotonicClock.now()
        var nextLook = sequence + Self.stride
        while sequence < limit ?? .max, let (record, position) = try feed.next() {
            pipeline.take(record, sequence: position)
            sequence = position &+ 1
            guard sequence >= nextLook else { continue }
            nextLook = sequence + Self.stride
            if let failure = output.failure { throw failure }
            let tape = feed.position
            progress.update(done: tape.bytesRead, of: tape.byteCount, items: Int(sequence))
            let now = MonotonicClock.now()
            if every > .zero, now - savedAt >= every {
                try save()
                savedAt = now
            }
        }
        if let failure = output.failure { throw failure }
        return limit == nil || sequence < limit ?? .max
    }

    /// Saves the state.
    mutating func save() throws {
        var archive = StateArchive()
        try pipeline.persist(&archive)
        try pipeline.output.persist(&archive)
        let files = try pipeline.output.checkpoint()
        try snapshots.save(
            Self.snapshotName, identity,
            SnapshotPosition(
                sequence: sequence, time: Int64(bitPattern: pipeline.market.clock), audit: files.audit,
                journal: files.journal),
            state: archive.bytes)
    }

    /// Ends the run: saves, writes results and `run.json`.
    mutating func finish(_ counts: FeedCounts, tapes: TapeIdentity, started: Nanoseconds) throws -> ReplayResult {
        try save()
        try snapshots.sync()
        var result = ReplayResult(pipeline: pipeline, counts: counts, runDirectory: directory.path)
        result.featureDigest = try pipeline.output.finish()
        let end = RunFile.End(results: [
            ("feature_sha256", JSONText.string(result.featureDigest)),
            ("signal_sha256", JSONText.string(result.signalDigest)),
            ("order_sha256", JSONText.string(result.orderDigest)),
        ])
        try directory.writeRun(try RunFile.recorded(setup, .replay, tapes: tapes, window: window, end: end))
        result.measure(since: started)
        try directory.writeResult("summary.json", Array((result.json + "\n").utf8))
        return result
    }
}
