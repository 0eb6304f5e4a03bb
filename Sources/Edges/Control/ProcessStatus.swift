/// What a process says of itself to `levelhead status` and to its metrics: JSON under these names.
public struct ProcessStatus: Codable, Equatable, Sendable {
    public struct Latency: Codable, Equatable, Sendable {
        /// From where to where, such as `receive_to_order`.
        public var stage: String
        public var count: UInt64
        public var sumNanoseconds: UInt64
        /// Pairs whose second clock was before the first: not in the count.
        public var backwards: UInt64
        /// Nanoseconds; nil without a count.
        public var p50: UInt64?
        public var p90: UInt64?
        public var p99: UInt64?
        public var p999: UInt64?
        public var max: UInt64?

        enum CodingKeys: String, CodingKey {
            case stage, count, backwards
            case sumNanoseconds = "sum_ns"
            case p50 = "p50_ns"
            case p90 = "p90_ns"
            case p99 = "p99_ns"
            case p999 = "p999_ns"
            case max = "max_ns"
        }

        public init(
            stage: String, count: UInt64, sumNanoseconds: UInt64, backwards: UInt64, p50: UInt64? = nil,
            p90: UInt64? = nil, p99: UInt64? = nil, p999: UInt64? = nil, max: UInt64? = nil
        ) {
            self.stage = stage
            self.count = count
            self.sumNanoseconds = sumNanoseconds
            self.backwards = backwards
            self.p50 = p50
            self.p90 = p90
            self.p99 = p99
            self.p999 = p999
            self.max = max
        }
    }

    public struct Instrument: Codable, Equatable, Sendable {
        public var symbol: String
        /// Names of `DataQuality`; empty is good.
        public var quality: [String]
        /// Event time to which its book is known to stand; nil before the first.
        public var lastEventNanoseconds: UInt64?
        /// Contracts held as a process without an account of its own knows them, which is the paper venue; else nil.
        public var position: Int64?

        enum CodingKeys: String, CodingKey {
            case symbol, quality, position
            case lastEventNanoseconds = "last_event_ns"
        }
    }

    /// Why an account is FLATTENING or LOCKED.
    public struct Lock: Codable, Equatable, Sendable {
        /// `StateReason.name`, such as `daily_loss`.
        public var reason: String
        /// Year, month and day as one number; 0 before the first session.
        public var tradeDate: Int32
        /// No arm takes it off before the next trade date.
        public var isUntilNextTradeDate: Bool
        /// The funded account's programme is over: no arm takes it off in this run. Nil for false.
        public var isProgrammeOver: Bool?

        enum CodingKeys: String, CodingKey {
            case reason
            case isProgrammeOver = "programme_over"
            case tradeDate = "trade_date"
            case isUntilNextTradeDate = "until_next_trade_date"
        }
    }

    /// A strategy that is not ACTIVE by itself.
    public struct Strategy: Codable, Equatable, Sendable {
        public var tradingState: String
        /// Only when it is LOCKED: by its own loss.
        public var lock: Lock?

        enum CodingKeys: String, CodingKey {
            case lock
            case tradingState = "trading_state"
        }
    }

    public struct Account: Codable, Equatable, Sendable {
        public var tradingState: String
        /// Symbol to signed contracts; only what is not flat.
        public var position: [String: Int64]
        /// Dollars as decimal text. Limits are nil when not set.
        public var dayProfit: String
        public var dayLossLimit: String?
        public var drawdown: String
        public var drawdownLimit: String?
        public var workingOrders: UInt32
        /// Where strategies have books: whose book to signed contracts.
        public var books: [String: Int64]?
        /// Where there are two accounts at the venue: which one to signed contracts.
        public var accounts: [String: Int64]?
        /// Only when it is FLATTENING or LOCKED.
        public var lock: Lock?
        /// Strategies that are not ACTIVE by themselves, by name; nil for none.
        public var strategies: [String: Strategy]?
        /// The contract that leads, and is traded once nothing is held or worked of the one before it.
        public var rollsTo: String?

        enum CodingKeys: String, CodingKey {
            case position, drawdown, books, accounts, lock, strategies
            case rollsTo = "rolls_to"
            case tradingState = "trading_state"
            case dayProfit = "day_pnl_usd"
            case dayLossLimit = "day_loss_limit_usd"
            case drawdownLimit = "drawdown_limit_usd"
            case workingOrders = "working_orders"
        }
    }

    public var name: String
    public var pid: Int32
    /// Name of the run directory; empty when the process has none.
    public var run: String
    public var state: String
    public var sequence: UInt64
    public var lagNanoseconds: Int64
    /// Receive time of the last record that is done; nil before the first.
    public var inputNanoseconds: UInt64?
    public var records: UInt64
    /// Over the last second or so; nil in the first.
    public var recordsPerSecond: Double?
    public var gaps: UInt64
    public var recordsLost: UInt64
    public var dropped: UInt64
    public var produced: UInt64
    /// Wall time of the start.
    public var startedNanoseconds: UInt64
    /// `127.0.0.1:PORT` of its metrics, when it serves any.
    public var metrics: String?
    /// Where a live feed stands (`down`, `connecting`, `authenticating`, `replaying`, `live`, `refused`, `closed`); nil
    /// in a process that has none.
    public var feed: String?
    /// The same of the options, where they have a dataset of their own.
    public var optionsFeed: String?
    public var latencies: [Latency]
    public var instruments: [Instrument]
    /// Columns that lack the past that they need, by name: they are NaN.
    public var noHistory: [String]
    /// Those of the instruments whose book is of a feed that is behind: it is not there yet.
    public var warming: [String]
    /// What the process cannot do without and does not have: `disk space`.
    public var missing: [String]
    /// Only where there is an account: risk, execution, paper.
    public var account: Account?
    /// Control messages that were not taken, by `ControlRefusal`.
    public var refused: [String: UInt64]

    enum CodingKeys: String, CodingKey {
        case name, pid, run, state, sequence, records, gaps, dropped, produced, metrics, feed, latencies, instruments
        case warming, missing, account, refused
        case noHistory = "no_history"
        case optionsFeed = "options_feed"
        case lagNanoseconds = "lag_ns"
        case inputNanoseconds = "input_ns"
        case recordsPerSecond = "records_per_s"
        case recordsLost = "records_lost"
        case startedNanoseconds = "started_ns"
    }
}
