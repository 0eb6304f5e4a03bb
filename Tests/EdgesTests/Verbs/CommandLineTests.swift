import DBN
import Foundation
import Network
import Platform
import Tape
import TestSupport
import Testing
import Units

extension Program {
    /// Runs a line of the shell in which `$lh` is the program; its status is that of the first command that failed.
    static func shell(_ line: String, in directory: String) throws -> Outcome {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/bin/bash")
        process.arguments = ["-o", "pipefail", "-c", line]
        process.currentDirectoryURL = URL(fileURLWithPath: directory)
        var environment = ProcessInfo.processInfo.environment
        environment["lh"] = path
        environment["LEVELHEAD_STATE_DIR"] = directory + "/state"
        process.environment = environment
        process.standardInput = FileHandle.nullDevice
        return try run(process)
    }
}

/// The command line as scripts use it.
@Suite(.enabled(if: Program.isBuilt, "needs the program beside the tests: swift build"))
struct CommandLineTests {
    @Test(arguments: ["in.dbn", "./in.dbn", "link.dbn", "hard.dbn"])
    func `convert does not replace its own input`(name: String) throws {
        let scratch = try Scratch()
        let path = try TapeVerbTests.tape(scratch)
        let before = try PosixFile.contents(of: path)
        let outcome = try Program.shell(
            "ln -s in.dbn link.dbn; ln in.dbn hard.dbn; $lh convert in.dbn \(name) --schema trades", in: scratch.path)
        #expect(outcome.status == 1)
        #expect(outcome.errors == "levelhead: \(name): the same file as the input in.dbn, expected another name\n")
        #expect(try PosixFile.contents(of: path) == before)
    }

    @Test(arguments: ["inspect in.dbn --json", "columns --json", "columns", "columns --help", "--help"])
    func `what was printed and did not arrive is an error`(arguments: String) throws {
        let scratch = try Scratch()
        _ = try TapeVerbTests.tape(scratch)
        let full = try Program.shell("$lh \(arguments) > /dev/full", in: scratch.path)
        #expect(full.status == 1)
        #expect(full.errors == "levelhead: standard output: No space left on device\n")
        // As a shell runs it, and with a parent that ignores the signal.
        for line in ["$lh \(arguments) | true", "trap '' PIPE; $lh \(arguments) | true"] {
            let toPipe = line.replacing("| true", with: "> p")
            let unread = try Program.shell("mkfifo p; (exec 3<p) & \(toPipe)", in: scratch.path)
            #expect([0, 141].contains(unread.status))
            #expect(unread.errors == "")
            try FileManager.default.removeItem(atPath: scratch.file("p"))
        }
    }

    @Test func `subscribe ends when nobody reads it any more, also while there is nothing to print`() throws {
        let scratch = try Scratch()
        let outcome = try Program.shell(
            "timeout 20 $lh subscribe features.ES 2> /dev/null | true; echo ${PIPESTATUS[0]}", in: scratch.path)
        #expect(outcome.output == "141\n")
    }

    /// The largest of its files is written first of all to the limit, and is the last to get its name.
    @Test func `synth that finds no room leaves the session before as it was`() throws {
        let scratch = try Scratch()
        let synth = "$lh synth --date 2026-11-20 --rate 0.002 --from 09:00 --to 12:00 --out out"
        try #require(try Program.shell("\(synth) --seed 9", in: scratch.path).status == 0)
        let before = try Program.shell("sha256sum out/*", in: scratch.path).output
        // Blocks of 1,024 bytes: half of what the options take.
        let limited = try Program.shell("trap '' XFSZ; ulimit -f 400; \(synth) --seed 1", in: scratch.path)
        #expect(limited.status == 1, "\(limited.errors)")
        #expect(limited.errors.contains("File too large"), "\(limited.errors)")
        #expect(try Program.shell("sha256sum out/*", in: scratch.path).output == before)
    }

