import Configuration
import Foundation
import Pipeline
import Platform
import Security

/// A run cannot be resumed with what is on the command line.
enum RunMismatch: Error, CustomStringConvertible {
    case notARun(path: String)
    case kind(path: String, expected: RunKind, found: RunKind)
    case input(path: String, isLive: Bool)
    case tapes(path: String, expected: [String])
    case window(path: String)
    case history(path: String, expected: String, found: String, isKept: Bool)
    case setting(path: String, key: String, expected: String, found: String)

    var description: String {
        switch self {
        case .notARun(let path): "\(path): not the record of a run"
        case .kind(let path, .lockstep, _):
            "\(path): --resume of a run of \(RunKind.lockstep.verb): in logical time no run is resumed"
        case .kind(let path, let expected, let found):
            "\(path): --resume by \(found.verb), but it is a run of \(expected.verb)"
        case .input(let path, true): "\(path): --resume with --tape, but the run's input is a live gateway"
        case .input(let path, false): "\(path): --resume without --tape, but the run's input is tape"
        case .tapes(let path, let expected):
            "\(path): --resume with other tapes than the run's, which has \(expected.joined(separator: ", "))"
        case .window(let path): "\(path): --resume with another --from or --to than the run's"
        case .history(let path, let expected, let found, let isKept):
            "\(path): --resume with another --history (\(found)) than the run's (\(expected))"
                + (isKept ? "; the run has kept its own: leave the option out" : "")
        case .setting(let path, let key, let expected, let found):
            "\(path): --resume with \(key) = \(found), but the run has \(expected)"
        }
    }
}

extension RunFile {
    /// Compares `run.json` of a run with what it is to be resumed with: everything that its results depend on. Names of
    /// tapes do not matter, their sizes and fingerprints do.
    static func check(
        _ path: String, _ setup: MarketSetup, _ kind: RunKind, tapes: TapeIdentity, window: Range<UInt64>?
    ) throws {
        let run = try members(path, kind)
        guard run["gateway"] == nil else { throw RunMismatch.input(path: path, isLive: true) }
        guard let files = run["tapes"] as? [[String: Any]], let settings = run["configuration"] as? [String: Any] else {
            throw RunMismatch.notARun(path: path)
        }
        let identities = files.map { "\($0["bytes"] ?? "") \($0["fingerprint"] ?? "")" }.sorted()
        guard identities == tapes.files.map({ "\($0.byteCount) \($0.fingerprint.hexadecimal)" }).sorted() else {
            throw RunMismatch.tapes(path: path, expected: files.map { "\($0["path"] ?? "?")" })
        }
        guard (run["from"] as? NSNumber)?.uint64Value == window?.lowerBound,
            (run["to"] as? NSNumber)?.uint64Value == window?.upperBound
        else { throw RunMismatch.window(path: path) }
        try check(path, run, setup.history)
        try check(path, setup.configuration, settings: settings)
        try NamedFiles.check(path, setup.configuration)
    }

    /// Compares `run.json` of a live run with what it is to be resumed with: settings and past sessions.
    static func check(_ path: String, _ configuration: ResolvedConfiguration, history: RunHistory?) throws {
        let run = try members(path, .up)
        guard run["gateway"] != nil else { throw RunMismatch.input(path: path, isLive: false) }
        guard let settings = run["configuration"] as? [String: Any] else { throw RunMismatch.notARun(path: path) }
        try check(path, run, history)
        try check(path, configuration, settings: settings)
        try NamedFiles.check(path, configuration)
    }

    private static func check(_ path: String, _ run: [String: Any], _ history: RunHistory?) throws {
        let past = (run["history"] as? [String: Any])?["sha256"] as? String ?? "none"
        let given = history?.digest.hexadecimal ?? "none"
        guard past != given else { return }
        let site = RunSite(stateDirectory: "", directory: FilePath.parent(of: path))
        throw RunMismatch.history(path: path, expected: past, found: given, isKept: site.keptHistory != nil)
    }

    /// - Throws: it is the record of a run of another kind, or of none.
    private static func members(_ path: String, _ kind: RunKind) throws -> [String: Any] {
        guard let run = object(Data(try PosixFile.contents(of: path))) else { throw RunMismatch.notARun(path: path) }
        let known = RunKind.of(FilePath.parent(of: path), run: run)
        if let known, known != kind { throw RunMismatch.kind(path: path, expected: known, found: kind) }
        return run
    }

    private static func check(
        _ path: String, _ configuration: ResolvedConfiguration, settings: [String: Any]
    ) throws {
        guard let current = object(Data(configuration.json.utf8)) else { throw RunMismatch.notARun(path: path) }
        for setting in configuration.settings where setting.declaration.affectsResults {
            let (expected, found) = (value(setting.key, settings), value(setting.key, current))
            guard expected == found else {
                throw RunMismatch.setting(path: path, key: setting.key, expected: expected, found: found)
            }
        }
    }

    private static func object(_ data: Data) -> [String: Any]? {
        (try? JSONSerialization.jsonObject(with: data)) as? [String: Any]
    }

    private static func value(_ key: String, _ settings: [String: Any]) -> String {
        (settings[key] as? [String: Any])?["value"].map { "\($0)" } ?? "nothing"
    }
}
