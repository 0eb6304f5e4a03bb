import Determinism

/// The implied volatilities of a session: a level that moves, a term structure, a skew. What all options are priced by.
///
/// The level is a slow mean-reverting factor that falls when the latent price rises; a function of the seed alone, like
/// the price. The volatility of a strike depends on d = ln(K/F)/(σ√T), with σ that of the money.
struct SyntheticSmile {
    /// Continuously compounded, a year of 365 days: what the features assume by default.
    static let interestRate = 0.04
    static let secondsPerYear = 31_536_000.0

    /// What a price is a function of, beside the contract.
    struct Moment {
        /// Points.
        var forward: Double
        /// The logarithm of today's level of volatility against the usual.
        var level: Double
        /// Of the news of the day that has not come yet: log-return squared.
        var eventVariance: Double
    }

    /// Logarithm of the level, by second since the open.
    private let levels: UnsafeMutablePointer<Double>
    private let count: Int

    init(seed: UInt64, path: LatentPath, openingPoints: Double) {
        count = Int(Double(path.count) * LatentPath.step) + 2
        levels = .allocate(capacity: count)
        var random = SeededGenerator(seed: seed &+ 0x5eed_0002)
        // A memory of two hours, a standard deviation of 0.03 of its own, and 2 % down for a price 0.1 % up.
        var level = 0.08 * random.normal()
        var price = path.price(0)
        for i in 0..<count {
            (levels + i).initialize(to: level)
            let next = path.price(Double(i + 1))
            let change = (next - price) * 0.25 / openingPoints
            level += -level / 7_200 + 0.03 * (2.0 / 7_200).squareRoot() * random.normal() - 20 * change
            price = next
        }
    }

    func deallocate() { levels.deallocate() }

    /// The state of the market `second` seconds from 00:00 ET, for a forward in points.
    func moment(_ second: Double, forward: Double) -> Moment {
        let position = max(0, min(second - DayShape.openSecond, Double(count - 2)))
        let index = Int(position)
        let share = position - Double(index)
        return Moment(
            forward: forward, level: levels[index] + share * (levels[index + 1] - levels[index]),
            eventVariance: Self.eventVariance(second))
    }

    /// What the market expects of the day's news that is still to come: the variance of the log-return. The premium of
    /// each is gone half a minute after it.
    private static func eventVariance(_ second: Double) -> Double {
        func pending(_ event: Double) -> Double { max(0, min(1, (event + 30 - second) / 30)) }
        return 1.2e-6 * pending(30_600) + 0.6e-6 * pending(36_000) + 1.5e-6 * pending(50_400)
    }

    /// How much of a move of the level an expiry follows: the near ones nearly all of it.
    static func share(years: Double) -> Double { 1 / (1 + (years * 36.5).squareRoot()) }

    /// Volatility at the money: 12.5 % a year for the nearest expiries and 15.5 % for the farthest, by the level.
    static func atTheMoney(_ moment: Moment, years: Double) -> Double {
        let usual = 0.125 + 0.03 * (1 - DeterministicMath.exp(-years * 18.25))
        let sigma = usual * DeterministicMath.exp(moment.level * share(years: years))
        return (sigma * sigma + moment.eventVariance / years).squareRoot()
    }

    /// Volatility at d standard deviations from the money, as a multiple of that at the money: a skew and a curvature
    /// that both become straight wings, flat from eight on.
    static func shape(_ distance: Double) -> Double {
        let d = max(-8, min(distance, 8))
        return 1 - 0.09 * d + 0.05 * ((1 + d * d).squareRoot() - 1)
    }
}

/// An option's value and what moves it, by Black's formula of 1976.
struct OptionValue {
    /// Points.
    var price: Double
    /// Points per point of the forward, at a volatility that stays.
    var delta: Double
    /// Points per unit of the smile's level.
    var levelSensitivity: Double
    var sigma: Double
    /// Standard deviations from the money, positive above it.
    var distance: Double

    /// - Precondition: `years` is positive.
    init(strike: Double, isCall: Bool, years: Double, _ moment: SyntheticSmile.Moment) {
        let root = years.squareRoot()
        let money = SyntheticSmile.atTheMoney(moment, years: years)
        let k = DeterministicMath.log(strike / moment.forward)
        distance = k / (money * root)
        sigma = money * SyntheticSmile.shape(distance)
        let deviation = sigma * root
        let d1 = -k / deviation + 0.5 * deviation
        let discount = DeterministicMath.exp(-SyntheticSmile.interestRate * years)
        let sign = isCall ? 1.0 : -1.0
        let first = Normal.cumulative(sign * d1)
        let second = Normal.cumulative(sign * (d1 - deviation))
        price = sign * discount * (moment.forward * first - strike * second)
        delta = sign * discount * first
        let density = Normal.density(d1)
        levelSensitivity = discount * moment.forward * density * deviation * SyntheticSmile.share(years: years)
    }
}
