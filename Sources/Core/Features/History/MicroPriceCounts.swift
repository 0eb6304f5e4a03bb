/// A state of the best prices for the micro-price (FEATURES C.8): the tenth in which the bid's share of the best sizes
/// lies, and a spread of one or two ticks.
public enum MicroPriceState {
    /// Tenths of q_b/(q_b + q_a).
    public static let tenths = 10
    public static let count = 2 * tenths

    /// The tenth of `part` in `whole`, both positive: decided in integers.
    public static func tenth(_ part: Int32, of whole: Int32) -> Int {
        min(Int(10 &* Int64(part) / Int64(whole)), tenths - 1)
    }

    /// −1 when the spread is neither one tick nor two.
    public static func index(bidSize: Int32, askSize: Int32, spread: Int32) -> Int {
        guard spread == 1 || spread == 2 else { return -1 }
        return Int(spread - 1) * tenths + tenth(bidSize, of: bidSize &+ askSize)
    }

    /// The state with the sides exchanged.
    public static func mirror(_ state: Int) -> Int {
        state / tenths * tenths + (tenths - 1 - state % tenths)
    }
}

/// How often the best prices of a session went from one state to another, as they were seen: not yet symmetrised.
///
/// One row per state: 20 counts of moves to each state with the mid unchanged, 20 with the mid changed, 4 by the size
/// of that change.
public struct MicroPriceCounts: Equatable, Sendable {
    static let stateCount = MicroPriceState.count
    static let rowCount = 2 * stateCount + moves.count
    static let count = stateCount * rowCount
    /// Changes of the mid that are kept, half-ticks.
    static let moves: [Int32] = [-2, -1, 1, 2]

    public internal(set) var values: [UInt64]

    public init() { values = [UInt64](repeating: 0, count: Self.count) }

    /// Nil unless there is one value per count.
    public init?(_ values: [UInt64]) {
        guard values.count == Self.count else { return nil }
        self.values = values
    }

    /// Offset of the count of a change by `halfTicks`; nil when it is larger than a tick, or none.
    static func moveOffset(_ halfTicks: Int32) -> Int? {
        switch halfTicks {
        case -2: 0
        case -1: 1
        case 1: 2
        case 2: 3
        default: nil
        }
    }

    /// Counts one pair of consecutive samples. Nothing when the mid changed by more than a tick.
    static func add(_ values: UnsafeMutablePointer<UInt64>, from: Int, to: Int, halfTicks: Int32) {
        let row = values + from * rowCount
        if halfTicks == 0 {
            row[to] &+= 1
        } else if let move = moveOffset(halfTicks) {
            row[stateCount + to] &+= 1
            row[2 * stateCount + move] &+= 1
        }
    }

    public static func += (sum: inout MicroPriceCounts, other: MicroPriceCounts) {
        for index in sum.values.indices { sum.values[index] &+= other.values[index] }
    }

    /// Each pair counted together with its mirror: sides exchanged at both ends, the change negated.
    var symmetrized: MicroPriceCounts {
        var result = self
        let moveCount = Self.moves.count
        for state in 0..<Self.stateCount {
            let row = state * Self.rowCount
            let mirrored = MicroPriceState.mirror(state) * Self.rowCount
            for next in 0..<Self.stateCount {
                let other = MicroPriceState.mirror(next)
                result.values[mirrored + other] &+= values[row + next]
                result.values[mirrored + Self.stateCount + other] &+= values[row + Self.stateCount + next]
            }
            for move in 0..<moveCount {
                result.values[mirrored + 2 * Self.stateCount + moveCount - 1 - move] &+=
                    values[row + 2 * Self.stateCount + move]
            }
        }
        return result
    }

    /// Pairs that begin in a state.
    func samples(_ state: Int) -> UInt64 {
        let row = state * Self.rowCount
        return values[row..<(row + 2 * Self.stateCount)].reduce(0, &+)
    }
}
