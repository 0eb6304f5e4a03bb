import ArgumentParser
import Features
import Foundation
import MarketCalendar
import MarketData
import Pipeline
import Platform
import Security
import Tape

/// `levelhead features`: the feature matrix of a tape, for research.
struct FeaturesCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "features",
        abstract: "Writes the feature matrix of a tape.",
        discussion: """
            STEM.npy holds rows × columns Float64; STEM.ts.npy Int64 rows × 3: group time, receive time from which the \
            row may be used, ring sequence; STEM.columns.json the columns' names and units. A row uses only records \
            received by its receive time. NaN means "not defined then".

            Example: levelhead features --tape tape/ --out day.npy --every 1s --columns 'pm_high_*'
            """)

    enum Rows: String, ExpressibleByArgument, CaseIterable {
        case second = "1s"
        case tick
    }

    @Option(help: ArgumentHelp("DBN file or directory of them; may be repeated.", valueName: "path"))
    var tape: [String]

    @Option(help: ArgumentHelp("Where to write, ending in .npy.", valueName: "stem.npy"))
    var out: String

    @Option(help: "One row per second of event time, or one per event group.")
    var every = Rows.second

    @Option(
        parsing: .upToNextOption,
        help: ArgumentHelp("Only columns that match one of these patterns.", valueName: "glob"))
    var columns: [String] = []

    @OptionGroup var past: HistoryOptions

    @OptionGroup var options: ConfigurationOptions

    @Flag(help: "One JSON object: rows, columns, sha256 of STEM.npy's values.")
    var json = false

    func validate() throws {
        guard out.hasSuffix(".npy") else { throw ValidationError("--out \(out): expected a name that ends in .npy") }
        guard !chosenColumns.isEmpty else {
            throw ValidationError("--columns \(columns.joined(separator: " ")): no column matches")
        }
    }

    func run() throws {
        try reportingErrors { try write() }
    }

    private func write() throws {
        var merged = try MergedTape.open(try TapePaths.expand(tape))
        let setup = try MarketSetup(
            configuration: try options.resolve(), tape: merged, history: past.history)
        let chosen = chosenColumns
        var fold = MarketFold(plan: setup.plan, configuration: setup.features)
        var sink = try MatrixSink(stem: String(out.dropLast(4)), columns: chosen, rows: every)
        var progress = ProgressBar("features")
        var sequence: UInt64 = 0
        while let record = try merged.next() {
            fold.take(record, sequence: sequence, sink: &sink)
            sequence += 1
            if sequence % 65_536 == 0 {
                let position = merged.position
                progress.update(done: position.bytesRead, of: position.byteCount, items: Int(sequence))
            }
            if let failure = sink.failure { throw failure }
        }
        let result = try sink.close()
        if json {
            print("{\"columns\":\(chosen.count),\"rows\":\(result.rows),\"sha256\":\"\(result.digest)\"}")
        } else {
            print("\(out): \(result.rows) rows × \(chosen.count) columns, sha256 \(result.digest)")
        }
    }

    private var chosenColumns: [Int] {
        let all = FeatureSchema.columns.indices
        guard !columns.isEmpty else { return Array(all) }
        return all.filter { index in columns.contains { fnmatch($0, FeatureSchema.columns[index].name, 0) == 0 } }
    }
}

/// Writes the leading contract's rows.
private final class MatrixSink: MarketSink {
    private let matrix: NumpyWriter
    private let stamps: NumpyWriter
    private let stem: String
    private let columns: [Int]
    private let rows: FeaturesCommand.Rows
    private var row: [Double]
    private var digest = SHA256Hasher()
    private(set) var failure: (any Error)?

    init(stem: String, columns: [Int], rows: FeaturesCommand.Rows) throws {
        self.stem = stem
        self.columns = columns
        self.rows = rows
        row = [Double](repeating: 0, count: columns.count)
        matrix = try NumpyWriter(path: stem + ".npy", element: .float64, columns: columns.count)
        stamps = try NumpyWriter(path: stem + ".ts.npy", element: .int64, columns: 3)
    }

    func groupClosed(_ engine: borrowing ContractEngine) {
        guard rows == .tick else { return }
        write(engine.vector, time: engine.group.eventTime, received: engine.clock, engine.group.sequence)
    }

    func secondEnded(_ engine: borrowing ContractEngine, time: UInt64) {
        guard rows == .second else { return }
        write(engine.vector, time: time, received: engine.clock, engine.group.sequence)
    }

    func tradedGroup(_ book: borrowing ContractBook) {}
    func tradedStatus(_ status: TradingStatus, time: UInt64, clock: UInt64) {}
    func sessionBegan(_ session: SessionTimes, leader: Int) {}

    private func write(
        _ vector: UnsafeBufferPointer<Double>, time: UInt64, received: UInt64, _ sequence: UInt64
    ) {
        guard failure == nil else { return }
        for (index, column) in columns.enumerated() { row[index] = vector[column] }
        let stamp = [Int64(bitPattern: time), Int64(bitPattern: received), Int64(bitPattern: sequence)]
        do {
            try row.withUnsafeBufferPointer {
                try matrix.append($0)
                digest.update(UnsafeRawBufferPointer($0))
            }
            try stamp.withUnsafeBufferPointer { try stamps.append($0) }
        } catch {
            failure = error
        }
    }

    func close() throws -> (rows: Int, digest: String) {
        let list = columns.map { index -> [String: String] in
            let column = FeatureSchema.columns[index]
            return ["name": column.name, "unit": column.definition.unit]
        }
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        var names = try AtomicFileWriter(path: stem + ".columns.json")
        try names.write(Array(try encoder.encode(list)))
        try matrix.complete()
        try stamps.complete()
        try matrix.commit()
        try stamps.commit()
        try names.commit()
        return (matrix.rows, digest.finish().hexadecimal)
    }
}
