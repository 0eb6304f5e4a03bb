/// Division by the catalogue's rule: v/0 and 0/0 are "not defined now", never infinite (FEATURES A.7).
@inlinable func ratio(_ numerator: Double, _ denominator: Double) -> Double {
    denominator == 0 ? .nan : numerator / denominator
}

/// (a − b)/(a + b), NaN when both are 0.
@inlinable func imbalance(_ a: Int32, _ b: Int32) -> Double {
    let total = a &+ b
    return total == 0 ? .nan : Double(a &- b) / Double(total)
}

/// `value` where `condition` holds, else NaN.
@inlinable func defined(_ condition: Bool, _ value: @autoclosure () -> Double) -> Double {
    condition ? value() : .nan
}
