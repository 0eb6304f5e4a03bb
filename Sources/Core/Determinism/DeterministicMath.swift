import CLanes
import CSleef

/// Transcendental functions with the same bits on every x86-64 machine: the only ones that a fold may call.
///
/// glibc picks a variant by the processor at run time and the variants differ in the last bit; SLEEF's "cinz" functions
/// are plain C without fused multiply-add. At most 1.0 ULP off (erfc 1.5), 5 to 40 ns each.
public enum DeterministicMath {
    public static func log(_ x: Double) -> Double { Sleef_cinz_logd1_u10purec(x) }
    public static func log1p(_ x: Double) -> Double { Sleef_cinz_log1pd1_u10purec(x) }
    public static func exp(_ x: Double) -> Double { Sleef_cinz_expd1_u10purec(x) }
    public static func exp2(_ x: Double) -> Double { Sleef_cinz_exp2d1_u10purec(x) }
    public static func expm1(_ x: Double) -> Double { Sleef_cinz_expm1d1_u10purec(x) }
    public static func sin(_ x: Double) -> Double { Sleef_cinz_sind1_u10purec(x) }
    public static func cos(_ x: Double) -> Double { Sleef_cinz_cosd1_u10purec(x) }
    public static func erfc(_ x: Double) -> Double { Sleef_cinz_erfcd1_u15purec(x) }
    public static func pow(_ x: Double, _ y: Double) -> Double { Sleef_cinz_powd1_u10purec(x, y) }

    // MARK: Many numbers at once

    // In place, with the bits of the functions above: 2 to 40 ns a number on a processor with AVX, 5 to 60 without.
    // The count is a multiple of 4.

    public static func log(_ values: UnsafeMutableBufferPointer<Double>) {
        lh_log_lanes(values.baseAddress, count(values))
    }

    public static func exp(_ values: UnsafeMutableBufferPointer<Double>) {
        lh_exp_lanes(values.baseAddress, count(values))
    }

    public static func erfc(_ values: UnsafeMutableBufferPointer<Double>) {
        lh_erfc_lanes(values.baseAddress, count(values))
    }

    private static func count(_ values: UnsafeMutableBufferPointer<Double>) -> Int32 {
        precondition(values.count % 4 == 0, "numbers come in fours")
        return Int32(values.count)
    }

    /// The natural logarithm of 2, to the last bit.
    public static let ln2 = 0.693147180559945309417232121458176568
}
