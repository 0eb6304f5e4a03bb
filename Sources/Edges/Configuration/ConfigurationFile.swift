import Platform
import TOMLKit

/// One TOML file as a flat list of dotted keys, in the order of its lines. A table without keys is one, too.
struct ConfigurationFile {
    struct Entry {
        let key: String
        let value: RawValue
        /// Nil where the line could not be told, as in a table written in line.
        let line: Int?
    }

    /// The value of a table without keys.
    static let emptyTable = RawValue.other("table")

    let path: String
    let entries: [Entry]

    init(path: String) throws(ConfigurationError) {
        let bytes: [UInt8]
        do { bytes = try PosixFile.contents(of: path) } catch {
            throw .unreadable(path: path, reason: error.reason)
        }
        try self.init(path: path, text: try ConfigurationFile.text(bytes, path))
    }

    /// The parser takes a text to be over at a byte of zero, and half a file would be the defaults.
    private static func text(_ bytes: [UInt8], _ path: String) throws(ConfigurationError) -> String {
        var decoder = Unicode.UTF8.ForwardParser()
        var unread = bytes.makeIterator()
        var position = 0
        while true {
            switch decoder.parseScalar(from: &unread) {
            case .valid(let scalar) where scalar.first != 0: position += scalar.count
            case .emptyInput: return String(decoding: bytes, as: UTF8.self)
            case .valid, .error:
                let before = bytes[..<position]
                let line = before.count { $0 == UInt8(ascii: "\n") } + 1
                let column = position - (before.lastIndex(of: UInt8(ascii: "\n")) ?? -1)
                let found = String(bytes[position], radix: 16)
                throw .notTOML(
                    path: path, line: line, column: column,
                    reason: "byte 0x\(found.count == 1 ? "0" : "")\(found), expected a text in UTF-8")
            }
        }
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
            // A name with a point is none of ours, and not the table and name that it looks like.
            let key = prefix + (name.contains(".") ? "\"\(name)\"" : name)
            if value.type == .table, let inner = value.table, !inner.keys.isEmpty {
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
                let table = String(compact[compact.index(after: compact.startIndex)..<end])
                if lines[table] == nil { lines[table] = index + 1 }
                prefix = table + "."
            } else if compact.first != "#", let equals = compact.firstIndex(of: "=") {
                let key = prefix + compact[..<equals]
                if lines[key] == nil { lines[key] = index + 1 }
            }
        }
        return lines
    }
}
