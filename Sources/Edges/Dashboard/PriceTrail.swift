import Platform
import Units

/// Mid and levels of the last ten minutes of the market's time, one sample a second of it at most: what the chart
/// shows.
struct PriceTrail {
    static let span: UInt64 = 10 * 60 * 1_000
    private static let step: UInt64 = 1_000

    private struct Sample {
        /// ms since 1970.
        let time: UInt64
        /// [time, mid, level, …]
        let json: String
    }

    private var samples: [Sample] = []

    /// - Parameter time: of the market, ms since 1970.
    mutating func add(time: UInt64, mid: Double, levels: [Double]) {
        if let last = samples.last {
            // A tape that is played again, or another session's.
            if time < last.time { samples.removeAll() } else if time < last.time + Self.step { return }
        }
        let values = ["\(time)", jsonNumber(mid)] + levels.map(jsonNumber)
        samples.append(Sample(time: time, json: "[" + values.joined(separator: ",") + "]"))
        let old = samples.prefix { $0.time + Self.span < time }.count
        // Not one at a time: an array's head is not free to remove.
        if old > 60 { samples.removeFirst(old) }
    }

    var json: String { Self.json(samples[...]) }

    /// The newest samples: who got the snapshot before this one has all others.
    func newest(_ count: Int) -> String { Self.json(samples.suffix(count)) }

    private static func json(_ samples: ArraySlice<Sample>) -> String {
        "[" + samples.map(\.json).joined(separator: ",") + "]"
    }
}
