import Determinism

extension SeededGenerator {
    /// Exponential with mean 1.
    mutating func exponential() -> Double { -DeterministicMath.log(1 - unit()) }

    /// Standard normal, by Box and Muller's transform (one of the pair).
    mutating func normal() -> Double {
        let radius = (2 * exponential()).squareRoot()
        return radius * DeterministicMath.cos(6.283185307179586 * unit())
    }

    /// True with probability `p`.
    mutating func chance(_ p: Double) -> Bool { unit() < p }
}

/// Quantiles of a distribution, drawn from by index: one random number and one load.
///
/// Owned by the generator; freed by `deallocate`.
struct QuantileTable {
    static let count = 1_024
    private let values: UnsafeMutablePointer<Double>

    /// A lognormal distribution by its median and the standard deviation of its logarithm.
    init(lognormalMedian median: Double, deviation: Double) {
        values = .allocate(capacity: Self.count)
        for i in 0..<Self.count {
            let z = Normal.quantile((Double(i) + 0.5) / Double(Self.count))
            (values + i).initialize(to: median * DeterministicMath.exp(deviation * z))
        }
    }

    func draw(_ random: inout SeededGenerator) -> Double { values[Int(random.below(UInt64(Self.count)))] }

    func deallocate() { values.deallocate() }
}
