import ArgumentParser
import DBN
import Platform
import Tape
import Units

/// `levelhead convert`: one DBN file into another file.
struct ConvertCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "convert",
        abstract: "Converts a DBN file: version, compression, CSV, JSON lines, a part, MBP-10 from order-by-order.",
        discussion: """
            The name of OUT says what it becomes: .dbn, .csv or .jsonl, and compressed with .zst behind it. It appears \
            when it is complete. Prices in text are integers in 1e-9, times integer nanoseconds, as in the records.

            --schema takes one schema out of a mixed file; mbp-10 of an order-by-order (mbo) file is built. \
            --from (inclusive) and --to (exclusive) compare the receive time; they take ISO 8601 (UTC unless it names \
            an offset) or nanoseconds.

            Examples:
              levelhead convert ES.mbo.dbn.zst ES.mbp-10.dbn.zst --schema mbp-10
              levelhead convert ES.dbn.zst morning.csv --from 2026-11-20T09:30-05:00 --to 2026-11-20T10:00-05:00
            """)

    @Argument(help: "A DBN file, plain or zstd.")
    var input: String

    @Argument(help: "The file to write.")
    var output: String

    @Option(name: .customLong("dbn-version"), help: "DBN version to write: 1, 2 or 3.")
    var version: UInt8 = 3

    @Option(help: "Take only this schema, such as trades; mbp-10 is built from mbo.")
    var schema: SchemaArgument?

    @Option(
        parsing: .upToNextOption,
        help: "Take only these instruments: symbols or instrument ids, separated by commas or blanks.")
    var symbols: [String] = []

    @Option(help: "Take records received at this time or later.")
    var from: TimeArgument?

    @Option(help: "Take records received before this time.")
    var to: TimeArgument?

    @OptionGroup var fragment: FragmentOptions

    @Flag(help: "Print a JSON object.")
    var json = false

    func validate() throws {
        guard (1...3).contains(version) else { throw ValidationError("--dbn-version is 1, 2 or 3, not \(version).") }
        guard OutputFormat(path: output) != nil else {
            throw ValidationError("OUT '\(output)' ends in none of .dbn, .csv, .jsonl, each alone or followed by .zst.")
        }
        if let from, let to, to.time < from.time { throw ValidationError("--to lies before --from.") }
    }

    func run() throws {
        try reportingErrors {
            guard let format = OutputFormat(path: output) else { return }
            // Read while it is replaced, the input would be gone for good.
            if let there = try? FileIdentity(of: output), there == (try FileIdentity(of: input)) {
                throw ConvertError.ontoItself(input: input, output: output)
            }
            let names = symbols.flatMap { $0.split(separator: ",").map(String.init) }
            let selection = RecordSelection(schema: schema?.schema, symbols: names, from: from?.time, to: to?.time)
            var conversion = Conversion(
                input: input, output: output, format: format, version: version, selection: selection,
                fragment: fragment.format)
            try conversion.run()
            report(conversion)
        }
    }

    private func report(_ conversion: Conversion) {
        if conversion.skipped > 0 {
            Terminal.writeError("levelhead: \(input): left out \(conversion.skipped) records of unknown types")
        }
        if conversion.unknownOrders > 0 {
            Terminal.writeError("levelhead: \(input): \(conversion.unknownOrders) cancels of orders never added")
        }
        guard json else {
            Terminal.writeOutput("\(output): \(conversion.written) records\n")
            return
        }
        Terminal.writeOutput(
            JSONText.object([
                "records": "\(conversion.written)", "in": JSONText.string(input), "out": JSONText.string(output),
                "read": "\(conversion.read)", "skipped": "\(conversion.skipped)",
                "built": conversion.isBuilding ? "true" : "false", "unknown_orders": "\(conversion.unknownOrders)",
            ]) + "\n")
    }
}

/// A schema's name on the command line.
struct SchemaArgument: ExpressibleByArgument {
    let schema: Schema

    init?(argument: String) {
        guard let schema = Schema(name: argument) else { return nil }
        self.schema = schema
    }

    static var allValueStrings: [String] { Schema.known.map(\.name) }
}

/// What the name of a file to be written says about its content.
enum OutputFormat {
    case dbn, csv, jsonLines

    init?(path: String) {
        let name = path.hasSuffix(".zst") ? String(path.dropLast(4)) : path
        if name.hasSuffix(".dbn") {
            self = .dbn
        } else if name.hasSuffix(".csv") {
            self = .csv
        } else if name.hasSuffix(".jsonl") {
            self = .jsonLines
        } else {
            return nil
        }
    }
}
