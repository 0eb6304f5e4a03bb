import ArgumentParser
import Foundation
import Platform
import Storage
import Tape

/// `levelhead verify`: that a run did what its inputs say.
struct VerifyCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify",
        abstract: "Folds a finished run again and compares everything that it put out.",
        discussion: """
            Features and signals are computed again from the run's tape; verdicts, orders and fills from the tape and \
            the messages that each process journaled; and what was sent must be what was taken. A replay, or a run in \
            logical time, is replayed again as a whole. The exit status is 0 when nothing differs.

            Example: levelhead verify run/
            """)

    @Argument(help: ArgumentHelp("The run's directory.", valueName: "run"))
    var directory: String

    @Option(
        parsing: .upToNextOption,
        help: ArgumentHelp("The run's tape, when it lies elsewhere; may be repeated.", valueName: "path"))
    var tape: [String] = []

    @Option(help: ArgumentHelp("The past sessions that the run was given, when it keeps none.", valueName: "dir"))
    var history: String?

    @Option(help: ArgumentHelp("Not needed; as for the other verbs.", valueName: "dir"))
    var stateDir: String?

    @OptionGroup var unread: UnreadConfiguration

    @Flag(help: "One JSON object.")
    var json = false

    func run() throws {
        try reportingErrors {
            let path = RunSite.absolute(directory)
            if PosixFile.isMissing("\(path)/run.json") { throw RunDirectoryError.notARun(path: directory) }
            let site = RunSite(stateDirectory: "", directory: path)
            let (differences, compared) = try verify(site)
            if json {
                print(
                    JSONText.object([
                        ("differences", "\(differences.count)"),
                        ("compared", JSONText.object(compared.map { ($0.0, "\($0.1)") })),
                        ("details", JSONText.array(differences.prefix(100).map(JSONText.string))),
                    ]))
            } else {
                for (what, count) in compared {
                    print(what.padding(toLength: 24, withPad: " ", startingAt: 0) + "\(count)")
                }
                for difference in differences { print("differs: \(difference)") }
                print("\(differences.count) differences")
            }
            if !differences.isEmpty { throw ExitCode.failure }
        }
    }

    /// The run's own tape where it lies now: its directory, or all the files in it. They are read with its list.
    private func givenTape() throws -> RunTape? {
        guard let first = tape.first else { return nil }
        let isDirectory = try FileKind(of: first) == .directory
        let given = RunTape(directory: isDirectory ? first : FilePath.parent(of: first))
        let wanted = Set(try given.parts().map(\.path))
        let named = isDirectory && tape.count == 1 ? wanted : Set(try TapePaths.expand(tape))
        guard !wanted.isEmpty, named == wanted else {
            throw ValidationError(
                "--tape: expected the directory of a run's tape, with its list (parts), or all the files of one")
        }
        return given
    }

    /// A run in one process or in logical time was one fold; else each process has journaled what it took.
    private func verify(_ site: RunSite) throws -> (differences: [String], compared: [(String, UInt64)]) {
        let file = site.runFile
        guard let kind = try RunRecord(path: file).kind else { throw RunRecordError(path: file) }
        if kind == .replay || kind == .lockstep {
            var verification = ReplayVerification(site, tapes: tape, history: history)
            try verification.run()
            return (verification.differences, verification.compared)
        }
        var verification = RunVerification(site, tape: try givenTape() ?? site.tape, history: history)
        try verification.run()
        return (verification.differences, verification.compared)
    }
}
