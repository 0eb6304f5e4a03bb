import ArgumentParser
import Configuration
import Control
import Foundation
import Observability
import Platform
import Storage
import Tape
import Units

/// `levelhead up`: every process of a run, supervised.
struct UpCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "up",
        abstract: "Starts every process of a run, supervises them and ends them in order.",
        discussion: """
            Ingest, engine, risk gateway, execution gateway and paper venue run as processes of their own, over a ring \
            in shared memory and the run's own tape. A process that dies is started again and goes on where it was. \
            SIGINT or SIGTERM ends them in order. At the end of a tape the results are printed as by levelhead replay. \
            Without --tape the data come from Databento's live gateway, or from another one that speaks its protocol, \
            such as levelhead serve.

            Example: levelhead up --tape tape/ --speed 10x --run-dir run/
            Example: levelhead up --gateway 127.0.0.1:13000 --replay-from all --key-file key
            """)

    @Option(
        parsing: .upToNextOption,
        help: ArgumentHelp("DBN files or directories of them; may be repeated.", valueName: "path"))
    var tape: [String] = []

    @Option(
        help: ArgumentHelp("Of the tape: 1x for its own pace (default), 10x, 0.5x, or max.", valueName: "speed"))
    var speed: SpeedArgument?

    @Option(
        help: ArgumentHelp("Where the run is kept; by default below the state directory.", valueName: "dir"),
        transform: directoryArgument)
    var runDir: String?

    @Option(
        help: ArgumentHelp("Where sockets, keys and runs lie; ~/.levelhead by default.", valueName: "dir"),
        transform: directoryArgument)
    var stateDir: String?

    @Flag(
        help: """
            Go on with the run in --run-dir; without one, with the run that was interrupted, if any was. Gateway and \
            configuration are those that it began with, unless they are given.
            """)
    var resume = false

    @Flag(help: "A process that dies stays dead; the others go on.")
    var noRestart = false

    @Flag(help: "In logical time: all results are those of a replay. At the pace of --speed.")
    var lockstep = false

    @Flag(help: "Only begin the run: its processes are started by a service manager, each by its own verb.")
    var begin = false

    @Flag(help: "Keep the processes at the end of the tape, until a signal.")
    var stay = false

    /// The venue may be told to go wrong: for drills and tests, over recorded tape alone.
    @Flag(help: .hidden)
    var drill = false

    @Option(
        help: ArgumentHelp("What feature_sha256 covers: every second's end, or every group.", valueName: "second|tick"))
    var digest: DigestMode?

    @OptionGroup var live: LiveOptions

    @OptionGroup var past: HistoryOptions

    @OptionGroup var options: ConfigurationOptions

    @Flag(help: "One JSON object.")
    var json = false

    func validate() throws {
        if !tape.isEmpty { try live.checkUnused() } else if begin { try live.checkBegin() }
        if speed != nil, tape.isEmpty { throw ValidationError("--speed needs a --tape: a live feed has its own pace.") }
        if begin, let option = [("--lockstep", lockstep), ("--no-restart", noRestart)].first(where: \.1)?.0 {
            throw ValidationError("\(option) is for who starts the processes: --begin only begins the run.")
        }
        if begin, let option = [("--speed", speed != nil), ("--stay", stay)].first(where: \.1)?.0 {
            throw ValidationError("\(option) is for levelhead ingest, --begin only begins the run: give it there.")
        }
        if lockstep, tape.isEmpty { throw ValidationError("--lockstep needs a --tape.") }
        if lockstep, resume { throw ValidationError("--lockstep begins anew: a run in logical time is not resumed.") }
        if drill, tape.isEmpty || lockstep { throw ValidationError("--drill needs a --tape, in time.") }
    }

    func run() throws {
        defer { RunLog.end() }
        try reportingErrors {
            StopSignal.install()
            Terminal.neverWaitForErrors()
            ProgramIdentity.prepare()
            guard let state = StateDirectory.path(explicit: stateDir) else {
                throw ValidationError("no home directory: give --state-dir")
            }
            try StateDirectory.checkOwner(state)
            let configuration = try configuration(RunSite.absolute(state))
            try StartConditions.check(stateDirectory: RunSite.absolute(state), configuration)
            // Its ingest reads it again; whoever starts that alone gives it there.
            if tape.isEmpty, !begin, !resume { _ = try live.source.key() }
            try StateDirectory.make(state)
            let lock = try DirectoryLock(state)
            if let mode = StateDirectory.wideMode(state) {
                let found = "\(state): mode 0\(String(mode, radix: 8)), expected 0700"
                Terminal.writeError("levelhead: \(found): \(StateDirectory.modeRemedy(state))")
            }
            try StateDirectory.checkParts(state)
            // A damaged one is told before any process is started.
            let venue = configuration.risk.venue.rawValue
            let former =
                tape.isEmpty ? try DayRecord.read(DayRecord.path(RunSite.absolute(state), venue: venue)) : nil
            let resumed = try resumedRun(RunSite.absolute(state), former)
            let past = past.history ?? resumed?.keptHistory
            let input = try input(configuration, past: past, resumed: resumed)
            let directory = try openDirectory(state, resumed: resumed?.directory)
            let site = RunSite(
                stateDirectory: RunSite.absolute(state), directory: RunSite.absolute(directory.path))
            if directory.isResumed { try input.check(directory.runFile) }
            if site.keptHistory == nil { try input.history?.keep(in: site.historyDirectory) }
            // What an earlier part of the run came to is not its end any more.
            try directory.writeRun(try input.runFile(nil))
            unlink("\(directory.path)/results/summary.json")
            try prepare(site, configuration)
            if tape.isEmpty { try OrderEpoch.raise(stateDirectory: site.stateDirectory) }
            try TradingLock(stateDirectory: site.stateDirectory).begin(
                run: site.directory, startsAnew: !tape.isEmpty && !directory.isResumed, carriesAccount: tape.isEmpty)
            if begin {
                let result = JSONText.object(["run_dir": JSONText.string(site.directory)])
                return print(json ? result : site.directory)
            }
            try supervise(site, directory, input, venue: venue)
            withExtendedLifetime(lock.path) {}
        }
    }

    /// Runs the processes to the run's end, and says and writes what it came to, whatever ended it.
    private func supervise(
        _ site: RunSite, _ directory: borrowing RunDirectory, _ input: UpInput, venue: String
    ) throws {
        RunLog.begin(process: "up", run: site.name, path: site.log("up"))
        defer { Self.tellOpen(site, venue: venue) }
        let result = try UpRun(site: site).run(
            ingestArguments: input.arguments, restarts: !noRestart, stays: stay || tape.isEmpty, isLockstep: lockstep)
        try directory.writeResult("summary.json", Array((result.json + "\n").utf8))
        if let failure = result.failure {
            // Ingest has said why its input is bad.
            if failure is InputFailed { throw ExitCode.failure }
            throw failure
        }
        let own = try site.tape.parts().map(\.path)
        let end = RunFile.End(results: result.digests, ownTape: own.isEmpty ? nil : try TapeIdentity(own))
        try directory.writeRun(try input.runFile(end))
        print(json ? result.json : result.summary)
        if let role = result.neverUp.first { throw NeverStarted(role: role) }
        if !result.unfinished.isEmpty { throw NotFinished(roles: result.unfinished) }
    }

    /// Says what a live run has left open, which a new one does not go on with.
    private static func tellOpen(_ site: RunSite, venue: String) {
        guard (try? site.isLive()) != false else { return }
        let account = (try? DayRecord.read(DayRecord.path(site.stateDirectory, venue: venue))) ?? nil
        guard let open = UpResult.position(of: site, account: account) else { return }
        let resume = ShellText.resuming(site.directory, stateDirectory: site.stateDirectory)
        let remedy = "a new run begins flat; \(resume) goes on with it"
        Terminal.writeError("levelhead: \(site.directory) ends with \(open) open: \(remedy)")
    }

    /// A run that is resumed without a word on its configuration goes on with the one that it began with.
    private func configuration(_ state: String) throws -> ResolvedConfiguration {
        if resume, digest == nil, !drill, options.saysNothing {
            let run = runDir.map { RunSite(stateDirectory: state, directory: RunSite.absolute($0)) }
            if let site = run ?? RunSite.current(state), PosixFile.exists(site.configurationFile) {
                let begun = try site.configuration()
                if begun.drill.isOn { throw NotInADrill() }
                return begun
            }
        }
        return try options.resolve(
            overrides: digest.map { [.init(key: "digest", value: $0.rawValue, flag: "--digest")] } ?? [],
            isDrill: drill)
    }

    /// The run that is to go on; nil for a new one. Of one that ended in order nothing says that it is in progress.
    ///
    /// - Parameter former: what the last live run has left of its account.
    private func resumedRun(_ state: String, _ former: DayRecord?) throws -> RunSite? {
        if resume, let runDir { return RunSite(stateDirectory: state, directory: RunSite.absolute(runDir)) }
        guard let left = RunSite.current(state), PosixFile.exists(left.runFile) else {
            if resume { Terminal.writeError("levelhead: \(state): no run was interrupted: a new one begins") }
            if let former, let open = former.openPosition(of: former.run) {
                let resume = ShellText.resuming(former.run, stateDirectory: state)
                let remedy = "this run begins flat; \(resume) goes on with that one"
                Terminal.writeError("levelhead: \(former.run) has ended with \(open) open: \(remedy)")
            }
            return nil
        }
        if resume { return left }
        if tape.isEmpty, (try? left.isLive()) != false {
            let open = former?.openPosition(of: left.directory).map { " with \($0) open" } ?? ""
            let resume = ShellText.resuming(left.directory, stateDirectory: state)
            let remedy = "\(resume) goes on with it; this is a new run, and begins flat"
            Terminal.writeError("levelhead: \(left.directory) was interrupted\(open): \(remedy)")
        }
        return nil
    }

    private func input(
        _ configuration: ResolvedConfiguration, past: String?, resumed: RunSite?
    ) throws -> UpInput {
        if tape.isEmpty {
            let history = try past.map { try RunHistory(path: $0, root: configuration.instrument.signalRoot) }
            if let resumed, (try? resumed.isLive()) == false {
                throw RunMismatch.input(path: resumed.directory, isLive: false)
            }
            let live = try resumed.map { try self.live.asBegun($0) } ?? self.live
            if resume, !begin { _ = try live.source.key() }
            return UpInput(
                runFile: { try RunFile.live(configuration, feed: live.members, history: history, end: $0) },
                arguments: live.arguments, history: history,
                check: { try RunFile.check($0, configuration, history: history) })
        }
        let merged = try MergedTape.open(try TapePaths.expand(tape))
        // A run that ends at a tape's torn end leaves a directory that no other takes.
        for source in merged.sources { try source.checkEnd() }
        let setup = try MarketSetup(configuration: configuration, tape: merged, history: past)
        _ = try setup.trading()
        UnusedChain.warn(datasets: merged.datasets, configuration)
        let paths = merged.sources.map(\.path)
        let identity = try TapeIdentity(paths)
        let kind = lockstep ? RunKind.lockstep : .up
        return UpInput(
            runFile: { try RunFile.recorded(setup, kind, tapes: identity, window: nil, end: $0) },
            arguments: paths.flatMap { ["--tape", RunSite.absolute($0)] }
                + ["--speed", "\(speed ?? SpeedArgument(multiple: 1))"] + (stay ? ["--stay"] : []),
            history: setup.history,
            check: { try RunFile.check($0, setup, kind, tapes: identity, window: nil) })
    }

    private func openDirectory(_ state: String, resumed: String?) throws -> RunDirectory {
        if let resumed {
            let directory = try RunDirectory.resume(runDir ?? resumed)
            if !directory.isResumed { Terminal.writeError("levelhead: \(directory.path): had not begun, and does now") }
            return directory
        }
        if let runDir {
            let current = RunSite.currentRunFile(RunSite.absolute(state))
            guard RunSite.absolute(runDir) != current else { throw NameTaken(path: current) }
            return try .create(runDir)
        }
        let now = Int(WallClock.now().nanoseconds / 1_000_000_000)
        return try .create(RunDirectory.defaultPath(stateDirectory: state, seconds: now))
    }

    private func prepare(_ site: RunSite, _ configuration: ResolvedConfiguration) throws {
        try PosixFile.replace(site.configurationFile, with: Array(configuration.canonicalText.utf8))
        try site.makeIdentity()
        try Directory.make(site.socketDirectory, mode: 0o700)
        // Of a run whose supervisor was killed.
        try RunSite.current(site.stateDirectory)?.removeSharedMemory()
        try PosixFile.replace(
            RunSite.currentRunFile(site.stateDirectory), with: Array((site.directory + "\n").utf8))
    }
}

/// `--run-dir` names the file in which a state directory has its run in progress.
struct NameTaken: Error, CustomStringConvertible {
    let path: String
    var description: String { "--run-dir \(path): this file names the run in progress: give another directory" }
}

/// What a run is made from.
private struct UpInput {
    /// Its `run.json`, before its first record and at its end.
    let runFile: (RunFile.End?) throws -> [UInt8]
    /// What its ingest is told.
    let arguments: [String]
    /// The past sessions that it begins with.
    let history: RunHistory?
    /// That a run with this `run.json` may go on with it.
    let check: (String) throws -> Void
}
