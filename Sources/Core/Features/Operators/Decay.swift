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

    /// Less than half of the half-life of 60 s, ns: most spans by far.
    private static var shortSpan: UInt64 { 29_000_000_000 }

    /// Nothing has decayed.
    public static let none = Decay(h10: 1, h30: 1, h60: 1, h300: 1, h1800: 1)

    @inlinable init(h10: Double, h30: Double, h60: Double, h300: Double, h1800: Double) {
        self.h10 = h10
        self.h30 = h30
        self.h60 = h60
        self.h300 = h300
        self.h1800 = h1800
    }

    /// - Parameter elapsed: ns. Cost: about 10 ns; nothing when no time has passed.
    public init(elapsed: UInt64) {
        self = .none
        set(elapsed: elapsed)
    }

    /// Becomes what is left after so many ns.
    @inline(__always)
    mutating func set(elapsed: UInt64) {
        if elapsed == 0 {
            self = .none
            return
        }
        guard elapsed > Self.shortSpan else {
            let span = seconds(elapsed)
            let pair = Exp2.negative(small: SIMD2(span / 60, span / 1_800))
            return setPowers(pair[0], pair[1])
        }
        setLong(elapsed: elapsed)
    }

    @inline(never)
    private mutating func setLong(elapsed: UInt64) {
        let span = Double(elapsed) * 1e-9
        let pair = Exp2.negative(SIMD2(span / 60, span / 1_800))
        setPowers(pair[0], pair[1])
        // Products of small powers may end among the numbers that are slow.
        if h10 < 0x1p-1000 { h10 = 0 }
        if h30 < 0x1p-1000 { h30 = 0 }
        if h300 < 0x1p-1000 { h300 = 0 }
    }

    /// The others are powers of two of them.
    @inline(__always)
    mutating func setPowers(_ minute: Double, _ halfHour: Double) {
        let half = minute * minute
        let third = halfHour * halfHour * halfHour
        h10 = half * half * half
        h30 = half
        h60 = minute
        h300 = third * third
        h1800 = halfHour
    }
}

/// 2^(−x) for x ≥ 0 by additions and multiplications alone: the same bits on every machine, two values at once.
public enum Exp2 {
    /// 2^(−x), at most 2 ULP off; 0 from x = 1 000 on, long before numbers become subnormal and slow.
    ///
    /// The polynomial is 2^y = e^(y ln 2) around 0 with coefficients ln(2)^k / k!. On |y| ≤ ½ the first term left out,
    /// k = 14, is below 2·10⁻¹⁸ of the result.
    ///
    /// - Parameter x: not negative, not NaN.
    @inlinable @inline(__always) public static func negative(_ x: SIMD2<Double>) -> SIMD2<Double> {
        let bounded = x.replacing(with: 1_000, where: x .> 1_000)
        // Adding and subtracting 1.5·2⁵² rounds to the nearest integer, in the default rounding mode.
        let shifted = bounded + 0x1.8p52
        let whole = shifted - 0x1.8p52
        let sum = power(whole - bounded)
        // 2^(−whole) by its exponent bits; the integer is in the low bits of `shifted`.
        let integers = unsafeBitCast(shifted, to: SIMD2<UInt64>.self) & SIMD2(repeating: 0xFFF)
        let scale = unsafeBitCast(
            (SIMD2(repeating: 1_023) &- integers) &<< SIMD2(repeating: 52), to: SIMD2<Double>.self)
        return (sum * scale).replacing(with: 0, where: bounded .>= 1_000)
    }

    /// The same for x < ½, where the nearest integer is 0: the same bits with less work.
    @inlinable @inline(__always) static func negative(small x: SIMD2<Double>) -> SIMD2<Double> {
        power(SIMD2(repeating: 0.0) - x)
    }

    /// 2^y for |y| ≤ ½.
    @inlinable @inline(__always) static func power(_ y: SIMD2<Double>) -> SIMD2<Double> {
        // Pairs of terms first (Estrin's scheme): a chain of fourteen steps would be waited for at every group.
        let y2 = y * y
        let y4 = y2 * y2
        let low = (y * 0.6931471805599453 + 1) + (y * 0.05550410866482158 + 0.24022650695910072) * y2
        let middle =
            (y * 0.0013333558146428443 + 0.009618129107628477)
            + (y * 1.525273380405984e-05 + 0.0001540353039338161) * y2
        let high =
            (y * 1.0178086009239699e-07 + 1.3215486790144307e-06)
            + (y * 4.445538271870811e-10 + 7.054911620801121e-09) * y2
        let last = y * 1.3691488853904128e-12 + 2.5678435993488196e-11
        return low + (middle + (high + last * y4) * y4) * y4
    }

    /// Eight at once.
    @inlinable public static func negative(_ x: SIMD8<Double>) -> SIMD8<Double> {
        let (low, high) = (x.lowHalf, x.highHalf)
        return SIMD8(
            lowHalf: SIMD4(lowHalf: negative(low.lowHalf), highHalf: negative(low.highHalf)),
            highHalf: SIMD4(lowHalf: negative(high.lowHalf), highHalf: negative(high.highHalf)))
    }
}
