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
    private let history: String?
    private let tapes: [String]

    private(set) var differences: [String] = []
    private(set) var compared: [(String, UInt64)] = []

    /// - Parameters:
    ///   - tapes: empty for those that the run itself names.
    ///   - history: nil for what the run keeps, or names.
    init(_ site: RunSite, tapes: [String], history: String?) {
        self.site = site
        self.history = history
        self.tapes = tapes
    }

    mutating func run() throws {
        let file = try RunRecord(path: site.runFile)
        try NamedFiles.check(file, try file.configuration())
        let own = try site.tape.parts().map(\.path)
        let paths = try file.tapePaths(given: tapes, own: own)
        differences = try RunInputs.differences(paths, file.candidates(given: tapes, own: own))
        let merged = try MergedTape.open(paths)
        let setup = try MarketSetup(
            configuration: try file.configuration(), tape: merged, history: history ?? file.history(site))
        differences += RunInputs.differences(setup, file)
        // Of other inputs other results are no news.
        guard differences.isEmpty else { return }
        let scratch = VerificationScratch.path()
        try Directory.make(scratch, mode: 0o700)
        defer { try? FileManager.default.removeItem(atPath: scratch) }
        let output = try RunOutput(
            mode: setup.configuration.digest, plan: setup.plan, journal: "\(scratch)/trading.journal",
            audit: "\(scratch)/audit.jsonl")
        let (result, count) = try fold(merged, file.window, setup, output)
        compared = [
            ("records", count), ("feature rows", output.featureRows), ("signals", output.signalCount),
            ("fills", output.fillCount),
        ]
        try compare("\(scratch)/trading.journal", site.journal("trading"))
        try compare("\(scratch)/audit.jsonl", site.auditFile)
        compare(result, records: count, file)
    }

    private func fold(
        _ tape: consuming MergedTape, _ window: Range<UInt64>?, _ setup: MarketSetup, _ output: RunOutput
    ) throws -> (ReplayResult, UInt64) {
        var pipeline = TradingPipeline(
            plan: setup.plan, features: setup.features, trading: try setup.trading(), output: output)
        var feed = TapeFeed(tape, window: window)
        var count: UInt64 = 0
        while let (record, sequence) = try feed.next() {
            pipeline.take(record, sequence: sequence)
            count = sequence + 1
        }
        if let failure = output.failure { throw failure }
        var result = ReplayResult(pipeline: pipeline, counts: feed.finish(), runDirectory: site.directory)
        result.featureDigest = try output.finish()
        return (result, count)
    }

    /// Every value of the results that follows from the inputs.
    private mutating func compare(_ result: ReplayResult, records: UInt64, _ file: RunRecord) {
        let made = result.members.filter { !ReplayResult.measured.contains($0.0) }
        var results = RunResults(site)
        if PosixFile.exists(site.configurationFile) {
            // The engine and the account of a run in logical time tell what they have in common with a replay.
            results.compareCommon(.engine, made.filter { $0.0 != "records" } + [("records", "\(records)")])
            results.compareCommon(.risk, made)
            results.compareCommon(.execution, made)
            results.compareSummary(made, records: records)
        } else {
            results.compareSummary(made)
        }
        results.compareRunFile(file, made)
        differences += results.differences
        compared.append(("results", results.count))
    }

    private mutating func compare(_ made: String, _ kept: String) throws {
        let (a, b) = (try PosixFile.contents(of: made), try PosixFile.contents(of: kept))
        compared.append((String(kept.split(separator: "/").last ?? ""), UInt64(b.count)))
        guard a != b else { return }
        let place = zip(a, b).enumerated().first { $0.element.0 != $0.element.1 }?.offset ?? min(a.count, b.count)
        differences.append("\(kept): differs from byte \(place): \(b.count) bytes there, \(a.count) made again")
    }
}
