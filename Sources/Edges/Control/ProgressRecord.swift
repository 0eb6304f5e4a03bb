import Orders
import Units

/// What a process is doing. The numbers are those of the status record.
public enum ProcessState: UInt8, BitwiseCopyable, Sendable, CaseIterable {
    /// Not ready: loading, resuming, connecting.
    case starting = 1
    /// Ready.
    case running = 2
    /// Ready; its input is at an end or interrupted.
    case waiting = 3
    /// On its way out.
    case stopping = 4
    /// Cannot do its work; it says why in its log.
    case failed = 5

    public var name: String { "\(self)" }
}

/// What the data thread of any process last said of itself: plain numbers, stored with one call and no allocation.
public struct ProgressRecord: BitwiseCopyable, Sendable {
    public var state: ProcessState
    /// Last ring sequence number that is done, or the process's own count of inputs when it reads no ring.
    public var sequence: UInt64
    /// Receive time (`ts_recv`) of the last record that is done; `undefined` before the first.
    public var inputTime: Timestamp
    /// How far behind the newest known input the process is; zero when it has done everything.
    public var lag: Nanoseconds
    /// Inputs done since start.
    public var records: UInt64
    /// Holes that a live feed has told, of its ingest; and records that the ring had lost and the tape gave.
    public var gaps: UInt64
    public var recordsLost: UInt64
    /// Of the paper venue: answers and refusals that were thrown away because nobody took what came before them.
    public var dropped: UInt64
    /// What the process made: signals of the engine, verdicts of risk, orders of execution, fills of paper.
    public var produced: UInt64

    public init(
        state: ProcessState = .starting, sequence: UInt64 = 0, inputTime: Timestamp = .undefined,
        lag: Nanoseconds = .zero, records: UInt64 = 0, gaps: UInt64 = 0, recordsLost: UInt64 = 0, dropped: UInt64 = 0,
        produced: UInt64 = 0
    ) {
        self.state = state
        self.sequence = sequence
        self.inputTime = inputTime
        self.lag = lag
        self.records = records
        self.gaps = gaps
        self.recordsLost = recordsLost
        self.dropped = dropped
        self.produced = produced
    }
}

/// What the data thread last said of one instrument.
public struct InstrumentRecord: BitwiseCopyable, Sendable {
    public var quality: DataQuality
    /// Event time to which its book is known to stand; `undefined` before the first.
    public var lastEvent: Timestamp
    /// Contracts held, below zero when sold, as far as the process knows; nil where it does not, or asks nobody.
    public var position: Int64?

    public init(
        quality: DataQuality = .noBook, lastEvent: Timestamp = .undefined, position: Int64? = nil
    ) {
        self.quality = quality
        self.lastEvent = lastEvent
        self.position = position
    }
}

/// What the data thread of a process with an account last said of it.
public struct AccountRecord: BitwiseCopyable, Sendable {
    public var tradingState: TradingState
    /// Profit and loss of the trade date, positions marked at the side they would exit at.
    public var dayProfit: Money
    /// Limits, and how much of them is used. A limit of zero is not set.
    public var dayLossLimit: Money
    public var drawdown: Money
    public var drawdownLimit: Money
    public var workingOrders: UInt32
    /// Where strategies have books: what was ordered by hand, and what the level policy holds, in signed contracts.
    public var keepsBooks = false
    public var manualBook: Int64 = 0
    public var levelBook: Int64 = 0
    /// Where there are two accounts at the venue: what the long one and the short one hold, in signed contracts.
    public var hasTwoAccounts = false
    public var longAccount: Int64 = 0
    public var shortAccount: Int64 = 0
    /// Why the account is FLATTENING or LOCKED, the trade date of that as year, month and day in one number (0 before
    /// the first session), and whether no arm takes the lock off before the next one; nil in other states.
    public var lockReason: StateReason?
    public var lockDate: Int32 = 0
    public var isLockedByLimit = false
    /// The programme's floor was broken: no arm takes the lock off in this run.
    public var isProgrammeOver = false
    /// How the level policy stands, and of what trade date the loss is that has locked it: until the next one, or only
    /// until an arm.
    public var levelState = TradingState.active
    public var levelLockDate: Int32 = 0
    public var isLevelHeld = false

    public init(
        tradingState: TradingState, dayProfit: Money = .zero, dayLossLimit: Money = .zero, drawdown: Money = .zero,
        drawdownLimit: Money = .zero, workingOrders: UInt32 = 0
    ) {
        self.tradingState = tradingState
        self.dayProfit = dayProfit
        self.dayLossLimit = dayLossLimit
        self.drawdown = drawdown
        self.drawdownLimit = drawdownLimit
        self.workingOrders = workingOrders
    }
}

/// Where the data thread leaves its status: one store, no lock, no allocation.
public typealias StatusCell = SequenceLockCell<ProgressRecord>
public typealias InstrumentCell = SequenceLockCell<InstrumentRecord>
public typealias AccountCell = SequenceLockCell<AccountRecord>
