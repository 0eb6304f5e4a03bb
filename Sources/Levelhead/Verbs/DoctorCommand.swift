import ArgumentParser
import Configuration
import Foundation
import Platform
import Storage

/// `levelhead doctor`: what this machine lacks, and how to mend it.
struct DoctorCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "doctor",
        abstract: "Checks machine, libraries, shared memory, disk, clock, zone data, keys and the configured ports.",
        discussion: """
            Example:
              levelhead doctor --json

            Exit status 0 when every check is ok, 1 when one is not. A key that is missing is a warning: replay and \
            paper trading on tape need none.
            """)

    @Option(help: "State directory (default: LEVELHEAD_STATE_DIR, else ~/.levelhead).", transform: directoryArgument)
    var stateDir: String?

    @OptionGroup var options: ConfigurationOptions

    @Flag(help: "Print one JSON object.")
    var json = false

    func run() throws {
        let stateDirectory = StateDirectory.path(explicit: stateDir)
        let checks =
            MachineChecks.all() + LibraryChecks.all() + StateChecks.all(stateDirectory)
            + [MachineChecks.key("DATABENTO_API_KEY", environment: StateDirectory.variable)]
            + configured(stateDirectory)
        let report = DoctorReport(checks)
        if json {
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
            print(String(decoding: try encoder.encode(report), as: UTF8.self))
        } else {
            print(report.table, terminator: "")
        }
        guard report.ok else { throw ExitCode(1) }
    }

    /// What the configuration wants of the machine. One that cannot be read keeps no other check from being made.
    private func configured(_ stateDirectory: String?) -> [DoctorCheck] {
        do {
            return PortChecks.all(try options.resolve(), stateDirectory: stateDirectory)
        } catch {
            let remedy = "mend it: no run takes it"
            return [DoctorCheck(name: "configuration", ok: false, detail: "\(error)", remedy: remedy)]
        }
    }
}

/// One thing that was looked at.
struct DoctorCheck: Encodable {
    let name: String
    let ok: Bool
    /// What was found.
    let detail: String
    /// What to do about it; empty when there is nothing to do. A check may be ok and still advise.
    let remedy: String
}

struct DoctorReport: Encodable {
    let ok: Bool
    let checks: [DoctorCheck]

    init(_ checks: [DoctorCheck]) {
        self.checks = checks
        ok = checks.allSatisfy(\.ok)
    }

    /// A line for each check, and one below it for what to do.
    var table: String {
        let width = checks.map(\.name.count).max() ?? 0
        return checks.map { check in
            let name = check.name.padding(toLength: width, withPad: " ", startingAt: 0)
            let mark = check.ok ? (check.remedy.isEmpty ? "ok  " : "warn") : "FAIL"
            let indent = String(repeating: " ", count: width + 8)
            let remedy = check.remedy.isEmpty ? "" : "\n\(indent)-> \(check.remedy)"
            return "\(mark)  \(name)  \(check.detail)\(remedy)\n"
        }.joined()
    }
}
