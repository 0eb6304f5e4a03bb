import Glibc
import Orders
import Platform
import Synchronization
import Units

/// The notice board of a process: its data thread writes the cells, its control and metrics threads read them.
///
/// Cells are made once, at the start; the data thread keeps references to those it stores to. Text (what is
/// missing, the metrics address) changes rarely and takes a lock: never from the data thread's per-record path.
public final class ProcessBoard: Sendable {
    private struct Text {
        var noHistory: [String] = []
        var missing: [String] = []
        var metrics: String?
        var feed: String?
        var optionsFeed: String?
        var contract: String?
        var next: String?
        var rate = RateSample()
    }

    public let name: String
    /// Name of the run directory; empty when there is none.
    public let run: String
    public let status: StatusCell
    /// One for each symbol, in the order given.
    public let instruments: [InstrumentCell]
    public let symbols: [String]
    /// Nil in a process without an account.
    public let account: AccountCell?

    private let started = WallClock.now()
    private let latencies: @Sendable () -> [ProcessStatus.Latency]
    private let text = Mutex(Text())
    private let refusals = Mutex<[ControlRefusal: UInt64]>([:])

    /// So that a status always fits into one control message.
    public static let mostSymbols = 128

    /// - Parameters:
    ///   - name: the process's verb: `engine`, `risk`, `execution`, `paper`, `ingest`.
    ///   - account: the first value, in a process that keeps one.
    ///   - latencies: read whenever somebody asks; must not wait for the data thread.
    public init(
        name: String, run: String, symbols: [String] = [], account: AccountRecord? = nil,
        latencies: @escaping @Sendable () -> [ProcessStatus.Latency] = { [] }
    ) {
        precondition(symbols.count <= Self.mostSymbols, "options are one entry together, not one each")
        self.name = name
        self.run = run
        self.symbols = symbols
        self.latencies = latencies
        status = StatusCell(ProgressRecord())
        instruments = symbols.map { _ in InstrumentCell(InstrumentRecord()) }
        self.account = account.map { AccountCell($0) }
    }

    /// What the process cannot do without and does not have, by name. Not for the per-record path.
    public func setMissing(_ names: [String]) { text.withLock { $0.missing = names } }

    /// The columns that lack the past that they need. Not for the per-record path.
    public func setNoHistory(_ columns: [String]) { text.withLock { $0.noHistory = columns } }

    /// Where a live feed stands; nil in a process that has none. Not for the per-record path.
    ///
    /// - Parameter options: of the options' own dataset; nil without one.
    public func setFeed(_ state: String?, options: String? = nil) {
        text.withLock {
            $0.feed = state
            $0.optionsFeed = options
        }
    }

    /// Which contract the first symbol's cell is of from here on, and which is traded once nothing of that one is left;
    /// nil where it is the one that leads. Not for the per-record path.
    public func setContract(_ symbol: String, next: String?) {
        text.withLock {
            $0.contract = symbol
            $0.next = next
        }
    }

    /// The contract that the first symbol's cell is of; nil in a process that has none.
    public var contract: String? { text.withLock { $0.contract } ?? symbols.first }

    public func setMetrics(address: String?) { text.withLock { $0.metrics = address } }

    /// Counts a control message that was not taken.
    func countRefusal(_ reason: ControlRefusal) { refusals.withLock { $0[reason, default: 0] += 1 } }

    /// Control messages that were not taken, by reason.
    public var refusalCounts: [ControlRefusal: UInt64] { refusals.withLock { $0 } }

    /// Measures the rate of records; the control server calls it at least ten times a second.
    func sample() {
        let records = status.load().records
        let now = MonotonicClock.now()
        text.withLock { $0.rate.take(records: records, at: now) }
    }

    /// Everything on the board now.
    public func current() -> ProcessStatus {
        let record = status.load()
        let text = text.withLock { $0 }
        var symbols = symbols
        if let contract = text.contract, !symbols.isEmpty { symbols[0] = contract }
        let cells = zip(symbols, instruments.map { $0.load() })
        let warming = cells.filter { $1.quality.contains(.warming) }.map(\.0)
        return ProcessStatus(
            name: name, pid: getpid(), run: run, state: record.state.name, sequence: record.sequence,
            lagNanoseconds: record.lag.count, inputNanoseconds: record.inputTime.known, records: record.records,
            recordsPerSecond: text.rate.perSecond, gaps: record.gaps, recordsLost: record.recordsLost,
            dropped: record.dropped, produced: record.produced, startedNanoseconds: started.nanoseconds,
            metrics: text.metrics, feed: text.feed, optionsFeed: text.optionsFeed, latencies: latencies(),
            instruments: cells.map { symbol, cell in
                ProcessStatus.Instrument(
                    symbol: symbol, quality: cell.quality.names, lastEventNanoseconds: cell.lastEvent.known,
                    position: account == nil ? cell.position : nil)
            },
            noHistory: text.noHistory, warming: warming, missing: text.missing,
            account: currentAccount(symbols, next: text.next),
            refused: Dictionary(uniqueKeysWithValues: refusalCounts.map { ($0.key.rawValue, $0.value) }))
    }

    private func currentAccount(_ symbols: [String], next: String?) -> ProcessStatus.Account? {
        guard let record = account?.load() else { return nil }
        var position: [String: Int64] = [:]
        for (symbol, cell) in zip(symbols, instruments) {
            if let quantity = cell.load().position, quantity != 0 { position[symbol] = quantity }
        }
        return ProcessStatus.Account(
            tradingState: record.tradingState.name, position: position, dayProfit: "\(record.dayProfit)",
            dayLossLimit: record.dayLossLimit.unlessZero, drawdown: "\(record.drawdown)",
            drawdownLimit: record.drawdownLimit.unlessZero, workingOrders: record.workingOrders,
            books: record.keepsBooks ? ["manual": record.manualBook, "level": record.levelBook] : nil,
            accounts: record.hasTwoAccounts ? ["long": record.longAccount, "short": record.shortAccount] : nil,
            lock: record.lockReason.map { reason in
                ProcessStatus.Lock(
                    reason: reason.name, tradeDate: record.lockDate, isUntilNextTradeDate: record.isLockedByLimit,
                    isProgrammeOver: record.isProgrammeOver ? true : nil)
            },
            strategies: Self.strategies(record), rollsTo: next)
    }

    private static func strategies(_ record: AccountRecord) -> [String: ProcessStatus.Strategy]? {
        if record.levelState == .active { return nil }
        let lock = ProcessStatus.Lock(
            reason: StateReason.dailyLoss.name, tradeDate: record.levelLockDate,
            isUntilNextTradeDate: record.isLevelHeld)
        return [
            StrategyID.level.name: ProcessStatus.Strategy(
                tradingState: record.levelState.name, lock: record.levelState == .locked ? lock : nil)
        ]
    }
}

/// Records a second over the last second or so.
private struct RateSample {
    private static let shortestSpan = Nanoseconds.seconds(1)

    private(set) var perSecond: Double?
    private var since: (records: UInt64, time: Nanoseconds)?

    mutating func take(records: UInt64, at now: Nanoseconds) {
        guard let start = since else {
            since = (records, now)
            return
        }
        let span = now - start.time
        guard span >= Self.shortestSpan else { return }
        perSecond = Double(records &- start.records) / span.seconds
        since = (records, now)
    }
}

extension Timestamp {
    fileprivate var known: UInt64? { isDefined ? nanoseconds : nil }
}

extension Money {
    fileprivate var unlessZero: String? { self == .zero ? nil : "\(self)" }
}
