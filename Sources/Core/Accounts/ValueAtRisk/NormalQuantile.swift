import Determinism

/// The standard normal distribution.
enum Normal {
    /// Φ(x).
    static func cumulative(_ x: Double) -> Double { 0.5 * DeterministicMath.erfc(-x / 2.0.squareRoot()) }

    /// x with Φ(x) = p, by Newton's method from zero: in the lower half Φ is convex, so that every step stays above the
    /// root. At most 64 steps; for configuration, not for the path of an event.
    /// - Precondition: 0 < p < 1.
    static func quantile(_ p: Double) -> Double {
        precondition(p > 0 && p < 1, "a probability between zero and one")
        if p > 0.5 { return -quantile(1 - p) }
        let densityAtZero = 0.398942280401432677939946059934381868
        var x = 0.0
        for _ in 0..<64 {
            let next = x - (cumulative(x) - p) / (densityAtZero * DeterministicMath.exp(-0.5 * x * x))
            // Above the root the steps go down; the first that does not is rounding.
            if next >= x { break }
            x = next
        }
        return x
    }
}

/// The smallest whole number whose square is at least `value`, which is below 2¹²⁴.
func ceilingSquareRoot(_ value: UInt128) -> UInt128 {
    guard value > 0 else { return 0 }
    let halves = (UInt64(truncatingIfNeeded: value >> 64), UInt64(truncatingIfNeeded: value))
    // Right but for the last bits.
    let estimate = (Double(halves.0) * 0x1p64 + Double(halves.1)).squareRoot()
    var root = UInt128(UInt64(estimate))
    while root * root < value { root += 1 + (value - root * root) / (2 * root + 2) }
    while (root - 1) * (root - 1) >= value { root -= 1 }
    return root
}
