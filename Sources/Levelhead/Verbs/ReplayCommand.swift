import ArgumentParser
import CPlatform
import Configuration
import Foundation
import Platform
import Ring
import Storage
import Tape
import Units

/// `levelhead replay`: the whole pipeline over recorded tape, in one process, on paper.
struct ReplayCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "replay",
        abstract: "Replays tape through the whole pipeline and trades it on paper.",
        discussion: """
            Decodes, keeps book, bars, levels and features, judges the levels, checks and sizes orders and fills them \
            on paper, as fast as it goes. Equal tapes and configuration give equal digests on every machine. A run \
            that was killed goes on with --resume.

            Example: levelhead replay --tape tape/ --config configs/level.toml --run-dir run/
            """)

    enum RingPlace: String, ExpressibleByArgument, CaseIterable {
        /// Between two threads, in plain memory; with one core to run on, where they would only take turns, there is
        /// none.
        case memory
        /// Between two processes, in shared memory.
        case shared
        /// No ring: one thread reads and computes.
        case none
    }

    @OptionGroup var input: TapeOptions

    @Option(
        help: ArgumentHelp("Where the run is kept; by default below the state directory.", valueName: "dir"),
        transform: directoryArgument)
    var runDir: String?

    @Option(help: ArgumentHelp("Where runs are kept by default.", valueName: "dir"), transform: directoryArgument)
    var stateDir: String?

    @Flag(help: "Go on with the run in --run-dir from its last saved state.")
    var resume = false

    @Option(
        help: ArgumentHelp("What feature_sha256 covers: every second's end, or every group.", valueName: "second|tick"))
    var digest: DigestMode?

    @Option(help: "Where the ring between input and engine lies.")
    var ring = RingPlace.memory

    @Option(help: ArgumentHelp("Stop after this many records and save; --resume goes on.", valueName: "n"))
    var stopAfter: UInt64?

    @OptionGroup var past: HistoryOptions

    @OptionGroup var options: ConfigurationOptions

    @Flag(help: "One JSON object.")
    var json = false

    func validate() throws {
        if input.tape.isEmpty { throw ValidationError("Missing expected argument '--tape <path>'") }
        if resume, runDir == nil { throw ValidationError("--resume needs the --run-dir to go on with.") }
    }

    func run() throws {
        try reportingErrors {
            ProgramIdentity.prepare()
            let configuration = try options.resolve(
                overrides: digest.map { [.init(key: "digest", value: $0.rawValue, flag: "--digest")] } ?? [])
            let paths = try TapePaths.expand(input.tape)
            let merged = try MergedTape.open(paths)
            let setup = try MarketSetup(configuration: configuration, tape: merged, history: past.history)
            UnusedChain.warn(datasets: merged.datasets, configuration)
            let tapes = try TapeIdentity(merged.sources.map(\.path))
            let directory = try openDirectory()
            let path = directory.path
            var hasBegun = false
            do {
                try replay(setup, tapes, merged, directory, hasBegun: &hasBegun)
            } catch {
                // A run that a full disk stopped can go on; one that its input ended leaves nothing.
                if !resume, !hasBegun || !Self.isOfStorage(error) { RunDirectory.discard(path) }
                throw error
            }
        }
    }

    private func replay(
        _ setup: MarketSetup, _ tapes: TapeIdentity, _ tape: consuming MergedTape, _ directory: consuming RunDirectory,
        hasBegun: inout Bool
    ) throws {
        let configuration = setup.configuration
        let path = directory.path
        var run = try ReplayRun.open(
            setup: setup, tapes: tapes, window: input.window, directory: directory, mode: configuration.digest)
        hasBegun = true
        if run.cutBytes > 0 { Terminal.writeError("levelhead: \(path): cut \(run.cutBytes) bytes of unfinished lines") }
        guard let counts = try drive(&run, TapeFeed(tape, window: input.window), configuration) else {
            try run.save()
            if json { print("{\"stopped_after\": \(run.sequence), \"run_dir\": \(JSONText.string(path))}") }
            Terminal.writeError("levelhead: stopped after \(run.sequence) records; --resume goes on")
            return
        }
        let result = try run.finish(counts, tapes: tapes, started: ProcessStart.time)
        OptionRoom.warn(ignored: result.market.ignoredDefinitions, room: configuration.options.maximumContracts)
        print(json ? result.json : result.summary)
        if input.window != nil, counts.records == 0 {
            Terminal.writeError("levelhead: no record was received between --from and --to")
        }
    }

    private static func isOfStorage(_ error: any Error) -> Bool {
        switch error {
        case is SystemCallError, is SnapshotError, is LMDBError, is AuditLogError, is JournalError: true
        default: false
        }
    }

    /// Runs to the end of the tape; nil when --stop-after came first.
    private func drive(
        _ run: inout ReplayRun, _ tape: consuming TapeFeed, _ configuration: ResolvedConfiguration
    ) throws -> FeedCounts? {
        let first = run.sequence
        let wait = configuration.ring.wait.policy
        switch ring == .memory && lh_usable_cores() == 1 ? .none : ring {
        case .none:
            var feed = tape
            try feed.skip(to: first)
            return try run.drive(&feed, limit: stopAfter) ? feed.finish() : nil
        case .memory:
            var feed = try ThreadFeed(tape, first: first, wait: wait)
            let isWhole = try run.drive(&feed, limit: stopAfter)
            let counts = try feed.finish()
            return isWhole ? counts : nil
        case .shared:
            var feed = try ProcessFeed(
                arguments: input.arguments, first: first, ringPath: run.sharedRingPath,
                capacity: configuration.ring.bytes, wait: wait)
            return try run.drive(&feed, limit: stopAfter) ? try feed.finish() : nil
        }
    }

    private func openDirectory() throws -> RunDirectory {
        if let runDir {
            let directory = resume ? try RunDirectory.resume(runDir) : try .create(runDir)
            if resume, !directory.isResumed { Terminal.writeError("levelhead: \(runDir): had not begun, and does now") }
            return directory
        }
        guard let state = StateDirectory.path(explicit: stateDir) else {
            throw ValidationError("no home directory: give --run-dir or --state-dir")
        }
        try StateDirectory.checkOwner(state)
        try StateDirectory.make(state)
        let now = Int(WallClock.now().nanoseconds / 1_000_000_000)
        return try .create(RunDirectory.defaultPath(stateDirectory: state, seconds: now))
    }
}

extension DigestMode: ExpressibleByArgument {}

extension RingWait {
    var policy: WaitPolicy {
        switch self {
        case .spin: .spin
        case .yield: .yield
        case .park: .park
        }
    }
}
