import Configuration
import Control
import Foundation
import LiveFeed
import Observability
import Orders
import Pipeline
import Platform
import Risk
import Synchronization
import Units

/// What a process shows of itself and what is asked of it: its status board, its mailbox, the wish that it ends.
final class ProcessDesk: Sendable {
    let board: ProcessBoard
    let mailbox = ControlMailbox(capacity: 64)
    /// How long the stages of the process take.
    let stages: StageClock
    private let server: ControlServer
    private let metrics: MetricsServer
    private let writer = Mutex<StatusWriter?>(nil)
    /// Which contract the board shows.
    private let shownContract = Atomic<UInt64>(.max)
    /// The trading state that was told last, in the higher byte, and why it is closed; 0 for none.
    private let toldState = Atomic<UInt16>(0)
    private let toldLevel = Atomic<UInt8>(TradingState.active.rawValue)
    private let firstRecord = Atomic<UInt64>(.max)

    /// Registers the process in the state directory and answers its control socket from here on.
    ///
    /// - Parameters:
    ///   - verbs: the commands it handles, beside `status` and `stop`.
    ///   - stages: where the process's own parts are timed.
    init(
        _ role: ProcessRole, _ site: RunSite, symbols: [String] = [], account: AccountRecord? = nil,
        verbs: Set<ControlVerb> = [], stages: StageClock = StageClock()
    ) throws {
        self.stages = stages
        let board = ProcessBoard(
            name: role.rawValue, run: site.name, symbols: symbols, account: account,
            latencies: { stages.latencies() })
        self.board = board
        let firstPort = try site.configuration().metrics.firstPort
        metrics = try Self.serveMetrics(of: board, port: firstPort.map { role.port(from: $0) })
        board.setMetrics(address: metrics.address)
        let key = try KeyStore(stateDirectory: site.stateDirectory).key(.control)
        server = try ControlServer(
            stateDirectory: site.stateDirectory, key: key, board: board, mailbox: mailbox, verbs: verbs.union([.stop])
        ) { command in
            if command.verb == .stop {
                StopSignal.raise()
                command.finish(.done)
            }
        }
    }

    /// On that port, or on any when somebody has it: no process is kept down by who looks at it.
    private static func serveMetrics(of board: ProcessBoard, port: UInt16?) throws -> MetricsServer {
        func serve(_ port: UInt16) throws(SystemCallError) -> MetricsServer {
            try MetricsServer(port: port) { ProcessMetrics.text(board.current(), resources: .current()) }
        }
        guard let port else { return try serve(0) }
        do { return try serve(port) } catch {
            let server = try serve(0)
            Terminal.writeError("levelhead: metrics are at \(server.address), for metrics.first_port: \(error)")
            return server
        }
    }

    /// SIGINT or SIGTERM came, or the command to stop.
    var isStopping: Bool { StopSignal.isRaised }

    /// Shows where the process stands.
    ///
    /// - Parameters:
    ///   - position: the number of the next record.
    ///   - clock: receive time of the last one.
    ///   - isDone: its input is over, and everything that follows from it has been taken by its receivers.
    func report(
        position: UInt64, clock: Timestamp, isDone: Bool, recovered: UInt64 = 0, gaps: UInt64 = 0,
        dropped: UInt64 = 0, produced: UInt64 = 0, lag: Nanoseconds = .zero
    ) {
        RunLog.reached(position)
        if firstRecord.load(ordering: .relaxed) == .max {
            firstRecord.store(position, ordering: .relaxed)
            RunLog.note("ready at record \(position)")
        }
        var record = ProgressRecord()
        record.state = isStopping ? .stopping : isDone ? .waiting : .running
        record.sequence = position > 0 ? position - 1 : 0
        record.inputTime = clock
        record.lag = lag
        record.records = position &- firstRecord.load(ordering: .relaxed)
        record.gaps = gaps
        record.recordsLost = recovered
        record.dropped = dropped
        record.produced = produced
        board.status.store(record)
    }

    /// Begins to write the process's status as a text for those who subscribe to it, once a second.
    func writeStatus() throws {
        let board = board
        let begun = try StatusWriter {
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
            return (try? encoder.encode(board.current())).map { String(decoding: $0, as: UTF8.self) }
        }
        writer.withLock { $0 = begun }
    }

