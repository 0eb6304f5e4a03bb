import Determinism

/// The price of the future at which the chain's gamma exposure changes sign, volatilities held by strike (FEATURES
/// C.9): searched on a grid from the forward outwards, so that it ends at the nearest crossing.
///
/// Room for the contracts is made once; two are computed at a time.
struct ZeroGamma: ~Copyable {
    private typealias Lanes = SIMD2<Double>

    /// Grid points on either side, and their distance as a share of the forward.
    static let points = 80
    static let step = 0.0005
    /// 1 / (2 ln 2): e^(−d²/2) = 2^(−d²·c).
    private static let exponent = 0.721347520444481703679623405009460687

    /// Sets of two: ln(K) − σ²T/2, 1/(σ√T), and the exposure's factor.
    private let centers: UnsafeMutablePointer<SIMD2<Double>>
    private let widths: UnsafeMutablePointer<SIMD2<Double>>
    private let weights: UnsafeMutablePointer<SIMD2<Double>>
    private var sets = 0
    private var lane = 0

    init(capacity: Int) {
        let sets = (capacity + 1) / 2
        centers = .allocate(capacity: sets)
        widths = .allocate(capacity: sets)
        weights = .allocate(capacity: sets)
    }

    deinit {
        centers.deallocate()
        widths.deallocate()
        weights.deallocate()
    }

    mutating func clear() {
        sets = 0
        lane = 0
    }

    /// Adds a contract with a volatility and known open interest. Its time to expiration is held too.
    mutating func add(_ contract: UnsafePointer<OptionContract>) {
        if lane == 0 {
            (centers + sets).initialize(to: .zero)
            (widths + sets).initialize(to: .zero)
            (weights + sets).initialize(to: .zero)
            sets += 1
        }
        let deviation = contract.pointee.volatility * contract.pointee.years.squareRoot()
        let open = contract.pointee.sign * Double(contract.pointee.interest) * contract.pointee.multiplier
        centers[sets - 1][lane] = contract.pointee.logStrike - 0.5 * deviation * deviation
        widths[sets - 1][lane] = 1 / deviation
        weights[sets - 1][lane] = open * contract.pointee.discount / deviation
        lane = (lane + 1) & 1
    }

    /// The crossing nearest the forward, points; NaN when there is none within the grid.
    func find(forward: Double) -> Double {
        let logForward = DeterministicMath.log(forward)
        func price(_ i: Int) -> Double { forward * (1 + Self.step * Double(i)) }
        func exposure(_ i: Int) -> Double {
            total(price(i), logForward + DeterministicMath.log1p(Self.step * Double(i)))
        }
        let middle = exposure(0)
        if middle == 0 { return forward }
        var (lowerEnd, upperEnd) = (middle, middle)
        for i in 1...Self.points {
            let upper = exposure(i)
            let lower = exposure(-i)
            let above = crossing(price(i - 1), upperEnd, price(i), upper)
            let below = crossing(price(1 - i), lowerEnd, price(-i), lower)
            if !above.isNaN || !below.isNaN {
                if above.isNaN { return below }
                return below.isNaN || above - forward < forward - below ? above : below
            }
            (lowerEnd, upperEnd) = (lower, upper)
        }
        return .nan
    }

    /// Exposure at a price up to a factor that all prices share.
    private func total(_ price: Double, _ logPrice: Double) -> Double {
        var sum = Lanes.zero
        for set in 0..<sets {
            let d1 = (logPrice - centers[set]) * widths[set]
            sum += weights[set] * Exp2.negative(d1 * d1 * Self.exponent)
        }
        return (sum[0] + sum[1]) * price
    }

    /// Where the line between two neighbours is 0; NaN unless they differ in sign or the outer one is 0.
    private func crossing(_ a: Double, _ atA: Double, _ b: Double, _ atB: Double) -> Double {
        if atB == 0 { return b }
        guard (atA < 0) != (atB < 0) else { return .nan }
        return a - (b - a) * atA / (atB - atA)
    }
}
