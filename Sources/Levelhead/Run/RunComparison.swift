import Configuration
import Foundation
import Platform
import Security

/// A run cannot be resumed with what is on the command line.
enum RunMismatch: Error, CustomStringConvertible {
    case kind(path: String, expected: RunKind, found: RunKind)
    case input(path: String, isLive: Bool)
    case tapes(path: String, expected: [String])
    case window(path: String)
    case history(path: String, expected: String, found: String, isKept: Bool)
    case setting(path: String, key: String, expected: String, found: String)

    var description: String {
        switch self {
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
        let run = try record(path, kind)
        guard !run.isLive else { throw RunMismatch.input(path: path, isLive: true) }
        guard run.isMade(from: tapes.files) else {
            throw RunMismatch.tapes(path: path, expected: run.tapes.map(\.path))
        }
        guard run.window == window else { throw RunMismatch.window(path: path) }
        try check(path, run, setup.history)
        try check(path, run, setup.configuration)
    }

    /// Compares `run.json` of a live run with what it is to be resumed with: settings and past sessions.
    static func check(_ path: String, _ configuration: ResolvedConfiguration, history: RunHistory?) throws {
        let run = try record(path, .up)
        guard run.isLive else { throw RunMismatch.input(path: path, isLive: false) }
        try check(path, run, history)
        try check(path, run, configuration)
    }

    private static func check(_ path: String, _ run: RunRecord, _ history: RunHistory?) throws {
        let past = run.historyDigest ?? "none"
        let given = history?.digest.hexadecimal ?? "none"
        guard past != given else { return }
        let site = RunSite(stateDirectory: "", directory: FilePath.parent(of: path))
        throw RunMismatch.history(path: path, expected: past, found: given, isKept: site.keptHistory != nil)
    }

    /// - Throws: it is the record of a run of another kind, or of none.
    private static func record(_ path: String, _ kind: RunKind) throws -> RunRecord {
        let run = try RunRecord(path: path)
        guard let known = run.kind else { throw RunRecordError(path: path) }
        guard known == kind else { throw RunMismatch.kind(path: path, expected: known, found: kind) }
        return run
    }

    /// Settings, and the files that they name.
    private static func check(_ path: String, _ run: RunRecord, _ configuration: ResolvedConfiguration) throws {
        let current = try RunRecord(path: path, members: Data("{\"configuration\": \(configuration.json)}".utf8))
        for setting in configuration.settings where setting.declaration.affectsResults {
            let (expected, found) = (run.setting(setting.key), current.setting(setting.key))
            guard expected == found else {
                throw RunMismatch.setting(
                    path: path, key: setting.key, expected: expected ?? "nothing", found: found ?? "nothing")
            }
        }
        try NamedFiles.check(run, configuration)
    }
}
