import Accounts
import Execution
import MarketCalendar
import Orders
import PaperVenue
import Risk
import Signals
import Units

/// What the trading folds of one run are configured with.
public struct TradingConfiguration: Sendable {
    /// False: signals are computed, nothing is traded.
    public var tradesSignals = true
    public var signals = LevelSignalConfiguration()
    public var policy = LevelPolicyConfiguration()
    public var window: TradingWindowRule
    public var limits = RiskLimits()
    public var rules = RiskRules()
    /// How large an entry of the policy is; nil for `policy.quantity`.
    public var sizing: PositionSizing?
    public var range = RangeConfiguration()
    /// Message time for which an approval is good.
    public var approvalLife = Nanoseconds.seconds(2)
    public var execution: ExecutionConfiguration
    public var venue: PaperVenueConfiguration

    /// Books are held by two accounts at the venue: what is long by the first, what is short by the second.
    public var hasTwoAccounts: Bool { rules.hasTwoAccounts }

    /// Of the identities of one run's orders: later at every start that may have lost some.
    public var orderEpoch: UInt16 = 1

    public init(window: TradingWindowRule, execution: ExecutionConfiguration, venue: PaperVenueConfiguration) {
        self.window = window
        self.execution = execution
        self.venue = venue
    }
}

/// What a run puts out, in the order in which it happened: what is digested, journaled and audited.
public protocol TradingOutput: ~Copyable {
    /// A group of the leading contract closed; its vector is current.
    mutating func vector(_ values: UnsafeBufferPointer<Double>, time: UInt64)
    /// A second of event time ended with this vector.
    mutating func secondVector(_ values: UnsafeBufferPointer<Double>, time: UInt64)
    /// A level was decided; the vector is the one it was decided on.
    mutating func signal(_ signal: Signal, vector: UnsafeBufferPointer<Double>)
    mutating func verdict(_ verdict: VerdictRecord)
    mutating func update(_ update: OrderUpdate)
    mutating func fill(_ fill: Fill)
    mutating func change(_ change: StateChange)
    mutating func notice(_ notice: ExecutionNotice)
    /// A session began; `symbol` is the contract that orders are for.
    mutating func session(_ session: SessionTimes, leader: Int)
}
