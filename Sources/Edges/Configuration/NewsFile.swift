import MarketCalendar
import Platform
public import Units

/// Why a calendar of news windows cannot be used: the file, the line, and what is wrong there.
public struct NewsFileError: Error, Equatable, Sendable, CustomStringConvertible {
    public let path: String
    /// Nil for the file as a whole.
    public let line: Int?
    public let reason: String

    public init(path: String, line: Int?, reason: String) {
        self.path = path
        self.line = line
        self.reason = reason
    }

    public var description: String { "\(path)\(line.map { ":\($0)" } ?? ""): \(reason)" }
}

/// A calendar of times in which strategies open nothing: lines `FROM,TO` or `FROM,TO,NAME`, instants as
/// `2026-11-27T13:25Z` or with an offset, `2026-11-27T08:25-05:00`; seconds may follow the minutes. Lines that begin
/// with `#`, and empty ones, say nothing.
public struct NewsFile: Equatable, Sendable {
    /// Half-open, in the order of the lines.
    public let windows: [Range<Timestamp>]

    public init(path: String) throws(NewsFileError) {
        let bytes: [UInt8]
        do { bytes = try PosixFile.contents(of: path) } catch {
            throw NewsFileError(path: path, line: nil, reason: "cannot be read: \(error.reason)")
        }
        try self.init(path: path, text: String(decoding: bytes, as: UTF8.self))
    }

    /// - Parameter most: windows that the caller has room for.
    init(path: String, text: String, most: Int = 4_096) throws(NewsFileError) {
        var windows: [Range<Timestamp>] = []
        for (index, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
            func fail(_ reason: String) -> NewsFileError {
                NewsFileError(path: path, line: index + 1, reason: reason)
            }
            let fields = line.split(separator: ",", omittingEmptySubsequences: false).map(NewsFile.trimmed)
            guard let first = fields.first, !first.isEmpty, first.first != "#" else { continue }
            guard fields.count >= 2 else { throw fail("expected FROM,TO, found \"\(line)\"") }
            guard let from = Timestamp(iso8601: first, needsZone: true) else {
                throw fail("\"\(first)\" is not an instant")
            }
            guard let to = Timestamp(iso8601: fields[1], needsZone: true) else {
                throw fail("\"\(fields[1])\" is not an instant")
            }
            guard from < to else { throw fail("a window ends after it begins") }
            guard windows.count < most else { throw fail("more than \(most) windows") }
            windows.append(from..<to)
        }
        self.windows = windows
    }

    private static func trimmed(_ text: Substring) -> Substring {
        var text = text
        while let first = text.first, first.isWhitespace { text.removeFirst() }
        while let last = text.last, last.isWhitespace { text.removeLast() }
        return text
    }
}
