import Determinism

/// The smile of one expiration: volatility by log-moneyness k = ln(K/F) from options out of the money, linear between
/// adjacent strikes, nothing beyond the last (FEATURES A.13).
///
/// Room for the points is made once.
struct OptionSmile: ~Copyable {
    private let moneyness: UnsafeMutablePointer<Double>
    private let volatility: UnsafeMutablePointer<Double>
    private var count = 0
    /// √T.
    private var root = Double.nan

    init(capacity: Int) {
        moneyness = .allocate(capacity: capacity)
        volatility = .allocate(capacity: capacity)
    }

    deinit {
        moneyness.deallocate()
        volatility.deallocate()
    }

    /// The smile's values at the series' forward and time, with the volatilities as they are kept.
    mutating func values(
        of series: UnsafePointer<OptionSeries>, _ contracts: UnsafePointer<OptionContract>
    ) -> SmileValues {
        collect(series, contracts)
        root = series.pointee.years.squareRoot()
        var values = SmileValues()
        let middle = firstFromZero
        guard let atTheMoney = interpolated(at: 0, before: middle) else { return values }
        values.atTheMoney = atTheMoney
        let call = wing(from: middle, step: 1, sign: 1, atTheMoney: atTheMoney)
        let put = wing(from: lastToZero, step: -1, sign: -1, atTheMoney: atTheMoney)
        values.riskReversal = call - put
        values.butterfly = 0.5 * (call + put) - atTheMoney
        return values
    }

    /// Adds a point in the order of strikes; several at one strike become their mean.
    mutating func collect(_ series: UnsafePointer<OptionSeries>, _ contracts: UnsafePointer<OptionContract>) {
        count = 0
        let forward = series.pointee.forward
        let logForward = DeterministicMath.log(forward)
        var strike: Int64 = .min
        var sum = 0.0
        var sharing = 0.0
        var next = series.pointee.first
        while next >= 0 {
            let contract = contracts + Int(next)
            next = contract.pointee.nextInSeries
            let distance = contract.pointee.strikePoints - forward
            let isOutside = contract.pointee.isCall ? distance >= 0 : distance <= 0
            guard contract.pointee.hasVolatility, isOutside else { continue }
            if contract.pointee.strike == strike {
                sum += contract.pointee.volatility
                sharing += 1
                volatility[count - 1] = sum / sharing
                continue
            }
            strike = contract.pointee.strike
            sum = contract.pointee.volatility
            sharing = 1
            moneyness[count] = distance == 0 ? 0 : contract.pointee.logStrike - logForward
            volatility[count] = sum
            count += 1
        }
    }

    /// The first point with k ≥ 0; `count` when there is none.
    private var firstFromZero: Int {
        var point = 0
        while point < count, moneyness[point] < 0 { point += 1 }
        return point
    }

    /// The last point with k ≤ 0; −1 when there is none.
    private var lastToZero: Int {
        var point = count - 1
        while point >= 0, moneyness[point] > 0 { point -= 1 }
        return point
    }

    /// σ(k), `point` being the first one at or above k. Nil outside the points.
    private func interpolated(at k: Double, before point: Int) -> Double? {
        guard point < count else { return nil }
        if moneyness[point] == k { return volatility[point] }
        return point > 0
            ? line(k, moneyness[point - 1], volatility[point - 1], moneyness[point], volatility[point]) : nil
    }

    private func line(_ k: Double, _ k0: Double, _ s0: Double, _ k1: Double, _ s1: Double) -> Double {
        s0 + (s1 - s0) * (k - k0) / (k1 - k0)
    }

    // MARK: 25 delta

    /// The argument at which the normal distribution is three quarters.
    private static let quarter = 0.674489750196081743202227014541307

    /// How far d1 lies above where |Δ|, without discount, is a quarter: the same sign as |Δ| minus a quarter.
    private func miss(_ k: Double, _ volatility: Double, _ sign: Double) -> Double {
        let deviation = volatility * root
        return sign * (deviation * 0.5 - k / deviation) + Self.quarter
    }

    /// σ where |Δ| first falls to a quarter on the way from k = 0 to the last point of one side; NaN unless it is above
    /// at the start and not above at the end.
    private func wing(from first: Int, step: Int, sign: Double, atTheMoney: Double) -> Double {
        let last = step > 0 ? count - 1 : 0
        guard first >= 0, first < count, miss(0, atTheMoney, sign) > 0 else { return .nan }
        guard miss(moneyness[last], volatility[last], sign) <= 0 else { return .nan }
        var k = 0.0
        var sigma = atTheMoney
        var point = first
        while miss(moneyness[point], volatility[point], sign) > 0 {
            k = moneyness[point]
            sigma = volatility[point]
            point += step
        }
        return crossing(k, sigma, moneyness[point], volatility[point], sign)
    }

    /// σ at the crossing between two points, by false position with the Illinois correction.
    private func crossing(_ k0: Double, _ s0: Double, _ k1: Double, _ s1: Double, _ sign: Double) -> Double {
        var (above, below) = (k0, k1)
        var missAbove = miss(k0, s0, sign)
        var missBelow = miss(k1, s1, sign)
        if missBelow == 0 { return s1 }
        var side = 0
        for _ in 0..<200 where abs(below - above) > 1e-15 {
            let k = (above * missBelow - below * missAbove) / (missBelow - missAbove)
            let found = miss(k, line(k, k0, s0, k1, s1), sign)
            if found == 0 { return line(k, k0, s0, k1, s1) }
            if abs(found) < 1e-15 { return line(k, k0, s0, k1, s1) }
            if found > 0 {
                (above, missAbove) = (k, found)
                if side == 1 { missBelow *= 0.5 }
                side = 1
            } else {
                (below, missBelow) = (k, found)
                if side == -1 { missAbove *= 0.5 }
                side = -1
            }
        }
        return line((above + below) * 0.5, k0, s0, k1, s1)
    }
}
