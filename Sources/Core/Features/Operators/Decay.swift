/// How much of an exponentially weighted sum is left after some time, for each half-life: 2^(−Δt/h).
///
/// All sums of one half-life share one factor, so a group costs one evaluation per half-life, however many sums there
/// are.
@frozen public struct Decay: BitwiseCopyable, Sendable {
    public var h10: Double
    public var h30: Double
    public var h60: Double
    public var h300: Double
    public var h1800: Double

    /// Nothing has decayed.
    public static let none = Decay(h10: 1, h30: 1, h60: 1, h300: 1, h1800: 1)

    @inlinable init(h10: Double, h30: Double, h60: Double, h300: Double, h1800: Double) {
        self.h10 = h10
        self.h30 = h30
        self.h60 = h60
        self.h300 = h300
        self.h1800 = h1800
    }

    /// - Parameter elapsed: ns. Cost: about 25 ns; nothing when no time has passed.
    @inlinable public init(elapsed: UInt64) {
        if elapsed == 0 {
            self = .none
            return
        }
        let seconds = Double(elapsed) * 1e-9
        let halves = Exp2.negative(
            SIMD8(
                seconds / 10, seconds / 30, seconds / 60, seconds / 300, seconds / 1_800, 0, 0, 0))
        self.init(h10: halves[0], h30: halves[1], h60: halves[2], h300: halves[3], h1800: halves[4])
    }
}

/// 2^(−x) for x ≥ 0 by additions and multiplications alone: the same bits on every machine, eight values at once.
public enum Exp2 {
    /// Taylor coefficients of 2^y = e^(y ln 2) around 0: ln(2)^k / k!. On |y| ≤ ½ the first term left out, k = 14, is
    /// below 2·10⁻¹⁸ of the result.
    @usableFromInline static let coefficients: InlineArray<14, Double> = [
        1, 0.6931471805599453, 0.24022650695910072, 0.05550410866482158, 0.009618129107628477, 0.0013333558146428443,
        0.0001540353039338161, 1.525273380405984e-05, 1.3215486790144307e-06, 1.0178086009239699e-07,
        7.054911620801121e-09, 4.445538271870811e-10, 2.5678435993488196e-11, 1.3691488853904128e-12,
    ]

    /// 2^(−x), at most 2 ULP off; 0 from x = 1 000 on, long before numbers become subnormal and slow.
    ///
    /// - Parameter x: not negative, not NaN.
    @inlinable public static func negative(_ x: SIMD8<Double>) -> SIMD8<Double> {
        let bounded = x.replacing(with: 1_000, where: x .> 1_000)
        // Adding and subtracting 1.5·2⁵² rounds to the nearest integer, in the default rounding mode.
        let magic = SIMD8<Double>(repeating: 0x1.8p52)
        let shifted = bounded + magic
        let whole = shifted - magic
        let y = whole - bounded
        var sum = SIMD8<Double>(repeating: coefficients[13])
        for k in stride(from: 12, through: 0, by: -1) {
            sum = sum * y + SIMD8(repeating: coefficients[k])
        }
        // 2^(−whole) by its exponent bits; the integer is in the low bits of `shifted`.
        let integers = unsafeBitCast(shifted, to: SIMD8<UInt64>.self) & SIMD8(repeating: 0xFFF)
        let scale = unsafeBitCast(
            (SIMD8(repeating: 1_023) &- integers) &<< SIMD8(repeating: 52), to: SIMD8<Double>.self)
        return (sum * scale).replacing(with: 0, where: bounded .>= 1_000)
    }
}
