import ArgumentParser
import Features
import Foundation
import Platform
import Tape

/// `levelhead features`: the feature matrix of a tape, for research.
struct FeaturesCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "features",
        abstract: "Writes the feature matrix of a tape.",
        discussion: """
            STEM.npy holds rows × columns Float64; STEM.ts.npy Int64 rows × 3: group time, receive time from which \
            the row may be used, ring sequence; STEM.columns.json the columns' names and units. STEM.csv and \
            STEM.jsonl hold the same in one file, behind ts_event, ts_recv and sequence. A row uses only records \
            received by its receive time. NaN (an empty field in CSV, null in JSON) means "not defined then".

            --each makes every --tape a tape of its own, written to STEM-<tape>.npy and so on, several at a time.

            Examples:
              levelhead features --tape tape/ --out day.npy --every 1s --columns 'pm_high_*'
              levelhead features --tape week/*.dbn.zst --each --out week.csv --every touch

            What every column means stands at the end.
            """)

    @Option(
        parsing: .upToNextOption,
        help: ArgumentHelp("DBN files or directories of them; may be repeated.", valueName: "path"))
    var tape: [String]

    @Option(help: ArgumentHelp("Where to write, ending in .npy, .csv or .jsonl.", valueName: "stem.npy"))
    var out: String

    @Option(help: "A row per second or quarter second of event time, per event group, or per start of a level's test.")
    var every = RowChoice.second

    @Option(
        parsing: .upToNextOption,
        help: ArgumentHelp("Only columns that match one of these patterns.", valueName: "glob"))
    var columns: [String] = []

    @Flag(help: "Every --tape is a tape of its own, with its own output.")
    var each = false

    @Option(help: ArgumentHelp("With --each: tapes at a time; by default one per core.", valueName: "n"))
    var jobs: Int?

    @OptionGroup var past: HistoryOptions

    @OptionGroup var options: ConfigurationOptions

    @Flag(help: "One JSON object: rows, columns, sha256 of STEM.npy's values or of the text file.")
    var json = false

    /// Set by --each for the processes that it starts: the size has been looked at, and progress goes to standard
    /// output.
    @Flag(help: .hidden)
    var part = false

    func validate() throws {
        guard ExportFormat.split(out) != nil else {
            throw ValidationError("--out \(out): \(ExportFormat.expectation)")
        }
        for glob in columns where !FeatureSchema.columns.contains(where: { fnmatch(glob, $0.name, 0) == 0 }) {
            throw ValidationError("--columns \(glob): no column matches")
        }
        if let jobs {
            guard each else { throw ValidationError("--jobs goes with --each.") }
            guard jobs > 0 else { throw ValidationError("--jobs \(jobs): at least 1") }
        }
        if each, Set(tapeNames).count < tape.count {
            throw ValidationError("--each: two tapes of one name would be written to one file")
        }
    }

    func run() throws {
        try reportingErrors { if each { try runEach() } else { try runOne() } }
    }

    private func export(_ tape: [String], stem: String) throws -> FeatureExport? {
        guard let (_, format) = ExportFormat.split(out) else { return nil }
        return try FeatureExport(tape: tape, stem: stem, format: format, columns: chosenColumns, choice: every)
    }

    private var stem: String { ExportFormat.split(out)?.stem ?? out }

    private var chosenColumns: [Int] {
        let all = FeatureSchema.columns.indices
        guard !columns.isEmpty else { return Array(all) }
        return all.filter { index in columns.contains { fnmatch($0, FeatureSchema.columns[index].name, 0) == 0 } }
    }

    // MARK: One tape

    private func runOne() throws {
        guard let export = try export(tape, stem: stem) else { return }
        let merged = try MergedTape.open(export.paths)
        let configuration = try options.resolve()
        let setup = try MarketSetup(configuration: configuration, tape: merged, history: past.history)
        UnusedChain.warn(datasets: merged.datasets, configuration)
        if !part { try export.size(setup).check() }
        var bar = ProgressBar("features")
        let result = try export.run(setup, merged) { position, records in
            if part {
                Terminal.writeOutput("progress \(position.bytesRead) \(records)\n")
            } else {
                bar.update(done: position.bytesRead, of: position.byteCount, items: records)
            }
        }
        print(json ? result.json : result.text)
    }

    // MARK: Several tapes

    /// The names of the tapes without their endings.
    private var tapeNames: [String] {
        tape.map { path in
            let name = FilePath.lastComponent(of: path)
            for end in [".dbn.zst", ".dbn"] where name.hasSuffix(end) { return String(name.dropLast(end.count)) }
            return name
        }
    }

    private func runEach() throws {
        try checkSizes()
        let parts = try zip(tape, tapeNames).map { path, name in
            ExportJob(name: path, arguments: arguments(path, name), byteCount: try bytes(of: path))
        }
        let limit = jobs ?? ProcessInfo.processInfo.activeProcessorCount
        let outcomes = try ParallelExport(jobs: parts, limit: limit).run()
        var done: [String] = [], failed: [String] = []
        for (job, outcome) in zip(parts, outcomes) {
            switch outcome {
            case .done(let line): done.append(line)
            case .failed(let message):
                let isNamed = message.hasPrefix(job.name + ": ")
                Terminal.writeError("levelhead: " + (isNamed ? message : "\(job.name): \(message)"))
                failed.append(
                    JSONText.object(["error": JSONText.string(message), "tape": JSONText.string(job.name)]))
            }
        }
        if json {
            print(JSONText.object(["failed": JSONText.array(failed), "tapes": JSONText.array(done)]))
        } else {
            for line in done { print(line) }
        }
        if !failed.isEmpty { throw ExitCode.failure }
    }

    /// All outputs together must fit. A tape that cannot be read is left to its own process to report.
    private func checkSizes() throws {
        let configuration = try options.resolve()
        var rows: UInt64 = 0, bytes: UInt64 = 0
        var place: ExportSize?
        for path in tape {
            guard let export = try? export([path], stem: stem), let merged = try? MergedTape.open(export.paths),
                let setup = try? MarketSetup(configuration: configuration, tape: merged, history: past.history)
            else { continue }
            guard let survey = try? TapeSurvey(export.paths, setup: setup) else { continue }
            let size = try ExportSize(export.file, rows: survey.rows(every))
            rows += size.rows
            bytes += size.bytes
            place = size
        }
        guard let place else { return }
        try ExportSize.check(rows: rows, bytes: bytes, free: place.free, directory: place.directory)
    }

    private func bytes(of path: String) throws -> Int {
        guard let files = try? TapePaths.expand([path]) else { return 0 }
        return files.reduce(0) { $0 + ((try? PosixFile($1, .read).size()) ?? 0) }
    }

    private func arguments(_ path: String, _ name: String) -> [String] {
        let end = ExportFormat.split(out)?.format.rawValue ?? ""
        var arguments = ["features", "--part", "--tape", path, "--out", "\(stem)-\(name).\(end)"]
        arguments += ["--every", every.rawValue]
        if !columns.isEmpty { arguments += ["--columns"] + columns }
        if let history = past.history { arguments += ["--history", history] }
        if let file = options.config { arguments += ["--config", file] }
        for assignment in options.assignments { arguments += ["--set", assignment] }
        return arguments + (json ? ["--json"] : [])
    }

    // MARK: Help

    /// Every column in a line, from the registry; the levels' once.
    static var columnHelp: String {
        var lines = ["COLUMNS, <level> being \(LevelKind.allCases.map(\.name).joined(separator: ", ")):"]
        let level = LevelFeature.allCases.map { ("<level>_" + $0.definition.name, $0.definition) }
        let market = MarketFeature.allCases.map { ($0.definition.name, $0.definition) }
        for (name, feature) in level + market {
            lines.append("  \(name)\n      \(feature.meaning) [\(feature.unit)]")
        }
        return lines.joined(separator: "\n")
    }
}
