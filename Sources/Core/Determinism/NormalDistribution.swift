/// The standard normal distribution.
public enum Normal {
    private static let inverseRoot2Pi = 0.398942280401432677939946059934381868
    private static let minusRootHalf = -0.707106781186547524400844362104849039

    /// φ(x).
    public static func density(_ x: Double) -> Double { density(ofExponential: DeterministicMath.exp(exponent(x))) }

    /// Φ(x), with full relative precision in the lower tail.
    public static func cumulative(_ x: Double) -> Double { cumulative(ofErrors: DeterministicMath.erfc(argument(x))) }

    /// x with Φ(x) = p, by Newton's method from zero: in the lower half Φ is convex, so that every step stays above the
    /// root. At most 64 steps; for configuration, not for the path of an event.
    /// - Precondition: 0 < p < 1.
    public static func quantile(_ p: Double) -> Double {
        precondition(p > 0 && p < 1, "a probability between zero and one")
        if p > 0.5 { return -quantile(1 - p) }
        var x = 0.0
        for _ in 0..<64 {
            let next = x - (cumulative(x) - p) / density(x)
            // Above the root the steps go down; the first that does not is rounding.
            if next >= x { break }
            x = next
        }
        return x
    }

    // The first two in parts, for many at once: what the exponential and the error function are taken of, and what is
    // made of them.
    @inline(__always) public static func exponent(_ x: Double) -> Double { -0.5 * x * x }
    @inline(__always) public static func density(ofExponential value: Double) -> Double { value * inverseRoot2Pi }
    @inline(__always) public static func argument(_ x: Double) -> Double { x * minusRootHalf }
    @inline(__always) public static func cumulative(ofErrors value: Double) -> Double { value * 0.5 }
}
