import Determinism

/// Arrival times of event groups: a Hawkes process with three exponential kernels on a base rate that changes by step.
///
/// Simulated exactly, without thinning: each kernel's excitation is an inhomogeneous Poisson process of its own, whose
/// first arrival has a closed form (Dassios & Zhao 2013, "Exact simulation of Hawkes process with exponentially
/// decaying intensity"). The kernels are the reactions within the matching engine's neighbourhood (110 µs), of the fast
/// participants (1 ms) and of the rest (20 ms); the branching ratio is 0.83.
struct ArrivalProcess {
    /// Mean delays of the kernels, seconds.
    static let delays: InlineArray<3, Double> = [110e-6, 1e-3, 20e-3]
    /// Expected direct followers of one group, by kernel.
    static let followers: InlineArray<3, Double> = [0.53, 0.20, 0.10]
    /// Groups per base arrival: 1 / (1 − 0.83).
    static let clusterGroups = 1 / (1 - 0.83)

    /// Excitation by kernel, arrivals per second.
    private var excitation: InlineArray<3, Double> = [0, 0, 0]
    private var random: SeededGenerator

    init(seed: UInt64) { random = SeededGenerator(seed: seed) }

    /// Seconds to the next arrival if the base rate stayed `base` (per second). Changes no excitation.
    mutating func drawGap(base: Double) -> Double {
        var gap = base > 0 ? random.exponential() / base : Double.infinity
        for i in 0..<3 where excitation[i] > 1e-6 {
            let remaining = 1 - random.exponential() / (excitation[i] * Self.delays[i])
            if remaining > 0 { gap = min(gap, -DeterministicMath.log(remaining) * Self.delays[i]) }
        }
        return gap
    }

    /// Lets `seconds` pass without an arrival.
    mutating func decay(_ seconds: Double) {
        for i in 0..<3 where excitation[i] > 0 {
            let age = seconds / Self.delays[i]
            excitation[i] = age > 30 ? 0 : excitation[i] * DeterministicMath.exp(-age)
        }
    }

    /// Counts an arrival.
    mutating func excite() {
        for i in 0..<3 { excitation[i] += Self.followers[i] / Self.delays[i] }
    }

    /// Adds `fast` expected followers within a millisecond and `slow` within 20 ms: the flurry after a move.
    mutating func flurry(fast: Double, slow: Double) {
        excitation[1] += fast / Self.delays[1]
        excitation[2] += slow / Self.delays[2]
    }

    mutating func calm() { excitation = [0, 0, 0] }
}
