import ArgumentParser
import Configuration
import Control
import Foundation
import Observability
import Orders
import Pipeline
import Platform
import Storage
import Units
import ZeroMQ

/// A process is given past sessions that its run was not begun with.
struct HistoryNotKept: Error, CustomStringConvertible {
    let path: String
    let run: String
    var description: String {
        "--history \(path): \(run) was begun without past sessions: give them to levelhead up, for all its processes"
    }
}

/// Which run is meant.
struct RunOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp("The run's directory; by default the one in progress.", valueName: "dir"),
        transform: directoryArgument)
    var runDir: String?

    @Option(
        help: ArgumentHelp("Where sockets and keys lie; ~/.levelhead by default.", valueName: "dir"),
        transform: directoryArgument)
    var stateDir: String?

    @OptionGroup var unread: UnreadConfiguration

    func site() throws -> RunSite {
        guard let state = StateDirectory.path(explicit: stateDir).map(RunSite.absolute) else {
            throw ValidationError("no home directory: give --state-dir")
        }
        if let runDir { return RunSite(stateDirectory: state, directory: RunSite.absolute(runDir)) }
        guard let current = RunSite.current(state) else {
            let file = RunSite.currentRunFile(state)
            throw ValidationError("\(file): no run is in progress: give --run-dir, or start one with levelhead up")
        }
        return current
    }
}

/// How a process of a run is started.
struct ProcessOptions: ParsableArguments {
    @OptionGroup var run: RunOptions

    @Option(help: ArgumentHelp("Not needed: a run keeps what levelhead up was given.", valueName: "dir"))
    var history: String?

    @Flag(help: "At the end, print what it came to as one JSON object.")
    var json = false

    @Option(help: ArgumentHelp("End in order when this process is gone.", valueName: "pid"))
    var supervisor: Int32?

    @Flag(help: "Run in logical time, each step when the step before is done in every process.")
    var lockstep = false

    func site() throws -> RunSite {
        let site = try run.site()
        if let history, site.keptHistory == nil { throw HistoryNotKept(path: history, run: site.directory) }
        return site
    }

    /// Signals end this process in order from here on, and so does the end of its supervisor. From here on it is the
    /// only one of its name.
    func beginProcess(_ role: ProcessRole) throws {
        StopSignal.install()
        Terminal.neverWaitForErrors()
        let site = try site()
        try StateDirectory.checkOwner(site.stateDirectory)
        // Before there is any other thread: those that are started later keep off it too, the engine's own included.
        if let core = try site.configuration().cores.engine { try Cores.keepOff(core) }
        endWithSupervisor()
        try ProcessClaim.take(role, site, isSupervised: supervisor != nil)
        RunLog.begin(process: role.rawValue, run: site.name, path: site.log(role.rawValue))
    }

    /// Prints the process's part of the results, when it is asked for.
    func printResult(_ role: ProcessRole, _ site: RunSite) throws {
        guard json else { return }
        let path = site.result(role)
        let text = PosixFile.exists(path) ? String(decoding: try PosixFile.contents(of: path), as: UTF8.self) : "null\n"
        print(text, terminator: "")
    }

    /// A supervisor is there, and says what is to be said of the run.
    var isSupervised: Bool { supervisor.map { getppid() == $0 } ?? false }

    private func endWithSupervisor() {
        guard let supervisor else { return }
        Thread.detachNewThread {
            while getppid() == supervisor { usleep(100_000) }
            StopSignal.raise()
        }
    }
}

extension ProcessRole {
    /// The commands that a process of the order path handles, beside `status` and `stop`; in logical time it refuses
    /// them.
    fileprivate var verbs: Set<ControlVerb> {
        switch self {
        case .risk: [.pause, .resume, .flatten, .arm, .order, .modify, .cancel]
        case .execution: [.flatten, .cancel, .reconcile]
        case .paper: [.arm]
        default: []
        }
    }
}

/// Runs one stage in logical time from start to end.
private func runInLockstep<Stage: TradingStage>(
    _ role: ProcessRole, _ options: ProcessOptions, account: AccountRecord?,
    stage: (TradingConfiguration) -> Stage, report: (ProcessDesk, Stage) -> Void = { _, _ in },
    result: (RunSite, String, Stage) throws -> Void = { _, _, _ in }
) throws {
    try reportingToSupervisor {
        try options.beginProcess(role)
        let site = try options.site()
        let context = try ZeroMQContext()
        var host = try LockstepStage(role, site, context: context, stage: stage)
        let desk = try ProcessDesk(
            role, site, symbols: account == nil ? [] : [host.tradedSymbol], account: account, verbs: role.verbs)
        try host.run(desk) { report(desk, $0) }
        let symbol = host.tradedSymbol
        try result(site, symbol, host.read { $0 })
        desk.close()
        try options.printResult(role, site)
    }
}

