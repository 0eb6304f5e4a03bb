import Determinism
import Units

/// What the account may do.
@frozen public enum TradingState: UInt8, Hashable, BitwiseCopyable, Sendable, CaseIterable {
    /// Everything that passes the checks.
    case active = 1
    /// Only what shrinks the position.
    case reducing = 2
    /// Nothing new of any kind but closing; needs an operator.
    case halted = 3
    /// Everything is being cancelled and closed.
    case flattening = 4
    /// Flat, and stays so until armed.
    case locked = 5

    public var name: String {
        switch self {
        case .active: "ACTIVE"
        case .reducing: "REDUCING"
        case .halted: "HALTED"
        case .flattening: "FLATTENING"
        case .locked: "LOCKED"
        }
    }
}

/// Why the trading state changed. The codes are stable.
@frozen public enum StateReason: UInt8, Hashable, BitwiseCopyable, Sendable, CaseIterable {
    case operatorRequest = 1
    case dailyLoss = 2
    case trailingDrawdown = 3
    case flatByTime = 4
    /// A position without a valid mark: an alarm.
    case noValidMark = 5
    case markReturned = 6
    case stopRejected = 7
    case stopNotAcknowledged = 8
    /// A protective order ended without closing what it protected.
    case stopLost = 9
    /// The venue said something that cannot be.
    case venueContradiction = 10
    /// Proven flat.
    case flat = 11
    case armed = 12
    /// A fill of an order that had ended.
    case lateFill = 30
    /// The venue holds another position than the fills say.
    case reconciliation = 31
    /// The other gateway says nothing any more.
    case peerSilent = 13
    case peerHeard = 14
    /// The feed is behind the present, or estimators have not seen enough.
    case warming = 15
    case warmed = 16
    /// A rule of the funded account's programme was broken.
    case ruleBreach = 17
    /// A broker's venue begins so.
    case start = 18
    /// A book's own stop, target, time or close, where books net.
    case bookStop = 19
    /// The account is worth less than what its position ties up.
    case maintenanceMargin = 20
    /// Another contract is traded from the next session on, or already and the one before it is still held.
    case contractRolls = 21

    /// A limit of promise 7: the lock holds until the next trade date and an arm.
    @inlinable public var isLimitBreach: Bool {
        switch self {
        case .dailyLoss, .trailingDrawdown, .flatByTime, .ruleBreach: true
        default: false
        }
    }

    public init?(name: String) {
        guard let found = Self.allCases.first(where: { $0.name == name }) else { return nil }
        self = found
    }

    public var name: String {
        switch self {
        case .operatorRequest: "operator"
        case .dailyLoss: "daily_loss"
        case .trailingDrawdown: "trailing_drawdown"
        case .flatByTime: "flat_by"
        case .noValidMark: "no_valid_mark"
        case .markReturned: "mark_returned"
        case .stopRejected: "stop_rejected"
        case .stopNotAcknowledged: "stop_not_acknowledged"
        case .stopLost: "stop_lost"
        case .venueContradiction: "venue_contradiction"
        case .flat: "flat"
        case .armed: "armed"
        case .lateFill: "late_fill"
        case .reconciliation: "reconciliation"
        case .peerSilent: "peer_silent"
        case .peerHeard: "peer_heard"
        case .warming: "warming"
        case .warmed: "warmed"
        case .ruleBreach: "rule_breach"
        case .start: "start"
        case .bookStop: "book_stop"
        case .maintenanceMargin: "maintenance_margin"
        case .contractRolls: "contract_rolls"
        }
    }
}

/// One audited change of the trading state, of the account or of one strategy.
@frozen public struct StateChange: Hashable, BitwiseCopyable, Sendable {
    public var sequence: UInt64
    public var time: Timestamp
    public var from: TradingState
    public var to: TradingState
    public var reason: StateReason
    /// Whose state: the account's, or that of one strategy alone, which is `active`, `reducing` or `locked`.
    public var scope: StrategyID
    /// Number of the operator's command that led to it, whose line in the audit log says who and why; 0 for none.
    public var command: UInt64

    public init(
        sequence: UInt64, time: Timestamp, from: TradingState, to: TradingState, reason: StateReason,
        scope: StrategyID = .account, command: UInt64 = 0
    ) {
        self.sequence = sequence
        self.time = time
        self.from = from
        self.to = to
        self.reason = reason
        self.scope = scope
        self.command = command
    }
}

extension StateChange: BoundedElement {
    public static let blank = StateChange(sequence: 0, time: .undefined, from: .active, to: .active, reason: .armed)

    public mutating func persist(_ archive: inout StateArchive) throws(StateArchive.Failure) {
        try archive.field(&sequence)
        try archive.field(&time)
        try archive.code(&from)
        try archive.code(&to)
        try archive.code(&reason)
        try archive.field(&scope)
        try archive.field(&command)
    }
}

extension StateChange: CanonicalBytes {
    public static let byteCount = 28

    /// ```
    ///  0          8      16     17   18       19      20        28
    ///  | sequence | time | from | to | reason | scope | command |
    /// ```
    /// `sequence`, `command` UInt64, `time` UInt64 ns, the rest UInt8.
    public func write(into writer: inout CanonicalWriter) {
        writer.put(sequence)
        writer.put(time.nanoseconds)
        writer.put(from.rawValue)
        writer.put(to.rawValue)
        writer.put(reason.rawValue)
        writer.put(scope.rawValue)
        writer.put(command)
    }
}
