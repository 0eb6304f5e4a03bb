import Configuration
import Foundation
import Platform
import Security
import Tape

/// What `run.json` says of a run.
struct RunRecord {
    private let members: [String: Any]
    let path: String

    init(path: String) throws { try self.init(path: path, members: Data(try PosixFile.contents(of: path))) }

    /// - Parameter members: what stands in such a file, or would.
    init(path: String, members: Data) throws {
        guard let object = (try? JSONSerialization.jsonObject(with: members)) as? [String: Any],
            object["configuration"] is [String: Any]
        else { throw RunRecordError(path: path) }
        self.path = path
        self.members = object
    }

    /// A tape that the run read or wrote.
    struct Tape {
        let path: String
        let byteCount: Int
        let fingerprint: String
        /// Of all its bytes; nil for a large one, and before the run's end.
        let digest: String?
    }

    var tapes: [Tape] { tapes("tapes") }

    /// The tape that the run itself wrote; empty when it has none, or did not end.
    var ownTape: [Tape] { tapes("run_tape") }

    private func tapes(_ key: String) -> [Tape] {
        (members[key] as? [[String: Any]] ?? []).compactMap { tape in
            guard let path = tape["path"] as? String, let bytes = (tape["bytes"] as? NSNumber)?.intValue,
                let fingerprint = tape["fingerprint"] as? String
            else { return nil }
            return Tape(path: path, byteCount: bytes, fingerprint: fingerprint, digest: tape["sha256"] as? String)
        }
    }

    /// What the run is folded again from: what is given, else the run's own tape, else the files that it was given.
    ///
    /// - Throws: one is not there any more.
    func tapePaths(given: [String], own: [String]) throws -> [String] {
        guard given.isEmpty else { return try TapePaths.expand(given) }
        guard own.isEmpty else { return own }
        for tape in tapes where !PosixFile.exists(tape.path) { throw TapeGone(path: tape.path) }
        return tapes.map(\.path)
    }

    /// Which tapes those have to be.
    func candidates(given: [String], own: [String]) -> [[Tape]] {
        guard given.isEmpty else { return [ownTape, tapes] }
        return own.isEmpty ? [tapes] : [ownTape]
    }

    /// Whether those are the tapes that it was given, by their bytes and wherever they lie now.
    func isMade(from files: [TapeIdentity.File]) -> Bool {
        let given = files.map { "\($0.byteCount) \($0.fingerprint.hexadecimal)" }
        return tapes.map { "\($0.byteCount) \($0.fingerprint)" }.sorted() == given.sorted()
    }

    /// Its input is a gateway.
    var isLive: Bool { members["gateway"] != nil }

    /// What made the run; nil when nothing says so.
    var kind: RunKind? { text(RunKind.key).flatMap(RunKind.init) }

    /// The SHA-256 of the files that its settings name, by the setting; nil when nothing says so.
    var namedFiles: [String: String]? {
        let files = (members["files"] as? [[String: Any]])?.compactMap { file in
            (file["key"] as? String).flatMap { key in (file["sha256"] as? String).map { (key, $0) } }
        }
        return files.map { Dictionary($0, uniquingKeysWith: { first, _ in first }) }
    }

    /// The value of a setting that was in force, as text.
    func setting(_ key: String) -> String? {
        let settings = members["configuration"] as? [String: Any]
        return (settings?[key] as? [String: Any])?["value"].map { "\($0)" }
    }

    /// A value of text; nil for null, too.
    func text(_ key: String) -> String? { members[key] as? String }

    func flag(_ key: String) -> Bool? { members[key] as? Bool }

    func list(_ key: String) -> [String]? { members[key] as? [String] }

    var historyDigest: String? { (members["history"] as? [String: Any])?["sha256"] as? String }

    /// Whether it says which past sessions the run was given, be it none.
    var saysHistory: Bool { members["history"] != nil }

    /// Where the past sessions of the run lie: its own copy, else where they were.
    func history(_ site: RunSite) -> String? {
        site.keptHistory ?? (members["history"] as? [String: Any])?["path"] as? String
    }

    /// Receive times, ns; nil for all there are.
    var window: Range<UInt64>? {
        let from = (members["from"] as? NSNumber)?.uint64Value
        let to = (members["to"] as? NSNumber)?.uint64Value
        return from == nil && to == nil ? nil : (from ?? 0)..<(to ?? .max)
    }

    /// The values that were in force.
    func configuration() throws -> ResolvedConfiguration {
        let bytes = try PosixFile.contents(of: path)
        let settings = try JSONDecoder().decode(Settings.self, from: Data(bytes)).configuration
        var sources = ConfigurationSources()
        sources.overrides = settings.sorted { $0.key < $1.key }.map { key, setting in
            .init(key: key, value: setting.value.text, flag: path)
        }
        return try sources.resolve()
    }
}

/// The values of `run.json` as the command line would have them.
private struct Settings: Decodable {
    struct Setting: Decodable {
        let value: Value
    }

    struct Value: Decodable {
        let text: String

        init(from decoder: any Decoder) throws {
            let container = try decoder.singleValueContainer()
            if let value = try? container.decode(Bool.self) {
                text = "\(value)"
            } else if let value = try? container.decode(Int64.self) {
                text = "\(value)"
            } else if let value = try? container.decode(Double.self) {
                text = "\(value)"
            } else {
                text = try container.decode(String.self)
            }
        }
    }

    let configuration: [String: Setting]
}

struct RunRecordError: Error, CustomStringConvertible {
    let path: String
    var description: String { "\(path): not the record of a run" }
}

struct TapeGone: Error, CustomStringConvertible {
    let path: String
    var description: String { "\(path): No such file: the run's tape, give it by --tape where it lies now" }
}
