import Foundation
import Platform

/// What made a run. A run goes on only as what it is: the files of one kind are not those of another.
enum RunKind: String {
    /// `levelhead replay`: one process, one journal.
    case replay
    /// `levelhead up --lockstep`: processes in logical time, with a replay's journal.
    case lockstep
    /// `levelhead up`: each process has journals of its own.
    case up

    /// The key in `run.json`.
    static let key = "kind"

    /// Of the run in a directory; nil when nothing says so, as of one that ended before its first record.
    ///
    /// - Parameter run: the members of its `run.json`. Those of earlier versions do not have the kind, so what lies
    ///   beside it is looked at.
    static func of(_ directory: String, run: [String: Any]) -> RunKind? {
        if let kind = (run[key] as? String).flatMap(Self.init) { return kind }
        let isThere = { (name: String) in PosixFile.exists("\(directory)/\(name)") }
        if run["gateway"] != nil || isThere("journal/engine-out.journal") { return .up }
        let isSupervised = isThere("configuration.toml")
        if isThere("journal/trading.journal") { return isSupervised ? .lockstep : .replay }
        if isSupervised { return .up }
        return isThere("state/data.mdb") ? .replay : nil
    }

    /// How it is begun, and gone on with where that is possible.
    var verb: String {
        switch self {
        case .replay: "levelhead replay"
        case .lockstep: "levelhead up --lockstep"
        case .up: "levelhead up"
        }
    }
}
