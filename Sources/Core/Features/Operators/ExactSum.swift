/// A running sum from which what was added can be taken away again without a trace: values are cut to multiples of
/// 2⁻¹⁰⁰ and added as integers, so that a window's sum is the same however long it has been rolling.
struct ExactSum: BitwiseCopyable {
    private static let scale = 0x1p100

    private var total: Int128 = 0

    init() {}

    /// - Parameter value: below 2²⁰ in magnitude, and so are all values of a window together.
    mutating func add(_ value: Double) { total &+= Int128(value * Self.scale) }
    mutating func remove(_ value: Double) { total &-= Int128(value * Self.scale) }

    var value: Double { Double(total) / Self.scale }
}
