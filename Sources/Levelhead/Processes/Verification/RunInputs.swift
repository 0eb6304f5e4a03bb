import MarketCalendar
import Pipeline
import Platform
import Security

/// Whether a run is folded again from what it was made from.
enum RunInputs {
    /// What differs between tapes and those that a run has read: a line each. Names do not matter.
    ///
    /// - Parameter candidates: sets of tapes of which each is as good as the other; empty ones say nothing, as in the
    ///   record of a run that did not end.
    static func differences(_ paths: [String], _ candidates: [[RunRecord.Tape]]) throws -> [String] {
        let known = candidates.filter { !$0.isEmpty }
        guard !known.isEmpty else { return [] }
        let found = try TapeIdentity(paths)
        let digests = found.digestsWhenDone().map { $0?.hexadecimal }
        return known.map { differences(found, digests, $0) }.min { $0.count < $1.count } ?? []
    }

    private static func differences(
        _ found: TapeIdentity, _ digests: [String?], _ recorded: [RunRecord.Tape]
    ) -> [String] {
        var left = Array(found.files.indices)
        var differences: [String] = []
        for tape in recorded {
            let place = left.firstIndex { index in
                found.files[index].byteCount == tape.byteCount
                    && found.files[index].fingerprint.hexadecimal == tape.fingerprint
            }
            guard let place else {
                differences.append(
                    "tape \(tape.path): the run's has \(tape.byteCount) bytes and fingerprint "
                        + "\(tape.fingerprint.prefix(16))…, none that is there has")
                continue
            }
            let digest = digests[left.remove(at: place)]
            if let known = tape.digest, let digest, known != digest {
                differences.append("tape \(tape.path): sha256 \(known) in run.json, \(digest) of the file")
            }
        }
        for index in left {
            let file = found.files[index]
            let what = "\(file.byteCount) bytes, fingerprint \(file.fingerprint.hexadecimal.prefix(16))…"
            differences.append("tape \(file.path): not one of the run's: \(what)")
        }
        return differences
    }

    /// What differs between what a run says of its past sessions and contracts, and what there is.
    static func differences(_ setup: MarketSetup, _ run: RunRecord) -> [String] {
        var differences: [String] = []
        let (known, given) = (run.historyDigest ?? "none", setup.history?.digest.hexadecimal ?? "none")
        if run.saysHistory, known != given {
            differences.append("history: sha256 \(known) in run.json, \(given) of what is given")
        }
        // The record of a live run was made before its contracts were known.
        guard let contracts = run.list("signal_contracts") else { return differences }
        let found = setup.plan.signal.map(\.contract.rawSymbol)
        if contracts != found { differences.append("signal_contracts: \(contracts) in run.json, \(found) on the tape") }
        let root = setup.plan.tradedSpecification.root
        if let known = run.text("traded_root"), known != root {
            differences.append("traded_root: \(known) in run.json, \(root) by its configuration")
        }
        return differences
    }
}
