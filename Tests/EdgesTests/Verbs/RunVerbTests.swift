import Foundation
import Platform
import Synchronization
import TestSupport
import Testing

/// A quarter of an hour of a synthetic session and a replay of it with orders, made once for all tests.
private enum ShortRun {
    static let settings = [
        "policy.signal_threshold=0.1", "policy.hold_seconds=0.5", "policy.entry_start=09:27",
        "policy.after_test_seconds=5", "policy.one_entry_per_test=false",
    ].map { "--set \($0)" }.joined(separator: " ")

    /// What no test can remove, for others may be at it.
    private static let left = Mutex<String?>(nil)

    static let made = Result<Scratch, any Error> {
        let scratch = try Scratch()
        let synth = "$lh synth --date 2026-03-10 --rate 0.01 --from 09:25 --to 09:40 --no-options"
        // The run is made from another directory than those from which the tests look at it.
        let line = """
            set -e; \(synth) --seed 5 --out tape; \(synth) --seed 6 --out other; mkdir from; cd from
            $lh replay --tape ../tape \(settings) --run-dir ../run --json
            """
        let outcome = try Program.shell(line, in: scratch.path)
        try #require(outcome.status == 0, "\(outcome.errors)")
        left.withLock { $0 = scratch.path }
        atexit { ShortRun.left.withLock { $0.map { try? FileManager.default.removeItem(atPath: $0) } } }
        return scratch
    }

    /// A copy of the run with its tapes.
    static func copy() throws -> Scratch {
        let scratch = try Scratch()
        for name in ["run", "tape", "other"] {
            try FileManager.default.copyItem(atPath: made.get().file(name), toPath: scratch.file(name))
        }
        return scratch
    }

    static func object(_ path: String) throws -> [String: Any] {
        let bytes = try PosixFile.contents(of: path)
        return try #require(JSONSerialization.jsonObject(with: Data(bytes)) as? [String: Any])
    }
}

/// `verify` and `why` of a finished run, and what its `run.json` says.
@Suite(.enabled(if: Program.isBuilt, "needs the program beside the tests: swift build"))
struct RunVerbTests {
    @Test func `run.json names program, tapes and results, and verifies from every directory`() throws {
        let scratch = try ShortRun.made.get()
        let run = try ShortRun.object(scratch.file("run/run.json"))
        let hash = try Program.shell("sha256sum < $lh; cd tape; sha256sum *ESH6*.zst", in: scratch.path).output
        #expect(hash.hasPrefix("\(run["program_sha256"] as? String ?? "none")  -\n"))
        #expect((run["version"] as? String)?.isEmpty == false)
        let tapes = try #require(run["tapes"] as? [[String: Any]])
        #expect(tapes.count == 5)
        for tape in tapes {
            #expect((tape["path"] as? String)?.hasPrefix(scratch.file("tape/")) == true)
            #expect(tape["sha256"] as? String != nil)
        }
        let digests = tapes.compactMap { $0["sha256"] as? String }
        #expect(digests.filter { hash.contains($0) }.count == 2)
        for directory in ["/", scratch.path, scratch.file("run")] {
            let outcome = try Program.shell("$lh verify '\(scratch.file("run"))' --json", in: directory)
            #expect(outcome.status == 0, "\(outcome.output) \(outcome.errors)")
        }
    }

