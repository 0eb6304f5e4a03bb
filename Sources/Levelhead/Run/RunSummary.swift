import Features

/// What a person is told at the end of a run: of a replay and of a run of processes alike. A digest is whole, nil where
/// nobody is left who knew it.
struct RunSummary {
    var records: String
    var seconds: Double
    var recordsPerSecond: Double?
    var groups: String
    var featureRows: String
    var featureDigest: String?
    var levelTests: String
    var signals: String
    var signalDigest: String?
    var orders: String
    var fills: String
    var orderDigest: String?
    /// Contracts and symbols, such as "2 MESH4".
    var position: String
    var tradingState: String
    var netProfit: String
    var brokenRules: String
    /// Of a run of processes: those that were started again, and those that were not.
    var processes: String?
    var directory: String

    static let missing = "missing"

    var text: String {
        let rate = recordsPerSecond.map { ", \(Self.hundredths($0 / 1e6)) million a second" } ?? ""
        var lines = [
            ("records", "\(records) in \(Self.hundredths(seconds)) s\(rate)"),
            ("event groups", groups),
            ("feature rows", "\(featureRows) × \(FeatureSchema.columnCount)   \(Self.text(featureDigest))"),
            ("level tests", levelTests),
            ("signals", "\(signals)   \(Self.text(signalDigest))"),
            ("orders, fills", "\(orders), \(fills)   \(Self.text(orderDigest))"),
            ("position", "\(position), account \(tradingState)"),
            ("net profit", "\(netProfit) USD after fees"),
            ("rules broken", brokenRules),
        ]
        if let processes { lines.append(("processes", processes)) }
        lines.append(("run directory", directory))
        return lines.map { $0 + String(repeating: " ", count: 16 - $0.count) + $1 }.joined(separator: "\n")
    }

    private static func text(_ digest: String?) -> String {
        "sha256 " + (digest.map { "\($0.prefix(16))…" } ?? missing)
    }
    private static func hundredths(_ value: Double) -> Double { (value * 100).rounded() / 100 }
}
