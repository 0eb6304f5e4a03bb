/// One key of the configuration: the only place that knows its type, default, bounds, unit and meaning.
public struct SettingDeclaration: Sendable {
    /// Dotted, as in TOML: "bars.sma_length".
    public let key: String
    public let kind: SettingKind
    public let standard: SettingValue
    /// Empty where the value has none.
    public let unit: String
    public let meaning: String
    /// Whether results depend on it. How the ring waits changes no feature and no fill.
    public let affectsResults: Bool

    /// The environment variable that sets it: "LEVELHEAD_BARS_SMA_LENGTH".
    public var environmentName: String {
        SettingTable.environmentPrefix + key.uppercased().map { $0 == "." ? "_" : String($0) }.joined()
    }

    /// The part before the first point; nil for a key without sections.
    var section: Substring? { key.contains(".") ? key.prefix { $0 != "." } : nil }

    /// Two lines for a help page.
    public var help: String {
        let unit = unit.isEmpty ? "" : " [\(unit)]"
        return "  \(key) = \(standard.canonical)\(unit)\n      \(meaning); \(kind.expectation)"
    }
}
