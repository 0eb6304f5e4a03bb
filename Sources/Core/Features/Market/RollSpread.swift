/// Roll's spread (1984) from the last fill prices of consecutive aggressor orders, half-life 300 s (FEATURES C-62):
/// 2·√−c with c = E[ΔpΔp₋₁] − E[Δp]·E[Δp₋₁], all three means over the orders that have both changes.
struct RollSpread: BitwiseCopyable {
    private enum Sum { static let weight = 0, product = 1, change = 2, previous = 3 }
    private static let warmUp: Int64 = 100

    private var sums = ExponentialSums<4>()
    private var lastPrice: Int32 = 0
    private var lastChange: Int32 = 0
    private var orders: Int64 = 0
    /// Ticks; NaN before 100 orders of the session, and when prices trend instead of bouncing.
    private(set) var value = Double.nan

    init() {}

    mutating func decay(_ factor: Double) { sums.decay(factor) }

    mutating func add(price: Int32, gain: Double) {
        let change = price &- lastPrice
        if orders >= 2 {
            sums.add(1, to: Sum.weight, gain: gain)
            sums.add(Double(change) * Double(lastChange), to: Sum.product, gain: gain)
            sums.add(Double(change), to: Sum.change, gain: gain)
            sums.add(Double(lastChange), to: Sum.previous, gain: gain)
        }
        lastPrice = price
        lastChange = change
        orders &+= 1
    }

    mutating func read() {
        guard orders >= Self.warmUp else { return }
        let weight = sums[Sum.weight]
        let covariance =
            ratio(sums[Sum.product], weight)
            - ratio(sums[Sum.change], weight) * ratio(sums[Sum.previous], weight)
        value = covariance < 0 ? 2 * (-covariance).squareRoot() : .nan
    }
}
