import Orders
import Units

/// How many of a kind in any second and in any minute of event time, at most; zero is no limit.
@frozen public struct RateLimit: Hashable, BitwiseCopyable, Sendable {
    /// Of either.
    public static let most = 1_024

    public var perSecond: Int
    public var perMinute: Int

    public init(perSecond: Int = 0, perMinute: Int = 0) {
        self.perSecond = perSecond
        self.perMinute = perMinute
    }

    var isSane: Bool { (0...Self.most).contains(perSecond) && (0...Self.most).contains(perMinute) }
}

/// The limits of one account. A value at its limit passes where it says "at most", and bites where it says "at". What
/// may be zero is without limit then.
@frozen public struct RiskLimits: Hashable, BitwiseCopyable, Sendable {
    /// Contracts of one order, at most.
    public var orderQuantity = Quantity(5)
    /// Contracts long or short, at most, were everything working to fill.
    public var position = Quantity(10)
    /// Opening orders that work at once, at most.
    public var openOrders = TradingLimits.openingOrders
    /// What the largest position would be worth, at most; may be zero.
    public var notional = Money.zero
    /// Ticks that a limit or a trigger may lie outside the best bid and ask, at most; may be zero.
    public var collar = Ticks.zero
    /// Opening orders, modifications and single cancels.
    public var orderRate = RateLimit()
    public var modifyRate = RateLimit()
    public var cancelRate = RateLimit()
    /// Opening orders approved since 18:00 ET, at most; may be zero.
    public var tradesPerDay = 0
    /// What the account began with, profit since not counted. Margin and sizing look at it.
    public var balance = Money.zero
    /// Value at risk of one session, from the sessions closed before, at most; may be zero.
    public var valueAtRisk = Money.zero
    /// Loss since 18:00 ET, open profit and fees included, at which the account is flattened.
    public var dailyLoss = Money(cents: 50_000)
    /// Fall from the highest equity at which the account is flattened: since the start, or since the date after a
    /// limit's lock.
    public var trailingDrawdown = Money(cents: 100_000)
    /// Age of the traded contract's book up to which a position may be opened.
    public var marketDataAge = Nanoseconds.seconds(5)
    /// Time without a valid mark at which a position means REDUCING.
    public var markReducing = Nanoseconds.seconds(5)
    /// And at which it is flattened.
    public var markFlatten = Nanoseconds.seconds(30)
    /// How long after the day's flat-by time a strategy's position may still be on its way out.
    public var flatByGrace = Nanoseconds.seconds(5)
    /// How long before the end of the last session in which a contract is traded everything is closed.
    public var rollFlat = Nanoseconds.seconds(300)

    public init() {}

    /// What makes no sense, by the name of the key; nil when all is well.
    public var problem: String? {
        if orderQuantity.contracts < 1 { return "orderQuantity" }
        if position.contracts < 1 || position.contracts > TradingLimits.positionContracts { return "position" }
        if openOrders < 1 || openOrders > TradingLimits.openingOrders { return "openOrders" }
        if notional < .zero { return "notional" }
        if collar < .zero { return "collar" }
        if !orderRate.isSane { return "orderRate" }
        if !modifyRate.isSane { return "modifyRate" }
        if !cancelRate.isSane { return "cancelRate" }
        if tradesPerDay < 0 { return "tradesPerDay" }
        if balance < .zero { return "balance" }
        if valueAtRisk < .zero { return "valueAtRisk" }
        return monitorProblem
    }

    private var monitorProblem: String? {
        if dailyLoss <= .zero { return "dailyLoss" }
        if trailingDrawdown <= .zero { return "trailingDrawdown" }
        if marketDataAge <= .zero { return "marketDataAge" }
        if markReducing <= .zero { return "markReducing" }
        if markFlatten < markReducing { return "markFlatten" }
        if flatByGrace < .zero { return "flatByGrace" }
        if rollFlat <= .zero { return "rollFlat" }
        return nil
    }
}
