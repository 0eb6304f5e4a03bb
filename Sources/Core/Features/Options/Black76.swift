import Determinism

/// The price of a European option on a forward (Black 1976), and how it moves (FEATURES C.7).
public struct Black76: BitwiseCopyable, Sendable {
    /// Futures per option.
    public let delta: Double
    /// Delta per point.
    public let gamma: Double
    /// Points per point of volatility (0.01).
    public let vega: Double
    /// Delta per point of volatility.
    public let vanna: Double
    /// Delta per calendar day.
    public let charm: Double

    private let terms: Terms
    private let volatility: Double
    private let d2: Double
    /// N(±d1), and φ(d1) discounted.
    private let probability: Double
    private let density: Double

    /// What an option's price depends on besides volatility, and what is made of it once.
    struct Terms: BitwiseCopyable {
        let isCall: Bool
        /// And `strike` in points, positive.
        let forward: Double
        let strike: Double
        /// To expiration, of 365 days.
        let years: Double
        /// √T.
        let root: Double
        /// Continuously compounded, per year.
        let rate: Double
        /// e^(−rT).
        let discount: Double
        /// ln(F/K).
        let moneyness: Double

        init(
            isCall: Bool, forward: Double, strike: Double, years: Double, root: Double, rate: Double, discount: Double
        ) {
            self.isCall = isCall
            self.forward = forward
            self.strike = strike
            self.years = years
            self.root = root
            self.rate = rate
            self.discount = discount
            moneyness = DeterministicMath.log(forward / strike)
        }

        init(isCall: Bool, forward: Double, strike: Double, years: Double, rate: Double) {
            self.init(
                isCall: isCall, forward: forward, strike: strike, years: years, root: years.squareRoot(), rate: rate,
                discount: DeterministicMath.exp(-rate * years))
        }

        /// +1 call, −1 put.
        var sign: Double { isCall ? 1 : -1 }
    }

    /// - Parameters:
    ///   - forward: and `strike` in points, positive.
    ///   - years: to expiration, of 365 days.
    ///   - rate: continuously compounded, per year.
    ///   - volatility: per √year, 0.15 for 15 %.
    public init(
        isCall: Bool, forward: Double, strike: Double, years: Double, rate: Double, volatility: Double
    ) {
        self.init(
            Terms(isCall: isCall, forward: forward, strike: strike, years: years, rate: rate), volatility: volatility)
    }

    init(_ terms: Terms, volatility: Double) {
        self.terms = terms
        self.volatility = volatility
        let deviation = volatility * terms.root
        let d1 = terms.moneyness / deviation + deviation * 0.5
        d2 = d1 - deviation
        probability = Normal.cumulative(terms.sign * d1)
        density = terms.discount * Normal.density(d1)
        delta = terms.sign * terms.discount * probability
        gamma = density / (terms.forward * deviation)
        vega = terms.forward * density * terms.root / 100
        vanna = -density * d2 / volatility / 100
        charm = (terms.rate * delta + density * d2 / (2 * terms.years)) / 365
    }

    // Not kept: the chain is valued at every second, and nothing in it reads these two.

    /// Points.
    public var price: Double {
        let exercised = Normal.cumulative(terms.sign * d2)
        return terms.sign * terms.discount * (terms.forward * probability - terms.strike * exercised)
    }

    /// Points per calendar day.
    public var theta: Double {
        (terms.rate * price - terms.forward * density * volatility / (2 * terms.root)) / 365
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
