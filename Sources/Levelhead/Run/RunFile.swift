import Configuration
import Features
import MarketCalendar
import Pipeline
import Platform
import Security

/// `run.json`: what a run was made from, so that it can be verified on another machine.
enum RunFile {
    /// Before the first record.
    static func started(_ setup: MarketSetup, tapes: TapeIdentity, window: Range<UInt64>?) throws -> [UInt8] {
        bytes(try common(setup, window) + [("tapes", self.tapes(tapes, digests: []))])
    }

    /// Of a run over a live feed, whose tape begins with it.
    static func live(_ configuration: ResolvedConfiguration, dataset: String, gateway: String) throws -> [UInt8] {
        bytes([
            ("program", JSONText.string("levelhead")), ("dataset", JSONText.string(dataset)),
            ("gateway", JSONText.string(gateway)), ("tapes", "[]"),
            ("files", try NamedFiles.json(configuration)), ("configuration", configuration.json),
        ])
    }

    /// After the last record, with the digests of the whole tapes and of the results.
    static func finished(
        _ setup: MarketSetup, tapes: TapeIdentity, window: Range<UInt64>?, result: ReplayResult
    ) throws -> [UInt8] {
        let digests = tapes.digestsWhenDone().map { $0?.hexadecimal }
        return bytes(
            try common(setup, window) + [
                ("tapes", self.tapes(tapes, digests: digests)),
                ("feature_sha256", JSONText.string(result.featureDigest)),
                ("signal_sha256", JSONText.string(result.signalDigest)),
                ("order_sha256", JSONText.string(result.orderDigest)),
            ])
    }

    private static func common(_ setup: MarketSetup, _ window: Range<UInt64>?) throws -> [(String, String)] {
        [
            ("program", JSONText.string("levelhead")),
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
