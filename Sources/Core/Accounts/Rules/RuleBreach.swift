import Determinism
import Orders
import Units

/// The rules of a programme, in order of precedence. The codes are stable.
@frozen public enum ProgrammeRule: UInt8, Hashable, BitwiseCopyable, Sendable, CaseIterable {
    case dailyLoss = 1
    case trailingDrawdown = 2
    case contractCap = 3
    case flatBy = 4

    public var name: String {
        switch self {
        case .dailyLoss: "daily_loss"
        case .trailingDrawdown: "trailing_drawdown"
        case .contractCap: "contract_cap"
        case .flatBy: "flat_by"
        }
    }

    /// The numbers of a breach are money.
    public var isOfMoney: Bool { self == .dailyLoss || self == .trailingDrawdown }

    /// What the numbers of a breach are counted in.
    public var unit: String {
        switch self {
        case .dailyLoss, .trailingDrawdown: "1e-9 USD"
        case .contractCap: "contracts"
        case .flatBy: "ns"
        }
    }
}

/// A rule that was broken: which, when, by how much.
@frozen public struct RuleBreach: Hashable, BitwiseCopyable, Sendable {
    public var rule: ProgrammeRule
    public var time: Timestamp
    public var tradeDate: Int32
    /// What the rule allows and what there was, in the rule's unit: the loss that breaks it and the loss; the floor of
    /// equity and equity; contracts; the instant to be flat by and the instant.
    public var limit, observed: Int64
    /// By how much it is broken, in the rule's unit: zero for a loss of exactly the limit.
    public var excess: Int64

    public init(rule: ProgrammeRule, time: Timestamp, tradeDate: Int32, limit: Int64, observed: Int64, excess: Int64) {
        self.rule = rule
        self.time = time
        self.tradeDate = tradeDate
        self.limit = limit
        self.observed = observed
        self.excess = excess
    }
}

/// What became of one rule since the monitor began.
@frozen public struct RuleRecord: Hashable, BitwiseCopyable, Sendable {
    /// The first time that it was broken, and the time that it was broken by most; meaningful once `count` is not zero.
    public internal(set) var first, worst: RuleBreach
    /// Evaluations at which it was broken.
    public internal(set) var count: UInt64

    init(_ rule: ProgrammeRule) {
        first = RuleBreach(rule: rule, time: .undefined, tradeDate: 0, limit: 0, observed: 0, excess: 0)
        worst = first
        count = 0
    }

    public var rule: ProgrammeRule { first.rule }
    public var isBroken: Bool { count > 0 }

    mutating func add(_ breach: RuleBreach) {
        if count == 0 { first = breach }
        if count == 0 || breach.excess > worst.excess { worst = breach }
        count += 1
    }
}

extension RuleBreach: PersistentState {
    public mutating func persist(_ archive: inout StateArchive) throws(StateArchive.Failure) {
        try archive.code(&rule)
        try archive.field(&time)
        try archive.field(&tradeDate)
        try archive.field(&limit)
        try archive.field(&observed)
        try archive.field(&excess)
    }
}

extension RuleRecord: BoundedElement {
    public static let blank = RuleRecord(.dailyLoss)

    public mutating func persist(_ archive: inout StateArchive) throws(StateArchive.Failure) {
        try first.persist(&archive)
        try worst.persist(&archive)
        try archive.field(&count)
    }
}
