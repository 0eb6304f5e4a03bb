import ArgumentParser
import Control
import Glibc
import Observability
import Orders
import Platform
import Synchronization
import Units

private let isInterrupted = Atomic<Bool>(false)

/// A process that does nothing but answer its control socket and serve its metrics: what tests and checks command,
/// stop, kill and flood.
@main struct ControlProbe: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "ControlProbe",
        abstract: "A process with nothing but a control socket and metrics.",
        discussion: """
            Prints `ready METRICS-ADDRESS`, then a line for each command it handles: verb, id, reason. Ends in order \
            on SIGTERM, or when whoever started it is gone.

            Example: ControlProbe --state-dir /tmp/state --name risk --verbs pause --position MESH4=2
            """)

    @Option(help: "State directory.")
    var stateDir: String

    @Option(help: "Name of the process.")
    var name: String

    @Option(help: "Commands that it handles, with commas between them.")
    var verbs = "pause,resume"

    @Option(help: "SYMBOL=CONTRACTS; may be repeated. Makes it a process with an account.")
    var position: [String] = []

    @Option(help: "Milliseconds that a command takes; a negative number for ever.")
    var takes = 0

    private static let account = AccountRecord(
        tradingState: .active, dayProfit: Money(cents: -1_250), dayLossLimit: Money(cents: 50_000),
        drawdown: Money(cents: 2_000), drawdownLimit: Money(cents: 100_000))

    func run() throws {
        signal(SIGTERM) { _ in isInterrupted.store(true, ordering: .relaxed) }
        // Whoever starts us from a thread of a pool, where signals are blocked, hands that on.
        var terminate = sigset_t()
        sigemptyset(&terminate)
        sigaddset(&terminate, SIGTERM)
        pthread_sigmask(SIG_UNBLOCK, &terminate, nil)
        let holdings = position.map { $0.split(separator: "=").map(String.init) }
        let stages = StageClock()
        let board = ProcessBoard(
            name: name, run: "probe", symbols: holdings.map { $0[0] },
            account: holdings.isEmpty ? nil : Self.account,
            latencies: { stages.latencies() })
        for (cell, holding) in zip(board.instruments, holdings) {
            cell.store(InstrumentRecord(quality: [], position: Int64(holding.last ?? "") ?? 0))
        }
        let mailbox = ControlMailbox(capacity: 64)
        let known = ControlVerb.allCases.filter { verbs.split(separator: ",").contains(Substring($0.name)) }
        let server = try ControlServer(
            stateDirectory: stateDir, key: try KeyStore(stateDirectory: stateDir).key(.control), board: board,
            mailbox: mailbox, verbs: Set(known))
        let metrics = try MetricsServer(port: 0) {
            ProcessMetrics.text(board.current(), resources: .current())
        }
        board.setMetrics(address: metrics.address)
        Terminal.writeOutput("ready \(metrics.address)\n")
        work(board, mailbox, stages)
        server.stop()
        metrics.stop()
    }

    /// The data thread: counts, measures itself, and does as it is told.
    private func work(_ board: ProcessBoard, _ mailbox: ControlMailbox, _ stages: StageClock) {
        let parent = getppid()
        var record = ProgressRecord(state: .running)
        var pending: [(command: ControlCommand, due: Nanoseconds)] = []
        while !isInterrupted.load(ordering: .relaxed), getppid() == parent {
            let start = MonotonicClock.now()
            record.sequence += 1
            record.records += 1
            board.status.store(record)
            while let command = mailbox.pop() {
                Terminal.writeOutput(
                    "\(command.verb.name) \(command.id.hexadecimal) \(command.arguments.reason ?? "-")\n")
                let due = takes < 0 ? Nanoseconds(.max) : start + .milliseconds(Int64(takes))
                command.report(AnswerDetails(message: "begun"))
                pending.append((command, due))
            }
            for entry in pending where entry.due <= MonotonicClock.now() { finish(entry.command, board) }
            pending.removeAll { $0.due <= MonotonicClock.now() && $0.command.currentAnswer().outcome.isTerminal }
            stages.record(.takenToComputed, MonotonicClock.now() - start)
            usleep(1_000)
        }
    }

    private func finish(_ command: ControlCommand, _ board: ProcessBoard) {
        let state: TradingState = command.verb == .resume ? .active : .reducing
        if var account = board.account?.load() {
            account.tradingState = state
            board.account?.store(account)
        }
        command.finish(.done, AnswerDetails(tradingState: state.name))
    }
}
