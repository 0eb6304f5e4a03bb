import Determinism

/// The price of a European option on a forward (Black 1976), and how it moves (FEATURES C.7).
@frozen public struct Black76: BitwiseCopyable, Sendable {
    /// Points.
    public var price: Double
    /// Futures per option.
    public var delta: Double
    /// Delta per point.
    public var gamma: Double
    /// Points per point of volatility (0.01).
    public var vega: Double
    /// Points per calendar day.
    public var theta: Double
    /// Delta per point of volatility.
    public var vanna: Double
    /// Delta per calendar day.
    public var charm: Double

    /// - Parameters:
    ///   - forward: and `strike` in points, positive.
    ///   - years: to expiration, of 365 days.
    ///   - rate: continuously compounded, per year.
    ///   - volatility: per √year, 0.15 for 15 %.
    public init(
        isCall: Bool, forward: Double, strike: Double, years: Double, rate: Double, volatility: Double
    ) {
        let root = years.squareRoot()
        let deviation = volatility * root
        let d1 = DeterministicMath.log(forward / strike) / deviation + deviation * 0.5
        let d2 = d1 - deviation
        let discount = DeterministicMath.exp(-rate * years)
        let sign = isCall ? 1.0 : -1.0
        let probability = Normal.cumulative(sign * d1)
        let density = discount * Normal.density(d1)
        price = sign * discount * (forward * probability - strike * Normal.cumulative(sign * d2))
        delta = sign * discount * probability
        gamma = density / (forward * deviation)
        vega = forward * density * root / 100
        theta = (rate * price - forward * density * volatility / (2 * root)) / 365
        vanna = -density * d2 / volatility / 100
        charm = (rate * delta + density * d2 / (2 * years)) / 365
    }
}

/// The standard normal distribution.
public enum Normal {
    private static let inverseRoot2Pi = 0.398942280401432677939946059934381868

    /// φ(x).
    public static func density(_ x: Double) -> Double { DeterministicMath.exp(-0.5 * x * x) * inverseRoot2Pi }

    /// N(x), with full relative precision in the lower tail.
    public static func cumulative(_ x: Double) -> Double {
        DeterministicMath.erfc(x * -0.707106781186547524400844362104849039) * 0.5
    }
}
