/// The overlapping, unbiased variance ratio of Lo & MacKinlay (1988), q = 10, over 1,800 one-second returns
/// (FEATURES C-82). Above 1 the mid trended, below 1 it reversed. O(1) per second; the sums are exact.
struct VarianceRatio: BitwiseCopyable {
    /// n and q.
    private static let length = 1_800
    private static let horizon = 10

    /// Σ r² over the n returns.
    private var squares = ExactSum()
    /// Σ R and Σ R² over the n − q + 1 returns of q seconds.
    private var long = ExactSum()
    private var longSquares = ExactSum()
    private var points = 0
    /// ln(m_J / m_{J−n}).
    private var change = Double.nan

    init() {}

    /// Takes the newest second of the grid and lets the oldest go.
    mutating func push(_ grid: borrowing MidGrid) {
        let newest = grid.twiceMid(lag: 0)
        let oldest = grid.twiceMid(lag: Self.length + 1)
        points += (newest > 0 ? 1 : 0) - (oldest > 0 ? 1 : 0)
        let entering = LogReturn.between(grid.twiceMid(lag: 1), newest)
        if !entering.isNaN { squares.add(entering * entering) }
        let leaving = LogReturn.between(oldest, grid.twiceMid(lag: Self.length))
        if !leaving.isNaN { squares.remove(leaving * leaving) }
        let longEntering = LogReturn.between(grid.twiceMid(lag: Self.horizon), newest)
        if !longEntering.isNaN {
            long.add(longEntering)
            longSquares.add(longEntering * longEntering)
        }
        let longLeaving = LogReturn.between(oldest, grid.twiceMid(lag: Self.length + 1 - Self.horizon))
        if !longLeaving.isNaN {
            long.remove(longLeaving)
            longSquares.remove(longLeaving * longLeaving)
        }
        change = LogReturn.between(grid.twiceMid(lag: Self.length), newest)
    }

    /// σ_c²/σ_a²; NaN unless all 1,801 mids are there (K.3-53), and when nothing moved.
    var value: Double {
        guard points == Self.length + 1 else { return .nan }
        let (n, q) = (Double(Self.length), Double(Self.horizon))
        let count = n - q + 1
        let mean = change / n
        let variance = (squares.value - n * mean * mean) / (n - 1)
        let deviations = longSquares.value - 2 * q * mean * long.value + count * (q * mean) * (q * mean)
        let longVariance = deviations / (q * count * (1 - q / n))
        return variance > 0 ? longVariance / variance : .nan
    }
}
