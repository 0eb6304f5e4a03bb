import Determinism

/// The odds that a driftless price reaches a level in time (FEATURES B.7), by reflection; of all levels at once.
struct TouchProbability: ~Copyable {
    private static let lanes = 8

    /// Points; those that are not positive have no odds.
    let prices: UnsafeMutablePointer<Double>
    let values: UnsafeMutablePointer<Double>
    private let logarithms: UnsafeMutableBufferPointer<Double>
    /// Two numbers a level.
    private let errors: UnsafeMutableBufferPointer<Double>

    init() {
        prices = .allocate(capacity: Self.lanes)
        prices.initialize(repeating: .nan, count: Self.lanes)
        values = .allocate(capacity: Self.lanes)
        values.initialize(repeating: .nan, count: Self.lanes)
        logarithms = .allocate(capacity: Self.lanes)
        logarithms.initialize(repeating: 1)
        errors = .allocate(capacity: 2 * Self.lanes)
        errors.initialize(repeating: 0)
    }

    deinit {
        prices.deallocate()
        values.deallocate()
        logarithms.deallocate()
        errors.deallocate()
    }

    /// Finds `values` for `prices`, about 0.5 µs.
    ///
    /// - Parameters:
    ///   - forward: points.
    ///   - volatility: per √year, of the time that is left.
    ///   - years: to the close.
    mutating func evaluate(forward: Double, volatility: Double, years: Double) {
        guard !forward.isNaN, !volatility.isNaN, years > 0 else {
            return values.update(repeating: .nan, count: Self.lanes)
        }
        let variance = volatility * volatility * years
        let deviation = variance.squareRoot()
        for lane in 0..<Self.lanes { logarithms[lane] = prices[lane] > 0 ? prices[lane] / forward : 1 }
        DeterministicMath.log(logarithms)
        for lane in 0..<Self.lanes {
            let distance = abs(logarithms[lane])
            let half = prices[lane] > forward ? variance * 0.5 : variance * -0.5
            errors[lane] = Normal.argument((-distance - half) / deviation)
            errors[lane &+ Self.lanes] = Normal.argument((-distance + half) / deviation)
        }
        DeterministicMath.erfc(errors)
        for lane in 0..<Self.lanes { values[lane] = value(lane, forward) }
    }

    private func value(_ lane: Int, _ forward: Double) -> Double {
        let price = prices[lane]
        if price == forward { return 1 }
        guard price > 0 else { return .nan }
        return Normal.cumulative(ofErrors: errors[lane])
            + forward / price * Normal.cumulative(ofErrors: errors[lane &+ Self.lanes])
    }
}
