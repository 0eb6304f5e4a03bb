import Determinism
import Orders
import Units

/// How value at risk is estimated.
@frozen public struct ValueAtRiskConfiguration: Hashable, BitwiseCopyable, Sendable {
    /// What the mean profit is taken for in the parametric estimate.
    public enum Mean: UInt8, Hashable, BitwiseCopyable, Sendable, CaseIterable {
        /// None: over a day it is small and known badly.
        case zero = 1
        /// The window's.
        case sample = 2
    }

    /// Intervals that count, the newest.
    public var length = 250
    /// Below so many there is no estimate.
    public var minimum = 20
    /// Probability that the loss stays within.
    public var confidence = ExactRatio(billionths: 950_000_000)
    /// Intervals that the parametric estimate looks ahead.
    public var horizon: Int64 = 1
    public var mean = Mean.zero

    public init() {}

    /// What makes no sense, by the name of the key; nil when all is well.
    public var problem: String? {
        if length < 2 || length > AccountLimits.profitSamples { return "length" }
        if minimum < 2 || minimum > length { return "minimum" }
        if confidence <= ExactRatio(billionths: 500_000_000) || confidence >= .one { return "confidence" }
        return horizon < 1 || horizon > 1_000 ? "horizon" : nil
    }
}

/// Value at risk of an account: the loss that the profit of an interval stays above with a given confidence. A loss is
/// positive, and never below zero. In whole units of 1e-9 dollars, rounded toward the larger loss.
public struct ValueAtRisk: Sendable {
    public let configuration: ValueAtRiskConfiguration
    public private(set) var profits: ProfitWindow
    /// Standard deviations that the confidence stands for, in units of 1e-15.
    public let deviations: Int64

    /// - Precondition: the configuration makes sense (`problem` is nil).
    public init(_ configuration: ValueAtRiskConfiguration = ValueAtRiskConfiguration()) {
        precondition(configuration.problem == nil, "a value at risk that makes sense")
        self.configuration = configuration
        profits = ProfitWindow(length: configuration.length)
        let quantile = Normal.quantile(configuration.confidence.double)
        deviations = Int64((quantile * 1e15).rounded(.up))
    }

    /// Takes in the profit of the interval that ended, fees included.
    public mutating func append(_ profit: Money) { profits.append(profit) }

    /// Minus the (1 − confidence) quantile of the window's profits, of one interval. Nil below the minimum.
    public var historical: Money? {
        let tail = ExactRatio(billionths: 1_000_000_000 - configuration.confidence.billionths)
        guard profits.count >= configuration.minimum, let quantile = profits.quantile(tail) else { return nil }
        return max(.zero, -quantile)
    }

    /// z · σ · √horizon − mean · horizon, σ with divisor n − 1. Nil below the minimum.
    public var parametric: Money? {
        guard profits.count >= configuration.minimum, let variance = profits.variance else { return nil }
        let sigma = Int128(ceilingSquareRoot(variance * UInt128(configuration.horizon)))
        var loss = raised(sigma * Int128(deviations), by: 1_000_000_000_000_000)
        if configuration.mean == .sample {
            loss -= floored(profits.total * Int128(configuration.horizon), by: Int128(profits.count))
        }
        return Money(nanos: Int64(max(0, loss)))
    }

    /// Whether the larger of both estimates is at most the limit; nil while there is none.
    public func isWithin(_ limit: Money) -> Bool? {
        guard let historical, let parametric else { return nil }
        return max(historical, parametric) <= limit
    }
}

extension ValueAtRisk: PersistentState {
    public mutating func persist(_ archive: inout StateArchive) throws(StateArchive.Failure) {
        try archive.marker("value at risk")
        try profits.persist(&archive)
    }
}
