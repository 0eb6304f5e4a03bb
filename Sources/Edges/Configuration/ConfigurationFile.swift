import Platform
import TOMLKit

/// One TOML file as a flat list of dotted keys, in the order of its lines.
struct ConfigurationFile {
    struct Entry {
        let key: String
        let value: RawValue
        /// Nil where the line could not be told, as in a table written in line.
        let line: Int?
    }

    let path: String
    let entries: [Entry]

    init(path: String) throws(ConfigurationError) {
        let bytes: [UInt8]
        do { bytes = try PosixFile.contents(of: path) } catch {
            throw .unreadable(path: path, reason: error.reason)
        }
        try self.init(path: path, text: String(decoding: bytes, as: UTF8.self))
    }

    init(path: String, text: String) throws(ConfigurationError) {
        func oneLine(_ text: String) -> String { text.split(whereSeparator: \.isNewline).joined(separator: " ") }
        let table: TOMLTable
        do { table = try TOMLTable(string: text) } catch let error as TOMLParseError {
            let start = error.source.begin
            throw .notTOML(path: path, line: start.line, column: start.column, reason: oneLine(error.description))
        } catch {
            throw .unreadable(path: path, reason: oneLine("\(error)"))
        }
        self.path = path
        let lines = ConfigurationFile.lines(of: text)
        var found: [Entry] = []
        ConfigurationFile.flatten(table, prefix: "") { key, value in
            found.append(Entry(key: key, value: value, line: lines[key]))
        }
        entries = found.sorted { ($0.line ?? .max, $0.key) < ($1.line ?? .max, $1.key) }
    }

    private static func flatten(_ table: TOMLTable, prefix: String, _ body: (String, RawValue) -> Void) {
        for name in table.keys {
            guard let value = table[name] else { continue }
            let key = prefix + name
            if value.type == .table, let inner = value.table {
                flatten(inner, prefix: key + ".", body)
            } else {
                body(key, raw(value))
            }
        }
    }

    private static func raw(_ value: any TOMLValueConvertible) -> RawValue {
        switch value.type {
        case .bool: value.bool.map(RawValue.boolean) ?? .other("boolean")
        case .int: value.int.map(RawValue.integer) ?? .other("integer")
        case .double: value.double.map(RawValue.real) ?? .other("number")
        case .string: value.string.map(RawValue.text) ?? .other("string")
        case .array, .date, .time, .dateTime, .table: .other("\(value.type)")
        }
    }

    /// The line on which each dotted key is set. The TOML library keeps no positions, so this reads headers and the
    /// left sides of assignments; what it misses (quoted keys, inline tables) has no line in an error, and nothing
    /// worse.
    private static func lines(of text: String) -> [String: Int] {
        var lines: [String: Int] = [:]
        var prefix = ""
        let text = text.drop { $0 == "\u{FEFF}" }
        let all = text.split(omittingEmptySubsequences: false) { $0 == "\n" || $0 == "\r\n" }
        for (index, line) in all.enumerated() {
            let compact = line.filter { !$0.isWhitespace }
            if compact.first == "[", let end = compact.firstIndex(of: "]") {
                prefix = compact[compact.index(after: compact.startIndex)..<end] + "."
            } else if compact.first != "#", let equals = compact.firstIndex(of: "=") {
                let key = prefix + compact[..<equals]
                if lines[key] == nil { lines[key] = index + 1 }
            }
        }
        return lines
    }
}