    @Test func `up starts nothing that can never start`() throws {
        let scratch = try Scratch()
        let deep = scratch.path + "/" + String(repeating: "d", count: 107 - "/venue/control/paper.ipc".count)
        let up = "timeout 60 $lh up --tape tape --run-dir run --json"
        let synth = "$lh synth --date 2026-03-10 --seed 1 --rate 0.01 --from 09:30 --to 09:31 --no-options --out tape"
        try #require(try Program.shell(synth, in: scratch.path).status == 0)
        let long = try Program.shell("\(up) --state-dir \(deep)", in: scratch.path)
        #expect(long.status == 1)
        #expect(long.errors.contains("a socket has at most 107"), "\(long.errors)")
        let open = try Program.shell("\(up) --state-dir s --set streams.tcp=0.0.0.0:17431", in: scratch.path)
        #expect(open.status == 1)
        #expect(open.errors.contains("streams.tcp: tcp://0.0.0.0:17431: only loopback"), "\(open.errors)")
        #expect(try scratch.names == ["tape"])
    }

    /// The corrected command finds its directory as the first one did.
    @Test func `up makes no run of a plain tape that ends inside a record`() throws {
        let scratch = try Scratch()
        let synth = "$lh synth --date 2026-03-10 --seed 1 --rate 0.01 --from 09:30 --to 09:31 --no-options --out tape"
        try #require(try Program.shell(synth, in: scratch.path).status == 0)
        let name = try #require(
            try FileManager.default.contentsOfDirectory(atPath: scratch.file("tape")).first {
                $0.contains("ESH6") && $0.contains("mbp-10")
            })
        let packed = scratch.file("tape/\(name)")
        let metadata = try #require(try TapeFile.open(packed).metadata)
        let whole = try TestTape.write(scratch.file("whole.dbn"), metadata, try TestTape.records(packed))
        let bytes = try PosixFile.contents(of: whole)
        let cut = try scratch.write(Array(bytes.dropLast(100)), "tape/cut.dbn")
        unlink(packed)
        let up = "$lh up --tape tape --run-dir run --state-dir s --begin"
        let refused = try Program.shell(up, in: scratch.path)
        #expect(refused.status == 1)
        #expect(refused.errors.contains("cut.dbn: byte "), "\(refused.errors)")
        #expect(try !scratch.names.contains("run"))
        try FileManager.default.removeItem(atPath: cut)
        try FileManager.default.moveItem(atPath: whole, toPath: scratch.file("tape/whole.dbn"))
        let corrected = try Program.shell(up, in: scratch.path)
        #expect(corrected.status == 0, "\(corrected.errors)")
    }

    @Test func `doctor names the configured port that another process holds, and that process`() throws {
        let scratch = try Scratch()
        let listener = try TCPListener(port: 0)
        func ports(_ key: String, _ value: String) throws -> [(isOK: Bool, detail: String)] {
            let line = "$lh doctor --set \(key)=\(value) --json || true"
            let outcome = try Program.shell(line, in: scratch.path)
            let report = try JSONSerialization.jsonObject(with: Data(outcome.output.utf8)) as? [String: Any]
            let checks = try #require(report?["checks"] as? [[String: Any]], "\(outcome.errors)")
            return checks.filter { $0["name"] as? String == key }.map {
                ($0["ok"] as? Bool ?? false, $0["detail"] as? String ?? "")
            }
        }
        let feed = try ports("streams.tcp", "127.0.0.1:\(listener.port)")
        let snapshots = try ports("streams.tcp", "127.0.0.1:\(listener.port - 1)")
        let metrics = try ports("metrics.first_port", "\(listener.port - 4)")
        #expect((feed.count, snapshots.count, metrics.count) == (2, 2, 5))
        let held = "127.0.0.1:\(listener.port): held by "
        for found in [feed.first, snapshots.last, metrics.last] {
            #expect(found?.isOK == false && found?.detail.hasPrefix(held) == true, "\(feed) \(snapshots) \(metrics)")
            #expect(found?.detail.hasSuffix("(pid \(getpid()))") == true, "\(feed) \(snapshots) \(metrics)")
        }
        let plain = try Program.shell("$lh doctor --json || true", in: scratch.path)
        #expect(!plain.output.contains("streams.tcp") && !plain.output.contains("first_port"), "nothing is configured")
        withExtendedLifetime(listener) {}
    }
}
