import Determinism

/// The volatility at which Black's formula gives an option's price.
///
/// The price is turned into that of the out-of-the-money option of the strike, which no large terms cancel in, and its
/// logarithm is solved by Halley's method inside a bracket that shrinks: two or three steps from a near guess. The
/// result is as good as the price's last bits allow (FEATURES K.1 asks for 1e-13).
public enum ImpliedVolatility {
    public static let lowest = 1e-4
    public static let highest = 5.0
    private static let longest = 128

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
        let (forward, strike) = (terms.forward, terms.strike)
        let intrinsic = max(terms.isCall ? forward - strike : strike - forward, 0)
        // price·e^(rT) − intrinsic, so that little is lost where the two nearly cancel.
        let target = (price - intrinsic) + price * interest
        guard target > 0, target < min(forward, strike) else { return .nan }
        let option = OutOfMoney(terms)
        let start = guess.isNaN ? option.guess(target) : guess
        return solve(option, target, from: min(max(start, 1e-3), 4))
    }

    private static func solve(_ option: OutOfMoney, _ target: Double, from start: Double) -> Double {
        var low = lowest
        var high = highest
        var volatility = start
        for _ in 0..<longest {
            let (price, vega, curvature) = option.price(volatility)
            let miss = DeterministicMath.log(price / target)
            if miss == 0 { return volatility }
            if miss < 0 { low = volatility } else { high = volatility }
            let slope = vega / price
            let newton = miss / slope
            let bend = curvature / slope - slope
            var next = volatility - newton / (1 - 0.5 * newton * bend)
            // NaN fails too: the price may have vanished.
            guard next > low, next < high else {
                next = (low + high) * 0.5
                if next == low || next == high { break }
                volatility = next
                continue
            }
            let step = next - volatility
            volatility = next
            // The error after a step is about its cube: what is left is rounding.
            if abs(step) <= 1e-9 * volatility { return volatility }
        }
        // The bracket has closed on one of its first ends, or on a root that rounding hides.
        return low == lowest || high == highest ? .nan : volatility
    }

    /// The undiscounted option of a strike that is out of the money.
    private struct OutOfMoney {
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
            let deviation = volatility * root
            let d1 = moneyness / deviation + deviation * 0.5
            let d2 = d1 - deviation
            let price = sign * (forward * Normal.cumulative(sign * d1) - strike * Normal.cumulative(sign * d2))
            let vega = forward * Normal.density(d1) * root
            return (price, vega, vega * d1 * d2 / volatility / price)
        }

        /// Where the price as a function of volatility turns from convex to concave (Manaster & Koehler 1982), or the
        /// answer at the money where that is larger.
        func guess(_ target: Double) -> Double {
            let inflection = (2 * abs(moneyness)).squareRoot() / root
            return max(inflection, 2.5066282746310002 * target / (forward * root))
        }
    }
}
