import MarketCalendar
import Orders
import Units

/// Contracts that may be held from a balance on.
@frozen public struct ContractTier: Hashable, BitwiseCopyable, Sendable {
    /// At least this.
    public var balance: Money
    /// Long or short, at most.
    public var contracts: Quantity

    public init(balance: Money, contracts: Quantity) {
        self.balance = balance
        self.contracts = contracts
    }
}

/// The largest fall from a high that a programme allows.
@frozen public struct TrailingRule: Hashable, BitwiseCopyable, Sendable {
    /// What raises the high.
    public enum High: UInt8, Hashable, BitwiseCopyable, Sendable, CaseIterable {
        /// Equity at every moment, open profit included.
        case intraday = 1
        /// The balance at the end of each day.
        case endOfDay = 2
    }

    /// The floor is the high less this.
    public var amount: Money
    public var high: High
    /// The floor rises no further than the starting balance plus this; nil for ever.
    public var lock: Money?

    public init(amount: Money, high: High, lock: Money? = nil) {
        self.amount = amount
        self.high = high
        self.lock = lock
    }
}

/// The rules of a funded-account programme, as configuration: what its terms say. A rule that it has not is nil.
public struct RulePack: Equatable, Sendable {
    public var startingBalance: Money
    /// Loss since the day began, open profit included, at which the rule is broken.
    public var dailyLoss: Money?
    public var trailing: TrailingRule?
    /// By rising balance; the first holds below its balance as well, and no tier at all allows any number.
    public var tiers: [ContractTier]
    /// No position from here to the end of the session.
    public var flatBy: TimeOfDay?

    public init(
        startingBalance: Money, dailyLoss: Money? = nil, trailing: TrailingRule? = nil, tiers: [ContractTier] = [],
        flatBy: TimeOfDay? = nil
    ) {
        self.startingBalance = startingBalance
        self.dailyLoss = dailyLoss
        self.trailing = trailing
        self.tiers = tiers
        self.flatBy = flatBy
    }

    /// What makes no sense, by the name of the key; nil when all is well.
    public var problem: String? {
        if startingBalance <= .zero { return "startingBalance" }
        if let dailyLoss, dailyLoss <= .zero { return "dailyLoss" }
        if let trailing, trailing.amount <= .zero { return "trailing.amount" }
        for (index, tier) in tiers.enumerated() {
            if tier.contracts < .zero { return "tiers.contracts" }
            if index > 0, tier.balance <= tiers[index - 1].balance { return "tiers.balance" }
        }
        return nil
    }

    /// The contracts that a balance allows; nil for any number. A programme that begins at the balance of its first
    /// tier does not stop at the first commission: what ends it is its drawdown.
    public func cap(at balance: Money) -> Quantity? {
        (tiers.last { balance >= $0.balance } ?? tiers.first)?.contracts
    }

    /// The instant of `flatBy` in a session, `undefined` without the rule. On an early close, and on a trade date
    /// without regular hours, when the futures halt if that is sooner: 13:00 ET, on a Good Friday 09:15.
    public func flatBy(in session: SessionTimes, _ calendar: TradingCalendar) -> Timestamp {
        guard let flatBy else { return .undefined }
        let instant = calendar.instant(flatBy, on: session.tradeDate)
        return calendar.earlyHalt(in: session).map { min(instant, $0) } ?? instant
    }
}
