import Platform
public import Units

/// Times that were measured, from a file: one a line, in whole nanoseconds; a count may follow, as in a histogram.
/// Blank lines and lines that begin with # are passed over.
///
/// A long file becomes a table of its quantiles, so that what is drawn from it has a bound.
public struct MeasuredTimes: Equatable, Sendable {
    /// Most entries of the table.
    public static let capacity = 4_096

    /// Each as likely as the others, from the shortest to the longest.
    public let table: [Nanoseconds]

    public init(path: String) throws {
        try self.init(String(decoding: PosixFile.contents(of: path), as: UTF8.self), path: path)
    }

    /// - Throws: `MeasuredTimesError` for a line that is not a time, and for a file without one.
    public init(_ text: String, path: String) throws(MeasuredTimesError) {
        var measured: [(time: Int64, count: Int64)] = []
        var total: Int64 = 0
        let lines = text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline)
        for (index, line) in lines.enumerated() {
            let words = line.split(whereSeparator: { $0 == " " || $0 == "\t" || $0 == "," })
            guard let first = words.first, !first.hasPrefix("#") else { continue }
            guard words.count <= 2, let time = Int64(first), Self.times.contains(time),
                let count = words.count == 2 ? Int64(words[1]) : 1, Self.counts.contains(count),
                total <= Self.counts.upperBound
            else { throw MeasuredTimesError(path: path, line: index + 1) }
            measured.append((time, count))
            total += count
        }
        guard total > 0 else { throw MeasuredTimesError(path: path, line: nil) }
        measured.sort { $0.time < $1.time }
        table = Self.quantiles(measured, total)
    }

    /// Up to a minute.
    private static let times: ClosedRange<Int64> = 0...60_000_000_000
    private static let counts: ClosedRange<Int64> = 1...1_000_000_000_000

    private static func quantiles(_ measured: [(time: Int64, count: Int64)], _ total: Int64) -> [Nanoseconds] {
        let entries = min(total, Int64(capacity))
        var table: [Nanoseconds] = []
        var index = 0
        var passed: Int64 = 0
        for entry in 0..<entries {
            // The middle of the entry's share of all times.
            let rank = Int64((Int128(2 * entry + 1) * Int128(total)) / Int128(2 * entries))
            while passed + measured[index].count <= rank {
                passed += measured[index].count
                index += 1
            }
            table.append(Nanoseconds(measured[index].time))
        }
        return table
    }
}

public struct MeasuredTimesError: Error, Equatable, CustomStringConvertible {
    public let path: String
    /// Nil: of the whole file.
    public let line: Int?

    public init(path: String, line: Int?) {
        self.path = path
        self.line = line
    }

    public var description: String {
        guard let line else { return "\(path): holds no measured time" }
        return "\(path):\(line): is not a time in nanoseconds from 0 to 60000000000, with or without a count"
    }
}
