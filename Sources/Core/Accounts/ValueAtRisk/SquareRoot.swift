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
