/// JSON from values, for reports of a program: keys stay in the order they are added.
public enum JSONText {
    /// A quoted, escaped string.
    public static func string(_ text: String) -> String {
        var result = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": result += "\\\""
            case "\\": result += "\\\\"
            case "\n": result += "\\n"
            case "\t": result += "\\t"
            case "\r": result += "\\r"
            case _ where scalar.value < 0x20:
                let hex = String(scalar.value, radix: 16)
                result += "\\u" + String(repeating: "0", count: 4 - hex.count) + hex
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result + "\""
    }

    /// An integer, or null.
    public static func integer(_ value: (some BinaryInteger)?) -> String { value.map { "\($0)" } ?? "null" }

    public static func array(_ elements: [String]) -> String { "[" + elements.joined(separator: ", ") + "]" }

    /// - Parameter members: keys and JSON values.
    public static func object(_ members: KeyValuePairs<String, String>) -> String {
        object(members.map { ($0.key, $0.value) })
    }

    public static func object(_ members: [(String, String)]) -> String {
        "{" + members.map { string($0.0) + ": " + $0.1 }.joined(separator: ", ") + "}"
    }
}
