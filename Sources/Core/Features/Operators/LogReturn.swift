import Determinism

/// Logarithmic returns of integer prices.
enum LogReturn {
    /// ln(new/old), with all its digits however near the two are: the difference is taken in whole ticks. NaN unless
    /// both are positive; an absent mid of the grid is not.
    static func between(_ old: Int32, _ new: Int32) -> Double {
        guard old > 0, new > 0 else { return .nan }
        guard old != new else { return 0 }
        return DeterministicMath.log1p(Double(new &- old) / Double(old))
    }
}
