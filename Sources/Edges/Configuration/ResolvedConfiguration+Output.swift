import Platform

// How a configuration is written: for people, for run.json, and for hashing.
extension ResolvedConfiguration {
    /// One line per key in table order, `key = value`, valid TOML, without origins: the same configuration gives the
    /// same bytes wherever its values came from.
    public var canonicalText: String { settings.map { "\($0.key) = \($0.value.canonical)\n" }.joined() }

    /// The lines of `canonicalText` on which results depend; hash these to name what a replay was a function of.
    public var resultText: String {
        settings.filter(\.declaration.affectsResults).map { "\($0.key) = \($0.value.canonical)\n" }.joined()
    }

    /// `canonicalText` with the origin of each value as a comment, columns aligned.
    public var annotatedText: String {
        let lines = settings.map { (text: "\($0.key) = \($0.value.canonical)", origin: $0.origin) }
        let width = lines.map(\.text.count).max() ?? 0
        return lines.map { line in
            line.text + String(repeating: " ", count: width - line.text.count) + "  # \(line.origin)\n"
        }.joined()
    }

    /// One JSON object, keys in table order: `{"bars.sma_length": {"value": 90, "origin": "default"}, …}`. Times, money
    /// and symbols are strings.
    public var json: String {
        let members = settings.map { setting in
            "\(JSONText.string(setting.key)): {\"value\": \(setting.value.json), "
                + "\"origin\": \(JSONText.string(setting.origin.description))}"
        }
        return "{\n  " + members.joined(separator: ",\n  ") + "\n}"
    }
}

extension SettingValue {
    var json: String {
        switch self {
        case .boolean(let value): String(value)
        case .integer(let value): String(value)
        case .real(let value): String(value)
        case .timeOfDay(let value): JSONText.string("\(value)")
        case .money(let value): JSONText.string("\(value)")
        case .text(let value): JSONText.string(value)
        }
    }
}
