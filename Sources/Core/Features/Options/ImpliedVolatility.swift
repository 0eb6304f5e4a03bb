import Determinism

/// The volatility at which Black's formula gives an option's price.
///
/// The price is turned into that of the out-of-the-money option of the strike, which no large terms cancel in, and its
/// logarithm is solved by Halley's method inside a bracket that shrinks: two or three steps from a near guess. The
/// result is as good as the price's last bits allow (FEATURES K.1 asks for 1e-13).
public enum ImpliedVolatility {
    public static let lowest = 1e-4
    public static let highest = 5.0

    /// - Parameters:
    ///   - price: in points, discounted as quoted.
    ///   - guess: a volatility to start from; NaN for none.
    /// - Returns: NaN when no volatility from `lowest` to `highest` gives the price.
    public static func solve(
        price: Double, isCall: Bool, forward: Double, strike: Double, years: Double, rate: Double, guess: Double = .nan
    ) -> Double {
        solve(
            Black76.Terms(isCall: isCall, forward: forward, strike: strike, years: years, rate: rate), price: price,
            interest: DeterministicMath.expm1(rate * years), guess: guess)
    }

    /// - Parameter interest: e^(rT) − 1.
    static func solve(
        _ terms: borrowing Black76.Terms, price: Double, interest: Double, guess: Double
    ) -> Double {
        guard let target = target(terms, price: price, interest: interest) else { return .nan }
        let option = OutOfMoney(terms)
        return solve(option, target, from: option.start(guess, target))
    }

    /// The undiscounted price of the strike's option out of the money; nil when no volatility gives the price.
    @inline(__always)
    static func target(_ terms: borrowing Black76.Terms, price: Double, interest: Double) -> Double? {
        let (forward, strike) = (terms.forward, terms.strike)
        let intrinsic = max(terms.isCall ? forward - strike : strike - forward, 0)
        // price·e^(rT) − intrinsic, so that little is lost where the two nearly cancel.
        let target = (price - intrinsic) + price * interest
        return target > 0 && target < min(forward, strike) ? target : nil
    }

    private static func solve(_ option: OutOfMoney, _ target: Double, from start: Double) -> Double {
        var search = VolatilitySearch(from: start)
        while !search.isOver {
            let (price, vega, curvature) = option.price(search.volatility)
            search.step(
                miss: DeterministicMath.log(price / target), price: price, vega: vega, curvature: curvature)
        }
        return search.volatility
    }
}

/// The undiscounted option of a strike that is out of the money.
struct OutOfMoney: BitwiseCopyable {
    let forward: Double
    let strike: Double
    /// √T.
    let root: Double
    /// ln(F/K).
    let moneyness: Double
    /// +1 call, −1 put.
    let sign: Double

    init(_ terms: borrowing Black76.Terms) {
        forward = terms.forward
        strike = terms.strike
        root = terms.root
        moneyness = terms.moneyness
        sign = forward > strike ? -1 : 1
    }

    /// Price, its derivative, and the second derivative over the first's price: d²/dσ² ÷ price.
    func price(_ volatility: Double) -> (price: Double, vega: Double, curvature: Double) {
        let (d1, d2) = arguments(volatility)
        return price(
            volatility, d1, d2, Normal.cumulative(sign * d1), Normal.cumulative(sign * d2), Normal.density(d1))
    }

    @inline(__always) func arguments(_ volatility: Double) -> (d1: Double, d2: Double) {
        let deviation = volatility * root
        let d1 = moneyness / deviation + deviation * 0.5
        return (d1, d1 - deviation)
    }

    /// The same of N(±d1), N(±d2) and φ(d1).
    @inline(__always) func price(
        _ volatility: Double, _ d1: Double, _ d2: Double, _ first: Double, _ second: Double, _ density: Double
    ) -> (price: Double, vega: Double, curvature: Double) {
        let price = sign * (forward * first - strike * second)
        let vega = forward * density * root
        return (price, vega, vega * d1 * d2 / volatility / price)
    }

    /// Where to begin: at `guess`, or without one where the price as a function of volatility turns from convex to
    /// concave (Manaster & Koehler 1982), or at the answer at the money where that is larger.
    func start(_ guess: Double, _ target: Double) -> Double {
        let inflection = (2 * abs(moneyness)).squareRoot() / root
        let start = guess.isNaN ? max(inflection, 2.5066282746310002 * target / (forward * root)) : guess
        return min(max(start, 1e-3), 4)
    }
}

/// One search for a volatility: Halley's method inside a bracket that shrinks.
struct VolatilitySearch: BitwiseCopyable {
    private static let longest = 128
    /// So far out of the money the terms of the formula are denormal numbers, and their difference is noise, perhaps
    /// below zero.
    private static let smallestPrice = 1e-290

    private var low = ImpliedVolatility.lowest
    private var high = ImpliedVolatility.highest
    private var steps = 0
    /// Where to look next; when it is over the result, NaN for none.
    private(set) var volatility: Double
    private(set) var isOver = false

    init(from start: Double) { volatility = start }

    /// One that is over, and found nothing.
    static var none: VolatilitySearch {
        var search = VolatilitySearch(from: .nan)
        search.isOver = true
        return search
    }

    /// Takes what was found at `volatility`: ln(price ÷ target), and the price with its derivatives.
    mutating func step(miss: Double, price: Double, vega: Double, curvature: Double) {
        if miss == 0 { return isOver = true }
        guard price >= Self.smallestPrice else {
            // All that it says is that the volatility is too low.
            low = volatility
            steps &+= 1
            return halve()
        }
        if miss < 0 { low = volatility } else { high = volatility }
        let slope = vega / price
        let newton = miss / slope
        let bend = curvature / slope - slope
        let next = volatility - newton / (1 - 0.5 * newton * bend)
        steps &+= 1
        // NaN fails too.
        guard next > low, next < high else { return halve() }
        let step = next - volatility
        volatility = next
        // The error after a step is about a third of its cube: what is left is rounding.
        if abs(step) <= 1e-5 * volatility { isOver = true } else if steps == Self.longest { close() }
    }

    private mutating func halve() {
        let next = (low + high) * 0.5
        if next == low || next == high || steps == Self.longest { return close() }
        volatility = next
    }

    /// The bracket has closed on one of its first ends, or on a root that rounding hides.
    private mutating func close() {
        isOver = true
        if low == ImpliedVolatility.lowest || high == ImpliedVolatility.highest { volatility = .nan }
    }
}
