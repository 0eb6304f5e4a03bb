import ArgumentParser
import Foundation
import Platform
import Units

/// `levelhead drill`: does the kill switch work on this machine?
struct DrillCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "drill",
        abstract: "Kills processes, cuts the feed, makes the venue go wrong and flattens, and says what held.",
        discussion: """
            Each run is a desk of its own over a synthetic tape in a temporary directory. In a seeded order it sends \
            orders, stops processes, silences the feed and flattens; each process is killed once, in front of a step \
            whose number is drawn; and the venue drops, repeats or delays its acknowledgements, or fills orders that \
            it has cancelled. A run passes when every flatten was proven, the venue's second client finds the account \
            flat at the end and levelhead verify finds nothing. Exit status 0 when all pass.

            Example: levelhead drill --runs 5
            """)

    @Option(help: "What happens in which order.")
    var seed: UInt64 = 1

    @Option(help: "How many runs.")
    var runs = 3

    @Option(help: ArgumentHelp("Not used: a drill touches no other desk's state.", valueName: "dir"))
    var stateDir: String?

    @OptionGroup var unread: UnreadConfiguration

    @Flag(help: "Print one JSON object.")
    var json = false

    func validate() throws {
        guard (1...10_000).contains(runs) else { throw ValidationError("--runs: \(runs), expected 1 to 10000.") }
    }

    func run() throws {
        try reportingErrors {
            // Socket paths have at most 107 bytes.
            let name = "lh-drill-\(UUID().uuidString.prefix(8).lowercased())"
            let place = FileManager.default.temporaryDirectory.appendingPathComponent(name).path
            try Directory.make(place, mode: 0o700)
            // Nothing of a drill that could not be held is worth looking at.
            let results: [DrillResult]
            do { results = try hold(in: place) } catch {
                try? FileManager.default.removeItem(atPath: place)
                throw error
            }
            let failed = results.filter { $0.failure != nil }.count
            if failed == 0 { try? FileManager.default.removeItem(atPath: place) }
            if json { print(object(results, failed: failed)) } else { summarize(results, failed: failed, place) }
            if failed > 0 { throw ExitCode.failure }
        }
    }

    private func hold(in place: String) throws -> [DrillResult] {
        let bar = StepBar()
        defer { bar.clear() }
        return try (0..<runs).map { try play($0, place, bar) }
    }

    private func play(_ number: Int, _ place: String, _ bar: StepBar) throws -> DrillResult {
        let tape = "\(place)/day"
        if !PosixFile.exists(tape) {
            let made = try OwnProgram.run(
                [
                    "synth", "--date", "2026-03-10", "--seed", "\(seed)", "--rate", "0.02", "--from", "09:30", "--to",
                    "10:10", "--no-options", "--out", tape,
                ], scratch: place)
            guard made.status == 0 else { throw DrillFailure("no tape: \(made.errors.prefix(300))") }
        }
        var run = DrillRun(tape: tape, directory: "\(place)/\(number)", seed: seed, run: number)
        let (runs, steps) = (self.runs, run.plan.steps.count)
        run.progress = { bar.update(run: number, of: runs, step: $0, of: steps) }
        var failure: String?
        do { try run.play() } catch { failure = "\(error)" }
        let result = DrillResult(number: number, run: run, failure: failure)
        bar.clear()
        if !json { print(result.line) }
        if failure == nil { try? FileManager.default.removeItem(atPath: run.directory) }
        return result
    }

    private func object(_ results: [DrillResult], failed: Int) -> String {
        JSONText.object([
            ("passed", "\(results.count - failed)"), ("failed", "\(failed)"), ("seed", "\(seed)"),
            ("runs", JSONText.array(results.map(\.json))),
        ])
    }

    private func summarize(_ results: [DrillResult], failed: Int, _ place: String) {
        print("\(results.count - failed) passed, \(failed) failed, seed \(seed)")
        summarize("to proven flat", results.flatMap(\.run.flattenTimes))
        summarize("from a kill to the successor's answer", results.flatMap(\.run.restartTimes))
        if failed > 0 { print("kept: \(place)") }
    }

    private func summarize(_ what: String, _ times: [Double]) {
        let sorted = times.sorted()
        guard let median = sorted.at(0.5), let late = sorted.at(0.99), let longest = sorted.last else { return }
        print("\(what): \(sorted.count) times, p50 \(median.tenths), p99 \(late.tenths), longest \(longest.tenths) ms")
    }
}

/// How far a drill has come.
private final class StepBar {
    private var bar = ProgressBar("drill", unit: "steps")

    /// Runs have about as many steps each.
    func update(run: Int, of runs: Int, step: Int, of steps: Int) {
        bar.update(done: run * steps + step, of: runs * steps, items: step)
    }

    func clear() { bar.clear() }
}

/// One line of a drill's table.
struct DrillResult {
    let number: Int
    let run: DrillRun
    let failure: String?

    var line: String {
        let flat = run.flattenTimes.map { "\($0.tenths)" }.joined(separator: " ")
        let verdict = failure == nil ? "pass" : "FAIL"
        return "\(verdict)  run \(number): \(run.steps.joined(separator: ", ")); flat in ms: \(flat)"
            + "; venue: \(run.plan.venue)" + (failure.map { "\n      \($0)" } ?? "")
    }

    var json: String {
        JSONText.object([
            ("run", "\(number)"), ("passed", failure == nil ? "true" : "false"),
            ("failure", failure.map(JSONText.string) ?? "null"),
            ("venue", JSONText.string(run.plan.venue)),
            ("steps", JSONText.array(run.steps.map(JSONText.string))),
            ("flat_ms", JSONText.array(run.flattenTimes.map { "\($0)" })),
            ("restart_ms", JSONText.array(run.restartTimes.map { "\($0)" })),
        ])
    }
}

extension [Double] {
    /// Of sorted numbers, the first that at least this share is at or below; nil of none.
    fileprivate func at(_ share: Double) -> Double? {
        isEmpty ? nil : self[Swift.max(0, Int((share * Double(count)).rounded(.up)) - 1)]
    }
}

extension Double {
    fileprivate var tenths: Double { (self * 10).rounded() / 10 }
}