/// Runs one hosted stage from start to end.
private func runStage<Hosted: HostedStage & ~Copyable>(
    _ type: Hosted.Type, _ options: ProcessOptions, account: AccountRecord?
) throws {
    try reportingToSupervisor {
        try options.beginProcess(Hosted.role)
        let site = try options.site()
        let context = try ZeroMQContext()
        var host = try StageHost<Hosted>.open(site, context: context)
        // Who keeps the account and the venue show what they trade.
        let symbols = Hosted.role == .execution ? [] : [host.tradedSymbol]
        let desk = try ProcessDesk(Hosted.role, site, symbols: symbols, account: account, verbs: Hosted.role.verbs)
        try host.run(desk)
        desk.close()
        if Hosted.role == .risk, !options.isSupervised { sayOpen(site) }
        try options.printResult(Hosted.role, site)
    }
}

/// What a live run that has no supervisor, or none any more, leaves open.
private func sayOpen(_ site: RunSite) {
    guard (try? site.isLive()) != false, let open = UpResult.position(of: site, account: nil) else { return }
    let remedy = "the run's processes go on with it when they are started again"
    Terminal.writeError("levelhead: \(site.directory) ends with \(open) open: \(remedy)")
}

/// `levelhead engine`.
struct EngineCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "engine",
        abstract: "The engine of a run: features and signals from its ring.",
        discussion: "Started by levelhead up; alone for a service manager.\n\nExample: levelhead engine --run-dir run/")

    @OptionGroup var options: ProcessOptions

    func run() throws {
        try reportingToSupervisor {
            try options.beginProcess(.engine)
            let site = try options.site()
            let context = try ZeroMQContext()
            if options.lockstep {
                var engine = try LockstepEngine(site, context: context)
                let desk = try ProcessDesk(.engine, site, symbols: [engine.signalSymbol])
                try engine.run(desk)
                desk.close()
                return try options.printResult(.engine, site)
            }
            let stages = StageClock()
            var host = try EngineHost.open(site, stages, context: context)
            let desk = try ProcessDesk(.engine, site, symbols: [host.signalSymbol], stages: stages)
            try host.run(desk)
            desk.close()
            try options.printResult(.engine, site)
        }
    }
}

/// `levelhead risk`.
struct RiskCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "risk",
        abstract: "The risk gateway of a run: sizing, checks, limits and the trading state.",
        discussion: "Started by levelhead up; alone for a service manager.\n\nExample: levelhead risk --run-dir run/")

    @OptionGroup var options: ProcessOptions

    func run() throws {
        if options.lockstep {
            return try runInLockstep(
                .risk, options, account: AccountRecord(tradingState: .active),
                stage: { RiskFollower($0, isLogical: true) }, report: { $0.report(account: $1.gate) },
                result: { try HostedRisk.writeAccount($0, symbol: $1, gate: $2.gate) })
        }
        try runStage(HostedRisk.self, options, account: AccountRecord(tradingState: .active))
    }
}

/// `levelhead execution`.
struct ExecutionCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "execution",
        abstract: "The execution gateway of a run: the life of every order.",
        discussion:
            "Started by levelhead up; alone for a service manager.\n\nExample: levelhead execution --run-dir run/")

    @OptionGroup var options: ProcessOptions

    func run() throws {
        if options.lockstep {
            return try runInLockstep(
                .execution, options, account: nil, stage: { ExecutionFollower($0, isLogical: true) },
                result: { try HostedExecution.write($0, $2.accounts) })
        }
        try runStage(HostedExecution.self, options, account: nil)
    }
}

/// `levelhead paper`.
struct PaperCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "paper",
        abstract: "The paper venue of a run: a simulated exchange that fills orders on the run's own book.",
        discussion: "Started by levelhead up; alone for a service manager.\n\nExample: levelhead paper --run-dir run/")

    @OptionGroup var options: ProcessOptions

    func run() throws {
        if options.lockstep {
            return try runInLockstep(.paper, options, account: nil, stage: { VenueFollower($0) })
        }
        try runStage(HostedPaper.self, options, account: nil)
    }
}
