import MarketCalendar

/// Stoikov's micro-price (2018): by how much the mid is expected to move from each state of the best prices until it
/// settles (FEATURES C.8).
public struct MicroPriceTable: Sendable {
    public static let version = 1
    /// A state with fewer samples has no offset.
    public static let fewestSamples: UInt64 = 100
    private static let longestSeries = 1_000
    private static let smallestTerm = 1e-9

    /// The newest session that it was made from.
    public let date: CivilDate
    /// Ticks, spread 1 and then spread 2; NaN where there are too few samples.
    public let offsets: [Double]
    /// Pairs of consecutive samples that begin in each state, their mirrors included.
    public let samples: [UInt64]

    /// - Parameter counts: of the sessions together, as they were seen.
    public init(counts: MicroPriceCounts, date: CivilDate) {
        self.date = date
        let symmetric = counts.symmetrized
        let samples = (0..<MicroPriceState.count).map { symmetric.samples($0) }
        self.samples = samples
        let limits = Self.limits(symmetric, samples)
        offsets = zip(limits, samples).map { $1 >= Self.fewestSamples ? $0 : .nan }
    }

    /// g = Σ Bⁱ G¹ with G¹ = (1 − Q)⁻¹ R·k and B = (1 − Q)⁻¹ T.
    private static func limits(_ counts: MicroPriceCounts, _ samples: [UInt64]) -> [Double] {
        let size = MicroPriceState.count
        var matrix = [Double](repeating: 0, count: size * size)
        // The columns: G¹, then those of B.
        var right = [Double](repeating: 0, count: size * (size + 1))
        for state in 0..<size {
            matrix[state * size + state] = 1
            guard samples[state] >= fewestSamples else { continue }
            let row = state * MicroPriceCounts.rowCount
            let total = Double(samples[state])
            for next in 0..<size {
                matrix[state * size + next] -= Double(counts.values[row + next]) / total
                right[state * (size + 1) + 1 + next] = Double(counts.values[row + size + next]) / total
            }
            var drift = 0.0
            for (index, halfTicks) in MicroPriceCounts.moves.enumerated() {
                let share = Double(counts.values[row + 2 * size + index]) / total
                drift += share * (Double(halfTicks) * 0.5)
            }
            right[state * (size + 1)] = drift
        }
        guard LinearSystem.solve(&matrix, &right, size: size, columns: size + 1) else {
            return [Double](repeating: .nan, count: size)
        }
        return series(right, size: size)
    }

    private static func series(_ solved: [Double], size: Int) -> [Double] {
        var term = (0..<size).map { solved[$0 * (size + 1)] }
        var sum = term
        for _ in 1..<longestSeries {
            guard term.contains(where: { abs($0) >= smallestTerm }) else { break }
            term = (0..<size).map { state in
                var value = 0.0
                for next in 0..<size { value += solved[state * (size + 1) + 1 + next] * term[next] }
                return value
            }
            for state in 0..<size { sum[state] += term[state] }
        }
        return sum
    }
}

extension UnsafeMutablePointer<Double> {
    /// The offset that a table of 20 gives the best prices, ticks; NaN for a locked book. Used symmetrically: the same
    /// sizes on the other side give the negative offset, equal sizes 0, whatever the samples (K.3).
    func microPriceOffset(bidSize: Int32, askSize: Int32, spread: Int32) -> Double {
        guard spread > 0 else { return .nan }
        let row = spread == 1 ? 0 : MicroPriceState.tenths
        let whole = bidSize &+ askSize
        if bidSize < askSize { return self[row + MicroPriceState.tenth(bidSize, of: whole)] }
        if bidSize > askSize { return -self[row + MicroPriceState.tenth(askSize, of: whole)] }
        return 0
    }
}

/// Small dense systems of linear equations.
enum LinearSystem {
    /// A pivot below this means that the equations do not determine the unknowns.
    private static let smallestPivot = 1e-12

    /// Solves A·X = B by Gaussian elimination with the largest pivot of each column (the first of equal ones); X
    /// replaces B.
    ///
    /// - Parameters:
    ///   - matrix: A, `size` × `size`, row by row; left as rubbish.
    ///   - right: B, `size` × `columns`, row by row.
    /// - Returns: false when A is singular.
    static func solve(_ matrix: inout [Double], _ right: inout [Double], size: Int, columns: Int) -> Bool {
        for column in 0..<size {
            var pivot = column
            for row in column..<size where abs(matrix[row * size + column]) > abs(matrix[pivot * size + column]) {
                pivot = row
            }
            guard abs(matrix[pivot * size + column]) > smallestPivot else { return false }
            if pivot != column {
                for index in 0..<size { matrix.swapAt(pivot * size + index, column * size + index) }
                for index in 0..<columns { right.swapAt(pivot * columns + index, column * columns + index) }
            }
            for row in 0..<size where row != column {
                let factor = matrix[row * size + column] / matrix[column * size + column]
                guard factor != 0 else { continue }
                for index in column..<size { matrix[row * size + index] -= factor * matrix[column * size + index] }
                for index in 0..<columns { right[row * columns + index] -= factor * right[column * columns + index] }
            }
        }
        for row in 0..<size {
            for index in 0..<columns { right[row * columns + index] /= matrix[row * size + row] }
        }
        return true
    }
}
