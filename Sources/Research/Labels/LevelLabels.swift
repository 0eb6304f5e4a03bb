import Features

/// The columns of FEATURES B.8: what came after a test of a level, known only later. Research files alone hold them.
public enum LabelSchema {
    /// Seconds over which a test is followed.
    public static let horizons: [UInt64] = [120, 240, 480]
    public static let columnsPerHorizon = 4

    /// Name and unit, the levels one after the other, in each the horizons.
    public static let columns: [(name: String, unit: String)] = LevelKind.allCases.flatMap { level in
        horizons.flatMap { seconds -> [(name: String, unit: String)] in
            let prefix = "label_\(level.name)_"
            return [
                (prefix + "outcome_\(seconds)s_code", "code"),
                (prefix + "seconds_to_outcome_\(seconds)s", "s"),
                (prefix + "max_favorable_excursion_\(seconds)s_ticks", "ticks"),
                (prefix + "max_adverse_excursion_\(seconds)s_ticks", "ticks"),
            ]
        }
    }
}

/// A test of a level as it began, frozen.
public struct TestStart: Sendable {
    public let level: LevelKind
    /// Time of the group that began it (t₀), ns.
    public let time: UInt64
    /// `ts_event` of that group, the engine's receive clock then (ns), and its ring sequence.
    public let eventTime: UInt64
    public let received: UInt64
    public let sequence: UInt64
    /// a: +1 price came from below, −1 from above, 0 not known.
    public let side: Int32
    public let price: LevelPrice
    /// H, ticks.
    public let barrier: Int64
    /// The last instant that a path may reach, ns: the end of regular hours, or of the session after them.
    public let limit: UInt64

    public init(
        level: LevelKind, time: UInt64, eventTime: UInt64, received: UInt64, sequence: UInt64, side: Int32,
        price: LevelPrice, averageTrueRange: Double, limit: UInt64
    ) {
        self.level = level
        self.time = time
        self.eventTime = eventTime
        self.received = received
        self.sequence = sequence
        self.side = side
        self.price = price
        self.limit = limit
        barrier = Self.barrier(averageTrueRange: averageTrueRange)
    }

    /// max(8, ATR to the nearest even), ticks; 8 while there is no ATR.
    public static func barrier(averageTrueRange: Double) -> Int64 {
        averageTrueRange.isFinite ? max(8, Int64(averageTrueRange.rounded(.toNearestOrEven))) : 8
    }
}

/// What is known of a test over one horizon.
struct LabelPath: Sendable {
    /// +1 break, −1 rejection, 0 neither yet.
    var outcome: Int64 = 0
    var hitAfter: UInt64 = 0
    /// Greatest a·(n(p) − L/τ) and a·(L/τ − n(p)) so far, at least 0, in 1/denominator tick.
    var favorable: Int64 = 0
    var adverse: Int64 = 0
    /// The receive clock at which the horizon was known to be over, ns; 0 while it is not.
    var known: UInt64 = 0
    /// Records of it are missing, or the market closed before its end: it never will be known.
    var isLost = false
}

/// One row of the label file.
public struct LabelRow: Sendable {
    public let start: TestStart
    var paths: [LabelPath]

    /// For each horizon when its labels became known, by the receive clock in ns; 0 if they never do.
    public var known: [UInt64] { paths.map(\.known) }

    /// All columns of `LabelSchema`; those of other levels and of paths that were cut short are NaN.
    public var values: [Double] {
        var out = [Double](repeating: .nan, count: LabelSchema.columns.count)
        let width = LabelSchema.horizons.count * LabelSchema.columnsPerHorizon
        for (index, path) in paths.enumerated() where path.known > 0 {
            let first = start.level.rawValue * width + index * LabelSchema.columnsPerHorizon
            let denominator = Double(start.price.denominator)
            out[first] = Double(path.outcome)
            out[first + 1] = path.outcome == 0 ? .nan : Double(path.hitAfter) / 1e9
            out[first + 2] = Double(path.favorable) / denominator
            out[first + 3] = Double(path.adverse) / denominator
        }
        return out
    }
}

/// Follows every test of a finished tape over its horizons: the triple barrier of López de Prado 2018, chapter 3.
public struct LabelTracker: Sendable {
    private static let second: UInt64 = 1_000_000_000
    private var rows: [LabelRow] = []
    /// Rows with a horizon that is not over, by their place.
    private var open: [Int] = []

    public init() {}

    /// A group of the contract closed at `time`: horizons that ended before are complete.
    ///
    /// - Parameter received: the receive clock, ns.
    public mutating func pass(to time: UInt64, received: UInt64) {
        open.removeAll { row in
            let start = rows[row].start
            var isOver = true
            for (index, seconds) in LabelSchema.horizons.enumerated() where rows[row].paths[index].known == 0 {
                let end = start.time + seconds * Self.second
                guard end < time else {
                    isOver = false
                    continue
                }
                if end <= start.limit, start.side != 0, !rows[row].paths[index].isLost {
                    rows[row].paths[index].known = received
                }
            }
            return isOver
        }
    }

    /// The market closed at `time`, before its hour as on a short day: no path goes on behind that. One of which the
    /// end has come is complete.
    ///
    /// - Parameter received: the receive clock, ns.
    public mutating func close(at time: UInt64, received: UInt64) {
        pass(to: time, received: received)
        for row in open {
            for index in rows[row].paths.indices where rows[row].paths[index].known == 0 {
                rows[row].paths[index].isLost = true
            }
        }
    }

    /// Records are missing, those after the first instant and before the second, ns: what happened to the paths that
    /// reach into it is not known.
    public mutating func lose(_ hole: Range<UInt64>) {
        for row in open where rows[row].start.time < hole.upperBound {
            for (index, seconds) in LabelSchema.horizons.enumerated()
            where rows[row].paths[index].known == 0 && rows[row].start.time + seconds * Self.second > hole.lowerBound {
                rows[row].paths[index].isLost = true
            }
        }
    }

    /// Takes a trade of the group last passed.
    public mutating func trade(price: Int32, time: UInt64) {
        for row in open where time > rows[row].start.time {
            let start = rows[row].start
            let offset = Int64(start.side) * start.price.offset(ofPrice: price)
            let barrier = start.barrier * start.price.denominator
            let after = time - start.time
            for (index, seconds) in LabelSchema.horizons.enumerated() where after <= seconds * Self.second {
                rows[row].paths[index].favorable = max(rows[row].paths[index].favorable, offset)
                rows[row].paths[index].adverse = max(rows[row].paths[index].adverse, -offset)
                guard rows[row].paths[index].outcome == 0, abs(offset) >= barrier else { continue }
                rows[row].paths[index].outcome = offset.signum()
                rows[row].paths[index].hitAfter = after
            }
        }
    }

    /// A test began with the group whose trades were taken last.
    public mutating func begin(_ start: TestStart) {
        open.append(rows.count)
        rows.append(LabelRow(start: start, paths: Array(repeating: LabelPath(), count: LabelSchema.horizons.count)))
    }

    /// The rows in the order of their starts. Horizons that the tape did not complete stay unknown.
    public func finish() -> [LabelRow] { rows }
}
