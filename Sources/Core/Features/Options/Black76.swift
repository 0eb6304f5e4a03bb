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
        var moneyness: Double

        init(
            isCall: Bool, forward: Double, strike: Double, years: Double, root: Double, rate: Double, discount: Double,
            moneyness: Double
        ) {
            self.isCall = isCall
            self.forward = forward
            self.strike = strike
            self.years = years
            self.root = root
            self.rate = rate
            self.discount = discount
            self.moneyness = moneyness
        }

        init(isCall: Bool, forward: Double, strike: Double, years: Double, rate: Double) {
            self.init(
                isCall: isCall, forward: forward, strike: strike, years: years, root: years.squareRoot(), rate: rate,
                discount: DeterministicMath.exp(-rate * years), moneyness: DeterministicMath.log(forward / strike))
        }

        /// +1 call, −1 put.
        var sign: Double { isCall ? 1 : -1 }

        @inline(__always) func d1(_ volatility: Double) -> Double {
            let deviation = volatility * root
            return moneyness / deviation + deviation * 0.5
        }
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
        let d1 = terms.d1(volatility)
        self.init(
            terms, volatility: volatility, d1: d1, cumulative: Normal.cumulative(terms.sign * d1),
            density: Normal.density(d1))
    }

    /// - Parameters:
    ///   - d1: as `Terms.d1` gives it; `cumulative` is N(±d1), `density` φ(d1).
    @inline(__always)
    init(_ terms: Terms, volatility: Double, d1: Double, cumulative: Double, density normal: Double) {
        self.terms = terms
        self.volatility = volatility
        let deviation = volatility * terms.root
        d2 = d1 - deviation
        probability = cumulative
        density = terms.discount * normal
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