    /// Each by a line of its own: one replay judges them all.
    @Test func `verify names every changed result, and no other`() throws {
        let changes = [
            ("records", "1"), ("event_groups", "1"), ("feature_rows", "1"), ("signals", "1"), ("orders", "1"),
            ("fills", "1"), ("position", "{\"MESH6\": 4}"), ("net_pnl_usd", "\"1000000.00\""),
            ("trading_state", "\"LOCKED\""), ("level_tests", "{}"), ("ignored_trades", "7"),
            ("order_sha256", "\"00\""),
        ]
        let scratch = try ShortRun.copy()
        let path = scratch.file("run/results/summary.json")
        var summary = try ShortRun.object(path)
        for (key, value) in changes {
            try #require(summary[key] != nil)
            summary[key] = try JSONSerialization.jsonObject(with: Data(value.utf8), options: .fragmentsAllowed)
        }
        try JSONSerialization.data(withJSONObject: summary).write(to: URL(fileURLWithPath: path))
        let outcome = try Program.shell("$lh verify run --tape tape", in: scratch.path)
        #expect(outcome.status == 1)
        for (key, _) in changes {
            let lines = outcome.output.split(separator: "\n").filter {
                $0.hasPrefix("differs: results/summary.json: \(key): ")
            }
            #expect(lines.count == 1, "\(key): \(outcome.output)")
        }
        #expect(outcome.output.hasSuffix("\n\(changes.count) differences\n"))
    }

    @Test func `verify names one changed result alone`() throws {
        let scratch = try ShortRun.copy()
        let path = scratch.file("run/results/summary.json")
        var summary = try ShortRun.object(path)
        summary["fills"] = 1
        try JSONSerialization.data(withJSONObject: summary).write(to: URL(fileURLWithPath: path))
        let outcome = try Program.shell("$lh verify run --tape tape", in: scratch.path)
        #expect(outcome.status == 1 && outcome.output.contains("differs: results/summary.json: fills: "))
        #expect(outcome.output.hasSuffix("\n1 differences\n"))
    }

    @Test(arguments: ["feature_sha256", "signal_sha256", "order_sha256", "sha256", "fingerprint", "signal_contracts"])
    func `verify names what was changed in run.json`(key: String) throws {
        let scratch = try ShortRun.copy()
        let path = scratch.file("run/run.json")
        let text = String(decoding: try PosixFile.contents(of: path), as: UTF8.self)
        let place = try #require(text.range(of: "\"\(key)\": "))
        let first = try #require(text[place.upperBound...].firstIndex { $0 != "\"" && $0 != "[" })
        let changed = text.replacingCharacters(in: first...first, with: text[first] == "f" ? "e" : "f")
        try scratch.write(Array(changed.utf8), "run/run.json")
        let outcome = try Program.shell("$lh verify run --tape tape", in: scratch.path)
        #expect(outcome.status == 1)
        #expect(outcome.output.contains(["sha256", "fingerprint"].contains(key) ? "differs: tape " : key))
    }

    @Test func `verify and why refuse another tape, and name --tape when there is none`() throws {
        let scratch = try ShortRun.copy()
        let other = try Program.shell("$lh verify run --tape other --json", in: scratch.path)
        #expect(other.status == 1)
        #expect(other.output.contains("not one of the run's"))
        let why = try Program.shell("$lh why 1-strategy-1 --run run --tape other", in: scratch.path)
        #expect(why.status == 1)
        #expect(why.output == "")
        #expect(why.errors.contains("fingerprint"))
        #expect(try Program.shell("$lh why 1-strategy-1 --run run --tape tape", in: scratch.path).status == 0)
        // A tape of the same name and another session where the run's was.
        let place = try ShortRun.made.get().file("tape")
        let line = "mv tape away; sed -i 's|\(place)|\(scratch.file("tape"))|' run/run.json"
        #expect(try Program.shell(line, in: scratch.path).status == 0)
        for verb in ["verify run", "why 1-strategy-1 --run run"] {
            let gone = try Program.shell("$lh \(verb)", in: scratch.path)
            #expect(gone.status == 1)
            #expect(gone.errors.contains("/tape/") && gone.errors.contains("--tape"), "\(gone.errors)")
        }
        #expect(try Program.shell("mv other tape", in: scratch.path).status == 0)
        for verb in ["verify run", "why 1-strategy-1 --run run"] {
            #expect(try Program.shell("$lh \(verb)", in: scratch.path).status == 1)
        }
    }

