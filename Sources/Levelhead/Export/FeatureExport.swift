import Configuration
import Features
import Pipeline
import Platform
import Tape

/// What an export came to.
struct ExportResult {
    let out: String
    let rows: Int
    let columns: Int
    let digest: String

    var members: [(String, String)] {
        [
            ("columns", "\(columns)"), ("out", JSONText.string(out)), ("rows", "\(rows)"),
            ("sha256", JSONText.string(digest)),
        ]
    }
    var json: String { JSONText.object(members) }
    var text: String { "\(out): \(rows) rows × \(columns) columns, sha256 \(digest)" }
}

/// One tape to one file of features.
struct FeatureExport {
    let paths: [String]
    let file: ExportFile
    /// Places of the file's columns in the vector.
    let columns: [Int]
    let choice: RowChoice

    init(tape: [String], stem: String, format: ExportFormat, columns: [Int], choice: RowChoice) throws {
        paths = try TapePaths.expand(tape)
        self.columns = columns
        self.choice = choice
        file = ExportFile(
            stem: stem, format: format,
            columns: columns.map {
                ExportColumn(name: FeatureSchema.columns[$0].name, unit: FeatureSchema.columns[$0].definition.unit)
            })
    }

    /// How large the file can become.
    func size(_ setup: MarketSetup) throws -> ExportSize {
        try ExportSize(file, rows: try TapeSurvey(paths, setup: setup).rows(choice))
    }

    /// - Parameter report: takes the tape's bytes read and in all, and the records taken, now and then.
    func run(
        _ setup: MarketSetup, _ tape: consuming MergedTape, report: (TapePosition, Int) -> Void
    ) throws -> ExportResult {
        var merged = tape
        var fold = MarketFold(plan: setup.plan, configuration: setup.features)
        let writer = try file.writer()
        var sink = FeatureRows(writer, columns: columns, choice: choice)
        var sequence: UInt64 = 0
        while let record = try merged.next() {
            fold.take(record, sequence: sequence, sink: &sink)
            sequence += 1
            if sequence % 16_384 == 0 { report(merged.position, Int(sequence)) }
            if let failure = sink.failure { throw failure }
        }
        OptionRoom.warn(
            ignored: fold.options.pointee.ignoredDefinitions, room: setup.configuration.options.maximumContracts)
        return ExportResult(
            out: file.path, rows: writer.rows, columns: columns.count, digest: try writer.commit())
    }
}
