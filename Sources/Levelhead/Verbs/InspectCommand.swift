import ArgumentParser
import Platform
import Tape

/// `levelhead inspect`: what DBN files hold.
struct InspectCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "inspect",
        abstract: "Shows what DBN files hold.",
        discussion: """
            Reads each file to its end, so that a file it describes is a whole one. Of a directory it takes every \
            *.dbn and *.dbn.zst.

            Example:
              levelhead inspect ESH4.mbp-10.dbn.zst --json
            """)

    @Argument(help: "DBN files, plain or zstd, or directories of them.")
    var files: [String]

    @OptionGroup var fragment: FragmentOptions

    @Flag(help: "Print a JSON array with one object a file.")
    var json = false

    func run() throws {
        try reportingErrors {
            var reports: [InspectReport] = []
            for path in try TapePaths.expand(files, readsOnce: true) {
                reports.append(try InspectReport(path, fragment: fragment.format))
            }
            // Only now: an error in the last file must not follow half a report.
            let text = json ? JSONText.array(reports.map(\.json)) : reports.map(\.table).joined(separator: "\n\n")
            Terminal.writeOutput(text + "\n")
        }
    }
}

/// Files that begin with a record instead of metadata.
struct FragmentOptions: ParsableArguments {
    @Option(
        name: .customLong("fragment-version"),
        help: ArgumentHelp("Files are fragments without metadata, of this DBN version (1, 2 or 3).", valueName: "n"))
    var version: UInt8?

    var format: FragmentFormat? { version.flatMap { FragmentFormat(version: $0) } }

    func validate() throws {
        guard version == nil || format != nil else { throw ValidationError("--fragment-version is 1, 2 or 3.") }
    }
}

/// Runs `body`; an error it throws becomes one line on standard error and exit status 1.
func reportingErrors(_ body: () throws -> Void) throws {
    do {
        try body()
    } catch let error as ExitCode {
        throw error
    } catch {
        Terminal.writeError("levelhead: \(error)")
        throw ExitCode.failure
    }
}