    @Test func `why ends with status 1 when the tape does not give the recorded signal`() throws {
        let scratch = try ShortRun.copy()
        let key = #""policy.hold_seconds": {"value": "#
        let outcome = try Program.shell(
            "sed -i 's|\(key)0.5|\(key)2.5|' run/run.json; $lh why 1-strategy-1 --run run --tape tape",
            in: scratch.path)
        #expect(outcome.status == 1)
        #expect(outcome.errors.contains("does not give the signal"), "\(outcome.errors)")
    }

    @Test func `between two times only the records received then are counted`() throws {
        let scratch = try ShortRun.copy()
        let window = "--from 2026-03-10T13:30:00Z --to 2026-03-10T13:31:00Z"
        let tapes = "for f in tape/*.zst; do $lh convert $f part-${f##*/} \(window) > /dev/null; done; mkdir part"
        let whole = try Program.shell(
            "\(tapes); mv part-* part; $lh inspect part --json", in: scratch.path)
        let files = try JSONSerialization.jsonObject(with: Data(whole.output.utf8)) as? [[String: Any]]
        let expected = try #require(files).compactMap { $0["records"] as? Int }.reduce(0, +)
        try #require(expected > 100)
        for ring in ["memory", "none", "shared"] {
            let outcome = try Program.shell(
                "$lh replay --tape tape \(window) --run-dir \(ring) --ring \(ring) --json", in: scratch.path)
            try #require(outcome.status == 0, "\(outcome.errors)")
            #expect(try ShortRun.object(scratch.file("\(ring)/results/summary.json"))["records"] as? Int == expected)
            #expect(outcome.errors == "")
            #expect(try Program.shell("$lh verify \(ring)", in: scratch.path).status == 0)
        }
        let empty = try Program.shell("$lh replay --tape tape --from 2026-04-01 --run-dir e --json", in: scratch.path)
        #expect(empty.status == 0)
        #expect(empty.errors == "levelhead: no record was received between --from and --to\n")
        #expect(try ShortRun.object(scratch.file("e/results/summary.json"))["records"] as? Int == 0)
    }

    @Test(arguments: ["replay --tape", "features --out f.npy --tape", "labels --out l.npy --tape"])
    func `a pipe is no tape`(verb: String) throws {
        let scratch = try ShortRun.copy()
        for path in ["pipe", "/dev/stdin"] {
            let outcome = try Program.shell(
                "test -p pipe || mkfifo pipe; cat tape/*ESH6*.zst 2> /dev/null | timeout 20 $lh \(verb) \(path)",
                in: scratch.path)
            #expect(outcome.status == 1)
            let words = "not a regular file, expected one that can be read twice"
            #expect(outcome.errors == "levelhead: \(path): \(words)\n")
        }
    }

    @Test func `every verb takes several tapes behind one --tape`() throws {
        let scratch = try ShortRun.copy()
        let tapes = "--tape tape/*definition* tape/*status* tape/*ESH6*"
        for verb in ["history \(tapes) --history h", "replay \(tapes) --run-dir r", "verify r \(tapes)"] {
            let outcome = try Program.shell("$lh \(verb) --json", in: scratch.path)
            #expect(outcome.status == 0, "\(verb): \(outcome.errors)")
        }
    }

    @Test(arguments: [
        "flatten", "status", "arm --scope account --reason r", "pause", "resume", "order buy 1", "cancel all",
        "modify 1-manual-1 --limit 6800", "reconcile", "doctor", "why 1-strategy-1 --run run --tape tape",
        "verify run --tape tape", "record --out copy", "subscribe features.ES --count 0",
    ])
    func `every verb that keeps state takes --config`(verb: String) throws {
        let scratch = try ShortRun.copy()
        // It is not opened, but by doctor: a flatten does not hang on a file.
        let outcome = try Program.shell("$lh \(verb) --config nowhere.toml --state-dir state", in: scratch.path)
        #expect(outcome.status != 64, "\(outcome.errors)")
        // The others have nobody to talk to.
        if ["why", "verify", "subscribe"].contains(where: verb.hasPrefix) { #expect(outcome.status == 0) }
    }
}
