/// Sums over the five-second returns of a rolling window (FEATURES C.4), each the exact sum of what is in the window.
///
/// A point is the mid at the end of a second divisible by five. A return with a missing end is left out.
struct VarianceWindow: BitwiseCopyable {
    /// Seconds from point to point.
    static let step = 5

    /// Returns that the window holds when no point is missing.
    let length: Int
    private var squares = ExactSum()
    private var falls = ExactSum()
    private var products = ExactSum()
    private var points = 0
    private var returns = 0

    init(length: Int) { self.length = length }

    /// Takes the newest point of the grid and lets the oldest go.
    mutating func push(_ grid: borrowing MidGrid) {
        points += grid.twiceMid(lag: 0) > 0 ? 1 : 0
        points -= grid.twiceMid(lag: (length + 1) * Self.step) > 0 ? 1 : 0
        let newest = Self.change(grid, lag: 0)
        let beforeIt = Self.change(grid, lag: 1)
        if !newest.isNaN {
            returns += 1
            squares.add(newest * newest)
            if newest < 0 { falls.add(newest * newest) }
            if !beforeIt.isNaN { products.add(abs(newest) * abs(beforeIt)) }
        }
        let leaving = Self.change(grid, lag: length)
        let afterIt = Self.change(grid, lag: length - 1)
        guard !leaving.isNaN else { return }
        returns -= 1
        squares.remove(leaving * leaving)
        if leaving < 0 { falls.remove(leaving * leaving) }
        if !afterIt.isNaN { products.remove(abs(afterIt) * abs(leaving)) }
    }

    /// The return that ended `lag` points ago.
    private static func change(_ grid: borrowing MidGrid, lag: Int) -> Double {
        LogReturn.between(grid.twiceMid(lag: (lag + 1) * step), grid.twiceMid(lag: lag * step))
    }

    /// At least nine tenths of the points are there (K.3-50).
    private var isDense: Bool { points * 10 >= (length + 1) * 9 }
    /// Σ r²; NaN when it is exactly 0 (K.3-13) or too much is missing.
    var realizedVariance: Double {
        let sum = squares.value
        return isDense && sum > 0 ? sum : .nan
    }
    /// (π/2)·(n/(n−1))·Σ |r||r₋₁|; NaN when the realized variance is.
    var bipowerVariance: Double {
        let count = Double(returns)
        let scale = Double.pi / 2 * (count / (count - 1))
        return realizedVariance.isNaN ? .nan : scale * products.value
    }
    /// Share of the realized variance that negative returns make.
    var downsideShare: Double { falls.value / realizedVariance }
    var seconds: Double { Double(length * Self.step) }
}

/// Σ r² of the five-second returns since the regular open.
struct RegularVariance: BitwiseCopyable {
    private var squares = ExactSum()
    private var points = 0
    /// Points there would be if none were missing.
    private var expected = 0

    init() {}

    /// Takes the newest point of the grid.
    ///
    /// - Parameter number: 0 for the point at the regular open, and so on.
    mutating func push(_ grid: borrowing MidGrid, number: Int) {
        expected = number + 1
        points += grid.twiceMid(lag: 0) > 0 ? 1 : 0
        guard number > 0 else { return }
        let change = LogReturn.between(grid.twiceMid(lag: VarianceWindow.step), grid.twiceMid(lag: 0))
        if !change.isNaN { squares.add(change * change) }
    }

    /// Variance per second from the open to the newest point; NaN when it is exactly 0 or too much is missing.
    var perSecond: Double {
        let sum = squares.value
        guard expected > 1, points * 10 >= expected * 9, sum > 0 else { return .nan }
        return sum / Double((expected - 1) * VarianceWindow.step)
    }
}
