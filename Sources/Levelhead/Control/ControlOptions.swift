import ArgumentParser
import Control
import Foundation
import Storage
import Units

/// The options of every verb that speaks to running processes.
struct ControlOptions: ParsableArguments {
    @Option(help: "State directory (default: LEVELHEAD_STATE_DIR, else ~/.levelhead).", transform: directoryArgument)
    var stateDir: String?

    @OptionGroup var unread: UnreadConfiguration

    @Flag(help: "Print one JSON object.")
    var json = false

    /// Who asks, for the audit log. A number that is too long for the word stands without it.
    static var sender: String {
        let words = "operator \(getuid())"
        return words.utf8.count <= ControlMessage.largestSenderBytes ? words : "\(getuid())"
    }

    func stateDirectory() throws -> String {
        guard let path = StateDirectory.path(explicit: stateDir) else {
            throw StateDirectoryUnknown()
        }
        try StateDirectory.checkOwner(path)
        return path
    }

    /// Asks whoever is registered. Where nobody is, nothing is made, not even a key.
    func survey(
        _ verb: ControlVerb, _ arguments: CommandArguments = CommandArguments(), id: CommandID = .random(),
        until completion: ControlClient.Completion = .answered, seconds: Double
    ) throws -> Survey {
        let state = try stateDirectory()
        guard try !ControlDirectory(stateDirectory: state).registrations().isEmpty else {
            return Survey(id: .random())
        }
        let client = ControlClient(
            stateDirectory: state, key: try KeyStore(stateDirectory: state).key(.control), sender: Self.sender)
        let deadline = Nanoseconds(Int64(seconds * 1e9))
        return try client.survey(verb, arguments, id: id, until: completion, deadline: deadline)
    }

    /// Why a verb had nobody to speak to.
    func silence(_ survey: Survey) throws -> String {
        let state = try stateDirectory()
        let holder = survey.asked.isEmpty ? DeskHolder.text(of: state) : ""
        if survey.askedNobody { return "\(state): no process is registered\(holder)" }
        let silent = survey.missing.map { "\($0) is silent" } + survey.stale.map { "\($0.name) is dead" }
        return "\(state): no process answers: \(silent.joined(separator: ", "))\(holder)"
    }
}

struct StateDirectoryUnknown: Error, CustomStringConvertible {
    var description: String { "no state directory: give --state-dir, or set LEVELHEAD_STATE_DIR or HOME" }
}

/// Bounds of `--timeout`, in seconds.
enum ControlTimeout {
    static let allowed = 0.05...3_600.0

    static func validate(_ seconds: Double) throws {
        guard allowed.contains(seconds) else {
            throw ValidationError("--timeout: \(seconds), expected 0.05 to 3600 seconds.")
        }
    }
}
