import Determinism

/// The smile of one expiration: volatility by log-moneyness k = ln(K/F) from options out of the money, linear between
/// adjacent strikes, nothing beyond the last (FEATURES A.13).
///
/// Points are looked up from the forward outwards, as far as a value needs them.
struct OptionSmile {
    private let slots: Range<Int>
    /// Columns of the candidates.
    private let strikes: UnsafePointer<Double>
    private let sides: UnsafePointer<Double>
    private let volatilities: UnsafePointer<Double>
    private let places: UnsafePointer<Int32>
    private let contracts: UnsafePointer<OptionContract>
    private let forward: Double
    private let logForward: Double
    /// √T.
    private let root: Double

    /// A strike with a volatility.
    private struct Point {
        let k: Double
        let volatility: Double
        /// Where to go on.
        let next: Int
    }

    /// - Parameter series: with the forward and the time of the refresh.
    init(
        _ series: UnsafePointer<OptionSeries>, _ candidates: borrowing OptionCandidates,
        _ contracts: UnsafePointer<OptionContract>
    ) {
        slots = series.pointee.slots
        strikes = UnsafePointer(candidates.strikes)
        sides = UnsafePointer(candidates.sides)
        volatilities = UnsafePointer(candidates.volatilities)
        places = UnsafePointer(candidates.places)
        self.contracts = contracts
        forward = series.pointee.forward
        logForward = DeterministicMath.log(forward)
        root = series.pointee.root
    }

    /// The smile's values with the volatilities as they are kept.
    func values() -> SmileValues {
        var values = SmileValues()
        let middle = firstFromForward
        guard let above = point(from: middle, step: 1) else { return values }
        let below = point(from: middle - 1, step: -1)
        if above.k == 0 {
            values.atTheMoney = above.volatility
        } else if let below {
            values.atTheMoney = Self.line(0, below.k, below.volatility, above.k, above.volatility)
        } else {
            return values
        }
        let call = wing(from: above, step: 1, sign: 1, atTheMoney: values.atTheMoney)
        let put = wing(from: above.k == 0 ? above : below, step: -1, sign: -1, atTheMoney: values.atTheMoney)
        values.riskReversal = call - put
        values.butterfly = 0.5 * (call + put) - values.atTheMoney
        return values
    }

    // MARK: Points

    /// The first slot with K ≥ F.
    private var firstFromForward: Int {
        var (low, high) = (slots.lowerBound, slots.upperBound)
        while low < high {
            let middle = (low + high) / 2
            if strikes[middle] < forward { low = middle + 1 } else { high = middle }
        }
        return low
    }

    /// Out of the money, or at the forward, and with a volatility.
    @inline(__always) private func counts(_ slot: Int) -> Bool {
        (strikes[slot] - forward) * sides[slot] >= 0 && !volatilities[slot].isNaN
    }

    /// The first strike at `slot` or beyond that has a volatility: the mean of those that count there.
    private func point(from slot: Int, step: Int) -> Point? {
        var slot = slot
        while slots.contains(slot), !counts(slot) { slot += step }
        guard slots.contains(slot) else { return nil }
        let strike = strikes[slot]
        var (low, high) = (slot, slot)
        if step > 0 {
            while high + 1 < slots.upperBound, strikes[high + 1] == strike { high += 1 }
        } else {
            while low > slots.lowerBound, strikes[low - 1] == strike { low -= 1 }
        }
        var sum = 0.0
        var sharing = 0.0
        for slot in low...high where counts(slot) {
            sum += volatilities[slot]
            sharing += 1
        }
        let k = strike == forward ? 0 : contracts[Int(places[slot])].logStrike - logForward
        return Point(k: k, volatility: sum / sharing, next: step > 0 ? high + 1 : low - 1)
    }

    private static func line(_ k: Double, _ k0: Double, _ s0: Double, _ k1: Double, _ s1: Double) -> Double {
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
    private func wing(from first: Point?, step: Int, sign: Double, atTheMoney: Double) -> Double {
        guard var point = first, miss(0, atTheMoney, sign) > 0 else { return .nan }
        let end = step > 0 ? slots.upperBound - 1 : slots.lowerBound
        guard let last = self.point(from: end, step: -step), miss(last.k, last.volatility, sign) <= 0 else {
            return .nan
        }
        var (k, sigma) = (0.0, atTheMoney)
        while miss(point.k, point.volatility, sign) > 0 {
            (k, sigma) = (point.k, point.volatility)
            guard let next = self.point(from: point.next, step: step) else { return .nan }
            point = next
        }
        return crossing(k, sigma, point.k, point.volatility, sign)
    }

    /// σ at the crossing on the line between two points, the first of which lies above it.
    ///
    /// With d = d₀ + b·t the deviation at t = k − k₀, `miss`·d is a quadratic in t; it changes sign once between them.
    private func crossing(_ k0: Double, _ s0: Double, _ k1: Double, _ s1: Double, _ sign: Double) -> Double {
        let width = k1 - k0
        let (d0, b) = (s0 * root, (s1 - s0) * root / width)
        let square = sign * 0.5 * b * b
        let linear = sign * (d0 * b - 1) + Self.quarter * b
        let constant = sign * (0.5 * d0 * d0 - k0) + Self.quarter * d0
        let discriminant = max(linear * linear - 4 * square * constant, 0).squareRoot()
        let sum = linear + (linear < 0 ? -discriminant : discriminant)
        // Of both roots as shares of the way: without cancellation, the second may be infinite.
        let (near, far) = (-2 * constant / sum / width, -sum / (2 * square) / width)
        let isNear = near >= 0 && near <= 1 || !(far >= 0 && far <= 1)
        return s0 + (s1 - s0) * min(max(isNear ? near : far, 0), 1)
    }
}
