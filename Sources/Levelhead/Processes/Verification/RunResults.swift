import Foundation
import Platform

/// Compares the results that a run has written with those that were made again, value by value.
struct RunResults {
    private let site: RunSite

    /// A line each, with file and key.
    private(set) var differences: [String] = []
    /// Values compared.
    private(set) var count: UInt64 = 0

    /// What the run came to as a whole; nil when it did not end.
    private let summary: [String: String]?

    init(_ site: RunSite) {
        self.site = site
        summary = Self.members("\(site.directory)/results/summary.json")
    }

    /// The values of a JSON file, in their canonical text; nil when it is not there.
    private static func members(_ path: String) -> [String: String]? {
        guard let bytes = try? PosixFile.contents(of: path) else { return nil }
        guard let object = try? JSONSerialization.jsonObject(with: Data(bytes)) as? [String: Any] else { return [:] }
        return object.mapValues(text)
    }

    private static func text(_ value: Any) -> String {
        let options: JSONSerialization.WritingOptions = [.fragmentsAllowed, .sortedKeys, .withoutEscapingSlashes]
        guard let data = try? JSONSerialization.data(withJSONObject: value, options: options) else { return "nothing" }
        return String(decoding: data, as: UTF8.self)
    }

    private static func canonical(_ json: String) -> String {
        (try? JSONSerialization.jsonObject(with: Data(json.utf8), options: .fragmentsAllowed)).map(text) ?? json
    }

    /// Whether a process has ended in order: its values are in the summary.
    func exists(_ role: ProcessRole) -> Bool { PosixFile.exists(site.result(role)) }

    /// A process that did not end in order at the run's end, or was ended before and not started again. A dead ingest's
    /// tape may have records that it never got into the ring.
    func isDead(_ role: ProcessRole) -> Bool { summary?["dead"]?.contains("\"\(role.rawValue)\"") == true }

    /// An error has ended the run.
    var hasFailed: Bool { summary?[UpResult.failureKey] != nil }

    /// The record up to which a process came that ended in order before the run did, or when the run or its ingest did
    /// not: each of them ends where it is. In a run that ended in order they have taken all of them.
    func end(of role: ProcessRole) -> UInt64 {
        if summary != nil, !hasFailed, !isDead(role), !isDead(.ingest) { return .max }
        return Self.members(site.result(role))?["records"].flatMap { UInt64($0) } ?? .max
    }

    /// The results of one process have to hold all of these.
    mutating func compare(_ role: ProcessRole, _ made: [(String, String)]) {
        guard let kept = Self.members(site.result(role)) else { return }
        compare("results/\(role.rawValue).json", kept, made)
    }

    /// Those of them that the results of one process hold.
    mutating func compareCommon(_ role: ProcessRole, _ made: [(String, String)]) {
        guard let kept = Self.members(site.result(role)) else { return }
        compare("results/\(role.rawValue).json", kept, made.filter { kept[$0.0] != nil })
    }

    /// The summary of one fold has to hold all of these.
    mutating func compareSummary(_ made: [(String, String)]) {
        guard let kept = summary else {
            return differences.append("results/summary.json: missing: the run did not end")
        }
        compare("results/summary.json", kept, made)
    }

    /// What the summary of several processes has from them.
    private static let summarized = [
        "event_groups", "feature_rows", "feature_sha256", "signals", "signal_sha256", "orders", "order_sha256", "fills",
        "position", "net_pnl_usd", "rule_breaches", "value_at_risk_usd", "trading_state",
    ] + MarketTally.keys

    /// The summary of several processes: it counts, too, what ingest left out before anybody saw it.
    ///
    /// - Parameter records: those of the run's tape.
    mutating func compareSummary(_ made: [(String, String)], records: UInt64) {
        let name = "results/summary.json"
        guard let kept = summary else {
            // Cut short; what each process came to has been compared.
            if !exists(.engine) { differences.append("\(name): missing: the run did not end") }
            return
        }
        compare(name, kept, made.filter { Self.summarized.contains($0.0) })
        let leftOut = ["ignored_trades", "skipped_records"].reduce(0) { $0 + (kept[$1].flatMap { UInt64($0) } ?? 0) }
        compare(name, kept, [("records", "\(records &+ leftOut)")])
        guard let ingest = Self.members(site.result(.ingest)) else { return }
        let pairs = [("records", "records"), ("ignored_trades", "ignoredTrades"), ("skipped_records", "skippedRecords")]
        compare(name, kept, pairs.compactMap { key, own in ingest[own].map { (key, $0) } })
    }

    /// The digests that `run.json` has of a run that ended.
    mutating func compareRunFile(_ run: RunRecord, _ made: [(String, String)]) {
        let kept = RunFile.digests.compactMap { key in run.text(key).map { (key, JSONText.string($0)) } }
        compare(
            "run.json", Dictionary(kept.map { ($0.0, Self.canonical($0.1)) }, uniquingKeysWith: { $1 }),
            made.filter { pair in kept.contains { $0.0 == pair.0 } })
    }

    private mutating func compare(_ name: String, _ kept: [String: String], _ made: [(String, String)]) {
        for (key, json) in made {
            count += 1
            let (found, expected) = (kept[key] ?? "nothing", Self.canonical(json))
            if found != expected { differences.append("\(name): \(key): \(found), and \(expected) made again") }
        }
    }
}
