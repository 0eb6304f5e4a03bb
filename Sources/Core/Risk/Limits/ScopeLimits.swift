import Accounts
import Orders
import Units

/// Limits of one strategy or of one instrument, beside the account's: the tightest counts. Zero is no limit of its own.
@frozen public struct ScopeLimits: Hashable, BitwiseCopyable, Sendable {
    public static let none = ScopeLimits()

    /// Contracts of one order, at most.
    public var orderQuantity = Quantity.zero
    /// Contracts long or short, at most, were everything of the scope to fill.
    public var position = Quantity.zero
    /// Opening orders of the scope that work at once, at most.
    public var openOrders = 0
    /// What the scope's largest position would be worth, at most.
    public var notional = Money.zero
    /// Opening orders approved since 18:00 ET, at most.
    public var tradesPerDay = 0
    /// Loss of the scope since 18:00 ET at which a strategy is locked and its position closed.
    public var dailyLoss = Money.zero

    public init() {}

    /// What makes no sense, by the name of the key; nil when all is well.
    public var problem: String? {
        if orderQuantity < .zero { return "orderQuantity" }
        if position < .zero { return "position" }
        if openOrders < 0 { return "openOrders" }
        if notional < .zero { return "notional" }
        if tradesPerDay < 0 { return "tradesPerDay" }
        return dailyLoss < .zero ? "dailyLoss" : nil
    }
}

/// Where orders go.
@frozen public enum VenueKind: UInt8, Hashable, BitwiseCopyable, Sendable, CaseIterable {
    case paper = 1
    /// Real money: begins LOCKED, and opens nothing before an operator has armed the account.
    case broker = 2
}

/// What the account does when the other gateway says nothing any more.
@frozen public enum PeerLoss: UInt8, Hashable, BitwiseCopyable, Sendable, CaseIterable {
    case reducing = 1
    case halted = 2
    case flattening = 3
}

/// What risk is configured with beside the account's limits. Read, never changed, while it runs.
public struct RiskRules: Sendable {
    /// By `StrategyID.rawValue`.
    public private(set) var strategies = [ScopeLimits](repeating: .none, count: StrategyID.capacity)
    /// Of the traded contract.
    public var instrument = ScopeLimits.none
    public var news = NewsCalendar()
    public var venue = VenueKind.paper
    public var peerLoss = PeerLoss.reducing
    /// The traded contract's.
    public var contract = ContractRoot.mes
    /// What contracts tie up of the balance; nil when nobody asks.
    public var margins: MarginTable?
    public var valueAtRisk = ValueAtRiskConfiguration()
    /// How contracts move together, and how many of the index's all of them may come to; zero is no limit. Only looked
    /// at when other contracts than the traded one are held.
    public var exposure = CorrelatedExposure()
    public var exposureLimit = ExactRatio.zero
    /// The rules of a funded account's programme; nil for none.
    public var programme: RulePack?
    /// Books net: one strategy may be long while another is short. Else nothing opens against the account's position.
    /// What is long and what is short is limited apart then, for either side's books may be closed first.
    public var netsBooks = false
    /// Books are held by two accounts at the venue, what is long by one and what is short by the other. Limits are
    /// those of books that net; each account ties up a margin of its own, and leaving both pays the spread.
    public var hasTwoAccounts = false
    /// The execution gateway closes one strategy's position while others have theirs.
    public var closesByStrategy = true

    /// Largest position where strategies have books: as much may be long and as much short.
    public static var mostNetted: Quantity { Quantity(TradingLimits.positionContracts / 2) }

    public init() {}

    /// One strategy may be long while another is short.
    public var keepsBooks: Bool { netsBooks || hasTwoAccounts }

    public subscript(_ strategy: StrategyID) -> ScopeLimits {
        get { strategies[Int(strategy.rawValue)] }
        set { strategies[Int(strategy.rawValue)] = newValue }
    }

    /// A strategy may be locked by its own loss.
    var watchesStrategies: Bool { strategies.contains { $0.dailyLoss > .zero } }

    public var problem: String? {
        for limits in strategies { if let problem = limits.problem { return "strategy.\(problem)" } }
        if let problem = instrument.problem { return "instrument.\(problem)" }
        if let problem = valueAtRisk.problem { return "valueAtRisk.\(problem)" }
        if exposureLimit < .zero { return "exposureLimit" }
        return programme?.problem.map { "programme.\($0)" }
    }
}
