import Foundation
import Platform

/// Where the records of a run come from, as its `run.json` says.
public enum RunInput: Sendable {
    /// A gateway: the run carries the account on.
    case live
    /// Recorded tape: the account begins and ends with the run.
    case recorded

    /// - Throws: the file cannot be read, or says neither. Nobody may take that for the one or the other: a live run
    ///   that passed for a recorded one would keep no lock and no account.
    public static func of(runFile path: String) throws -> RunInput {
        let bytes = try PosixFile.contents(of: path)
        guard let run = (try? JSONSerialization.jsonObject(with: Data(bytes))) as? [String: Any] else {
            throw RunInputError(path: path)
        }
        if run["gateway"] is String { return .live }
        guard run["gateway"] == nil, run["tapes"] is [Any] else { throw RunInputError(path: path) }
        return .recorded
    }
}

public struct RunInputError: Error, Equatable, CustomStringConvertible {
    public let path: String
    public var description: String { "\(path): expected a run's record with its gateway or its tapes" }
}
