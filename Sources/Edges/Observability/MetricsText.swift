/// Prometheus's text exposition, version 0.0.4: families of samples, each with its help and type.
struct MetricsText {
    enum Kind: String {
        case counter, gauge, summary
    }

    private(set) var text = ""

    /// Begins a family. Every sample until the next belongs to it; a family without samples is left out.
    mutating func family(_ name: String, _ kind: Kind, _ help: String, _ samples: (inout Samples) -> Void) {
        var collected = Samples(name: name)
        samples(&collected)
        guard !collected.lines.isEmpty else { return }
        text += "# HELP \(name) \(Self.escaped(help))\n# TYPE \(name) \(kind.rawValue)\n"
        text += collected.lines
    }

    struct Samples {
        let name: String
        fileprivate(set) var lines = ""

        /// - Parameter suffix: `_sum` or `_count` of a summary.
        mutating func add(_ value: String, _ labels: KeyValuePairs<String, String> = [:], suffix: String = "") {
            let inside = labels.map { "\($0.key)=\"\(MetricsText.escaped($0.value, quotes: true))\"" }
            lines += name + suffix + (inside.isEmpty ? "" : "{" + inside.joined(separator: ",") + "}") + " \(value)\n"
        }

        mutating func add(_ value: some BinaryInteger, _ labels: KeyValuePairs<String, String> = [:]) {
            add("\(value)", labels)
        }

        mutating func add(_ value: Double, _ labels: KeyValuePairs<String, String> = [:], suffix: String = "") {
            add("\(value)", labels, suffix: suffix)
        }
    }

    private static func escaped(_ text: String, quotes: Bool = false) -> String {
        var result = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\\": result += "\\\\"
            case "\n": result += "\\n"
            case "\"" where quotes: result += "\\\""
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result
    }
}
