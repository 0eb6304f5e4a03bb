import Units

/// A number in units of 1e-9, exact: shares, probabilities, weights. Read from decimal text, never from floating point.
@frozen public struct ExactRatio: Comparable, Hashable, BitwiseCopyable, Sendable {
    public static let zero = ExactRatio(billionths: 0)
    public static let one = ExactRatio(billionths: 1_000_000_000)
    static let unit: Int128 = 1_000_000_000

    public let billionths: Int64

    @inlinable public init(billionths: Int64) { self.billionths = billionths }

    /// Reads "0.02". Nil for anything but a decimal number of at most nine decimals.
    public init?(_ text: String) {
        guard let billionths = Decimal9.parse(text) else { return nil }
        self.init(billionths: billionths)
    }

    @inlinable public static func < (a: ExactRatio, b: ExactRatio) -> Bool { a.billionths < b.billionths }
    /// The same as a binary number, for functions that have no exact form.
    var double: Double { Double(billionths) / 1e9 }
}

/// The quotient rounded toward minus infinity. The divisor is positive.
func floored(_ dividend: Int128, by divisor: Int128) -> Int128 {
    let (quotient, remainder) = dividend.quotientAndRemainder(dividingBy: divisor)
    return remainder < 0 ? quotient - 1 : quotient
}

/// The quotient rounded toward plus infinity. The divisor is positive.
func raised(_ dividend: Int128, by divisor: Int128) -> Int128 { -floored(-dividend, by: divisor) }