    /// What a process answers when it is asked for its status, one JSON object: each time that it is written anew.
    func takeStatusText() -> String? { writer.withLock { $0?.take() } }

    /// Shows which contract is traded, and which is next; `places` says when that has changed.
    func report(contract places: UInt64, _ names: () -> (traded: String, next: String?)) {
        guard shownContract.exchange(places, ordering: .relaxed) != places else { return }
        let names = names()
        board.setContract(names.traded, next: names.next)
        RunLog.note(names.next.map { "nothing opens: \($0) leads" } ?? "traded from here on", about: names.traded)
    }

    /// Shows which contract the signals are of, and what is wrong with its vector.
    func report(signalOf market: borrowing MarketFold, quality: DataQuality) {
        let place = UInt64(market.leader)
        if shownContract.exchange(place, ordering: .relaxed) != place {
            board.setContract(market.leadingSymbol, next: nil)
        }
        board.instruments.first?.store(InstrumentRecord(quality: quality))
    }

    /// Shows what the venue has of the traded contract, its book's quality, and to when that stands.
    func report(held: Quantity, _ quote: MarketQuote) {
        var record = InstrumentRecord(quality: quote.quality, position: held.contracts)
        if quote.time.nanoseconds > 0 { record.lastEvent = quote.time }
        board.instruments.first?.store(record)
    }

    /// Shows the account; the first of the board's symbols is the traded contract's.
    func report(account gate: RiskGate) {
        let drawdown = gate.nearestDrawdown
        var account = AccountRecord(
            tradingState: gate.state, dayProfit: gate.dayProfit, dayLossLimit: gate.dayLossLimit,
            drawdown: drawdown.fall, drawdownLimit: drawdown.limit,
            workingOrders: UInt32(clamping: gate.working.count))
        account.keepsBooks = gate.rules.keepsBooks
        account.manualBook = gate.quantity(of: .account).contracts
        account.levelBook = gate.quantity(of: .level).contracts
        account.hasTwoAccounts = gate.rules.hasTwoAccounts
        account.longAccount = gate.held(long: true).contracts
        account.shortAccount = -gate.held(long: false).contracts
        if gate.state == .flattening || gate.state == .locked {
            account.lockReason = gate.lockReason
            account.lockDate = gate.lockDate
            account.isLockedByLimit = gate.isHeldByLimit
            account.isProgrammeOver = gate.programmeEnd != nil
        }
        let level = gate.strategies[.level]
        account.levelState = level.state
        account.levelLockDate = level.lockDate
        account.isLevelHeld = gate.isHeldByLoss(.level)
        board.account?.store(account)
        tell(gate)
        guard let cell = board.instruments.first else { return }
        var record = InstrumentRecord(quality: gate.bookQuality)
        if gate.mark.bookTime.nanoseconds > 0 { record.lastEvent = gate.mark.bookTime }
        record.position = gate.position.quantity.contracts
        cell.store(record)
    }

    private func tell(_ gate: RiskGate) {
        let level = gate.strategies[.level].state
        if toldLevel.exchange(level.rawValue, ordering: .relaxed) != level.rawValue {
            let why = level == .locked ? ": \(StateReason.dailyLoss.name)" : ""
            RunLog.note("strategy \(StrategyID.level.name) \(level.name)\(why)", about: board.contract)
        }
        let state = gate.state
        let isClosed = state == .flattening || state == .locked
        let told = UInt16(state.rawValue) << 8 | (isClosed ? UInt16(gate.lockReason.rawValue) : 0)
        guard toldState.exchange(told, ordering: .relaxed) != told else { return }
        RunLog.note("trading \(state.name)" + (isClosed ? ": \(gate.lockReason.name)" : ""), about: board.contract)
    }

    /// Shows where a live feed stands (a `FeedState`, or `behind`), and the one of the options' dataset if there is
    /// one.
    func report(feed state: String, options: FeedState?) {
        board.setFeed(state, options: options.map { "\($0)" })
        RunLog.note("feed \(state)" + (options.map { "; options feed \($0)" } ?? ""))
    }

    /// Ends the control side, so that nobody asks what is no longer answered.
    func close() {
        server.stop()
        metrics.stop()
        writer.withLock { $0.take() }?.end()
    }
}
