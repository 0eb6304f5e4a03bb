import Features
import MarketCalendar
import MarketData

/// What a live feed says of itself.
public enum FeedCondition: UInt8, Sendable {
    /// Records of the present come.
    case live
    /// The books are of the present; other records of the past still come.
    case catchingUp
    /// Books of the past come.
    case replaying
    /// Books of the present come, too late to be so now.
    case late
    /// None come.
    case lost

    /// Whether what the books say is so now.
    public var hasPresentBooks: Bool { self == .live || self == .catchingUp }
}

/// What the market fold tells whoever runs it, besides the leading contract's groups and seconds.
public protocol MarketSink: FeatureSink, ~Copyable {
    /// A group of the traded contract's own book closed.
    mutating func tradedGroup(_ book: borrowing ContractBook)
    /// The contract whose book fills the orders has this status: a status record said so, or another contract is
    /// traded.
    mutating func tradedStatus(_ status: TradingStatus, time: UInt64, clock: UInt64)
    /// The same of the contract that led before the present one: groups of its own traded book (`followedGroup` where
    /// its own book filled the orders), and its status.
    mutating func formerGroup(_ book: borrowing ContractBook)
    mutating func formerStatus(_ status: TradingStatus, time: UInt64, clock: UInt64)
    /// A session began, and with it perhaps the lead of another contract; comes before its first group.
    mutating func sessionBegan(_ session: SessionTimes, leader: Int)
    /// A live feed fell behind the present, or has caught up with it.
    mutating func feedChanged(_ feed: FeedCondition)
    /// Records are missing of the contract whose book fills the orders while the present one leads, of the one whose
    /// book did before, or of both: a book is none until its next group.
    mutating func tradedRecordsLost(isLeaders: Bool, isFormers: Bool)
    /// The option chain was refreshed at `time` (ns), with what was received up to it, when the record at `sequence`
    /// came: it has members, or has lost its last. The strikes are those near it too, without members.
    mutating func chainRefreshed(
        _ strikes: UnsafeBufferPointer<OptionStrike>, at time: UInt64, sequence: UInt64,
        leader: borrowing ContractEngine)
}

extension MarketSink where Self: ~Copyable {
    public mutating func formerGroup(_ book: borrowing ContractBook) {}
    public mutating func formerStatus(_ status: TradingStatus, time: UInt64, clock: UInt64) {}
    public mutating func feedChanged(_ feed: FeedCondition) {}
    public mutating func tradedRecordsLost(isLeaders: Bool, isFormers: Bool) {}
    public mutating func chainRefreshed(
        _ strikes: UnsafeBufferPointer<OptionStrike>, at time: UInt64, sequence: UInt64,
        leader: borrowing ContractEngine
    ) {}
}
