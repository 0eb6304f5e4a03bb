import Configuration
import DBN
import Foundation
import Orders
import Pipeline
import Platform
import Storage
import Tape
import Units

/// Replays a run again that was one fold from record to fill, `levelhead replay` or `up --lockstep`, and compares its
/// journal, its audit log and its digests, byte for byte.
struct ReplayVerification {
    private let site: RunSite
    private let tapes: [String]

    private(set) var differences: [String] = []
    private(set) var compared: [(String, UInt64)] = []

    /// - Parameter tapes: empty for those that the run itself names.
    init(_ site: RunSite, tapes: [String]) {
        self.site = site
        self.tapes = tapes
    }

    mutating func run() throws {
        let file = try RunRecord(path: "\(site.directory)/run.json")
        try NamedFiles.check("\(site.directory)/run.json", try file.configuration())
        let paths = try tapes.isEmpty ? recordedTapes(file) : TapePaths.expand(tapes)
        let merged = try MergedTape.open(paths)
        let setup = try MarketSetup(
            configuration: try file.configuration(), tape: merged, history: site.history ?? file.history)
        let scratch = FileManager.default.temporaryDirectory.path + "/levelhead-verify-\(getpid())"
        try Directory.make(scratch, mode: 0o700)
        defer { try? FileManager.default.removeItem(atPath: scratch) }
        let output = try RunOutput(
            mode: setup.configuration.digest, plan: setup.plan, journal: "\(scratch)/trading.journal",
            audit: "\(scratch)/audit.jsonl")
        let count = try fold(merged, file.window, setup, output)
        let digest = try output.finish()
        compared = [
            ("records", count), ("feature rows", output.featureRows), ("signals", output.signalCount),
            ("fills", output.fillCount),
        ]
        try compare("\(scratch)/trading.journal", site.journal("trading"))
        try compare("\(scratch)/audit.jsonl", site.auditFile)
        guard let results = file.results(site) else {
            return differences.append("results: missing: the run did not end")
        }
        check("feature_sha256", results, digest)
        check("signal_sha256", results, output.signalDigest)
        check("order_sha256", results, output.orderDigest)
    }

    /// The run's own tape, else the files that it was given.
    private func recordedTapes(_ file: RunRecord) throws -> [String] {
        let own = try site.tape.parts().map(\.path)
        return own.isEmpty ? file.tapes : own
    }

    private func fold(
        _ tape: consuming MergedTape, _ window: Range<UInt64>?, _ setup: MarketSetup, _ output: RunOutput
    ) throws -> UInt64 {
        var pipeline = TradingPipeline(
            plan: setup.plan, features: setup.features, trading: try setup.trading(), output: output)
        var feed = TapeFeed(tape, window: window)
        var count: UInt64 = 0
        while let (record, sequence) = try feed.next() {
            pipeline.take(record, sequence: sequence)
            count = sequence + 1
        }
        if let failure = output.failure { throw failure }
        return count
    }

    private mutating func compare(_ made: String, _ kept: String) throws {
        let (a, b) = (try PosixFile.contents(of: made), try PosixFile.contents(of: kept))
        compared.append((String(kept.split(separator: "/").last ?? ""), UInt64(b.count)))
        guard a != b else { return }
        let place = zip(a, b).enumerated().first { $0.element.0 != $0.element.1 }?.offset ?? min(a.count, b.count)
        differences.append("\(kept): differs from byte \(place): \(b.count) bytes there, \(a.count) made again")
    }

    private mutating func check(_ key: String, _ results: [String: Any], _ made: String) {
        let kept = results[key] as? String
        if kept != made { differences.append("\(key): \(kept ?? "nothing") in the results, \(made) made again") }
    }
}

/// What `run.json` says of a run.
struct RunRecord {
    private let members: [String: Any]
    private let path: String

    init(path: String) throws {
        self.path = path
        let bytes = try PosixFile.contents(of: path)
        guard let members = (try? JSONSerialization.jsonObject(with: Data(bytes))) as? [String: Any] else {
            throw RunRecordError(path: path, what: "not a JSON object")
        }
        self.members = members
    }

    var tapes: [String] { (members["tapes"] as? [[String: Any]] ?? []).compactMap { $0["path"] as? String } }

    var history: String? { (members["history"] as? [String: Any])?["path"] as? String }

    /// Receive times, ns; nil for all there are.
    var window: Range<UInt64>? {
        let from = (members["from"] as? NSNumber)?.uint64Value
        let to = (members["to"] as? NSNumber)?.uint64Value
        return from == nil && to == nil ? nil : (from ?? 0)..<(to ?? .max)
    }

    /// The values that were in force.
    func configuration() throws -> ResolvedConfiguration {
        let bytes = try PosixFile.contents(of: path)
        let settings = try JSONDecoder().decode(Settings.self, from: Data(bytes)).configuration
        var sources = ConfigurationSources()
        sources.overrides = settings.sorted { $0.key < $1.key }.map { key, setting in
            .init(key: key, value: setting.value.text, flag: path)
        }
        return try sources.resolve()
    }


    /// Of a replay in `summary.json`, of a run in logical time in the engine's results.
    func results(_ site: RunSite) -> [String: Any]? {
        for file in ["\(site.directory)/results/summary.json", site.result(.engine)] {
            guard let bytes = try? PosixFile.contents(of: file) else { continue }
            if let members = (try? JSONSerialization.jsonObject(with: Data(bytes))) as? [String: Any] { return members }
        }
        return nil
    }
}

/// The values of `run.json` as the command line would have them.
private struct Settings: Decodable {
    struct Setting: Decodable {
        let value: Value
    }

    struct Value: Decodable {
        let text: String

        init(from decoder: any Decoder) throws {
            let container = try decoder.singleValueContainer()
            if let value = try? container.decode(Bool.self) {
                text = "\(value)"
            } else if let value = try? container.decode(Int64.self) {
                text = "\(value)"
            } else if let value = try? container.decode(Double.self) {
                text = "\(value)"
            } else {
                text = try container.decode(String.self)
            }
        }
    }

    let configuration: [String: Setting]
}

struct RunRecordError: Error, CustomStringConvertible {
    let path: String
    let what: String
    var description: String { "\(path): \(what)" }
}
