import Configuration
import Features
import MarketCalendar
import Pipeline
import Platform
import Security

/// `run.json`: what a run was made from, so that it can be verified on another machine.
enum RunFile {
    /// What a run came to, for its `run.json`.
    struct End {
        /// Digests of the results, as JSON; null for those that a dead process took with it.
        let results: [(String, String)]
        /// The tape that the run itself wrote; nil for a run without one.
        var ownTape: TapeIdentity?
    }

    /// The digests that `run.json` has of results.
    static let digests = ["feature_sha256", "signal_sha256", "order_sha256"]

    /// Of a run over recorded tape.
    ///
    /// - Parameter end: nil before the first record.
    static func recorded(
        _ setup: MarketSetup, _ kind: RunKind, tapes: TapeIdentity, window: Range<UInt64>?, end: End? = nil
    ) throws -> [UInt8] {
        let digests = end == nil ? [] : tapes.digestsWhenDone().map { $0?.hexadecimal }
        let input = try common(setup, kind, window) + [("tapes", self.tapes(tapes, digests: digests))]
        return bytes(input + members(end))
    }

    /// Of a run over a live feed, whose tape begins with it.
    static func live(
        _ configuration: ResolvedConfiguration, feed: [(String, String)], history: RunHistory?, end: End? = nil
    ) throws -> [UInt8] {
        let input = try program(.up) + feed + [
            ("tapes", "[]"), ("history", history.map(self.history) ?? "null"),
            ("files", try NamedFiles.json(configuration)), ("configuration", configuration.json),
        ]
        return bytes(input + members(end))
    }

    private static func members(_ end: End?) -> [(String, String)] {
        guard let end else { return [] }
        guard let own = end.ownTape else { return end.results }
        return [("run_tape", tapes(own, digests: own.digestsWhenDone().map { $0?.hexadecimal }))] + end.results
    }

    private static func program(_ kind: RunKind) throws -> [(String, String)] {
        [
            (RunKind.key, JSONText.string(kind.rawValue)),
            ("program", JSONText.string("levelhead")), ("version", JSONText.string(ProgramIdentity.version)),
            ("program_sha256", JSONText.string(try ProgramIdentity.digest().hexadecimal)),
        ]
    }

    private static func common(
        _ setup: MarketSetup, _ kind: RunKind, _ window: Range<UInt64>?
    ) throws -> [(String, String)] {
        try program(kind) + [
            ("signal_contracts", JSONText.array(setup.plan.signal.map { JSONText.string($0.contract.rawSymbol) })),
            ("traded_root", JSONText.string(setup.plan.tradedSpecification.root)),
            ("from", JSONText.integer(window?.lowerBound)), ("to", JSONText.integer(window?.upperBound)),
            ("history", setup.history.map(history) ?? "null"),
            ("files", try NamedFiles.json(setup.configuration)),
            ("configuration", setup.configuration.json),
        ]
    }

    private static func history(_ history: RunHistory) -> String {
        JSONText.object([
            "path": JSONText.string(history.path), "root": JSONText.string(history.root),
            "sessions": JSONText.integer(history.sessions.sessions.count),
            "sha256": JSONText.string(history.digest.hexadecimal),
        ])
    }

    private static func tapes(_ tapes: TapeIdentity, digests: [String?]) -> String {
        JSONText.array(
            tapes.files.enumerated().map { index, file in
                JSONText.object([
                    "path": JSONText.string(file.path), "bytes": JSONText.integer(file.byteCount),
                    "fingerprint": JSONText.string(file.fingerprint.hexadecimal),
                    "sha256": index < digests.count ? digests[index].map(JSONText.string) ?? "null" : "null",
                ])
            })
    }

    private static func bytes(_ members: [(String, String)]) -> [UInt8] {
        Array((JSONText.object(members) + "\n").utf8)
    }
}
