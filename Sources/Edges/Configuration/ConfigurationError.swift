/// Why there is no configuration. `description` is the one line a user sees.
public enum ConfigurationError: Error, Equatable, Sendable {
    case unreadable(path: String, reason: String)
    case notTOML(path: String, line: Int, column: Int, reason: String)
    case unknownKey(String, origin: SettingOrigin, nearest: String)
    case badValue(key: String, origin: SettingOrigin, expected: String, found: String)
    /// `--set` without "=".
    case notAnAssignment(String)
    /// Values that are each in bounds but do not go together; `origin` is that of the one set last.
    case relation(rule: String, origin: SettingOrigin)
}

extension ConfigurationError: CustomStringConvertible {
    public var description: String {
        switch self {
        case .unreadable(let path, let reason): "\(path): cannot be read: \(reason)"
        case .notTOML(let path, let line, let column, let reason): "\(path):\(line):\(column): not TOML: \(reason)"
        case .unknownKey(let key, let origin, let nearest):
            "\(origin): unknown key '\(key)'; the nearest known key is '\(nearest)'"
        case .badValue(let key, let origin, let expected, let found):
            "\(origin): \(key): expected \(expected), found \(found)"
        case .notAnAssignment(let text): "command line --set: expected key=value, found \"\(text)\""
        case .relation(let rule, let origin): "\(origin): \(rule)"
        }
    }
}
