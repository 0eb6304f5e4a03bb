/// A running sum from which what was added can be taken away again without a trace: values are cut to multiples of
/// 2⁻¹⁰⁰ and added as integers, so that a window's sum is the same however long it has been rolling.
struct ExactSum: BitwiseCopyable {
    private var total: Int128 = 0

    init() {}

    /// - Parameter value: below 2²⁰ in magnitude, and so are all values of a window together.
    mutating func add(_ value: Double) { total &+= Self.integer(value) }
    mutating func remove(_ value: Double) { total &-= Self.integer(value) }

    var value: Double {
        let high = Double(Int64(truncatingIfNeeded: total >> 64))
        return high * 0x1p-36 + Double(UInt64(truncatingIfNeeded: total)) * 0x1p-100
    }

    /// value·2¹⁰⁰ without its fraction, from the bits: the library's conversion to 128 bits is generic and slow.
    private static func integer(_ value: Double) -> Int128 {
        let bits = value.bitPattern
        // The significand counts units of 2^(exponent − 1,075), and the sum units of 2⁻¹⁰⁰.
        let shift = Int(bits >> 52 & 0x7FF) - 975
        let significand = Int128(bits & 0xF_FFFF_FFFF_FFFF | 0x10_0000_0000_0000)
        guard shift > -53 else { return 0 }
        let magnitude = shift >= 0 ? significand &<< Int128(shift) : significand &>> Int128(-shift)
        return value < 0 ? 0 &- magnitude : magnitude
    }
}
