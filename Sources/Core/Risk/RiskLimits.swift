import Orders
import Units

/// The limits of one account. A value at its limit passes where it says "at most", and bites where it says "at".
@frozen public struct RiskLimits: Hashable, BitwiseCopyable, Sendable {
    /// Contracts of one order, at most.
    public var orderQuantity = Quantity(5)
    /// Contracts long or short, at most, were everything working to fill.
    public var position = Quantity(10)
    /// Loss since 18:00 ET, open profit and fees included, at which the account is flattened.
    public var dailyLoss = Money(cents: 50_000)
    /// Fall from the highest equity since the start or the last arm at which the account is flattened.
    public var trailingDrawdown = Money(cents: 100_000)
    /// Age of the traded contract's book up to which a position may be opened.
    public var marketDataAge = Nanoseconds.seconds(5)
    /// Time without a valid mark at which a position means REDUCING.
    public var markReducing = Nanoseconds.seconds(5)
    /// And at which it is flattened.
    public var markFlatten = Nanoseconds.seconds(30)
    /// How long after the day's flat-by time a strategy's position may still be on its way out.
    public var flatByGrace = Nanoseconds.seconds(5)

    public init() {}

    /// What makes no sense, by the name of the key; nil when all is well.
    public var problem: String? {
        if orderQuantity.contracts < 1 { return "orderQuantity" }
        if position.contracts < 1 || position.contracts > TradingLimits.positionContracts { return "position" }
        if dailyLoss <= .zero { return "dailyLoss" }
        if trailingDrawdown <= .zero { return "trailingDrawdown" }
        if marketDataAge <= .zero { return "marketDataAge" }
        if markReducing <= .zero { return "markReducing" }
        if markFlatten < markReducing { return "markFlatten" }
        if flatByGrace < .zero { return "flatByGrace" }
        return nil
    }
}
