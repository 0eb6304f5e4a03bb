import Control
import Foundation
import Orders
import Platform
import TestSupport
import Testing
import Units

/// Real processes, stopped, killed and started again between surveys.
@Suite(.enabled(if: !Probe.path.isEmpty, "needs ControlProbe beside the tests: swift build"))
struct ControlProcessTests {
    @Test func `a stopped process is missing, and there again when it goes on`() throws {
        let state = try Scratch()
        let risk = try Probe(state, "risk"), engine = try Probe(state, "engine")
        risk.signal(SIGSTOP)
        let during = try state.client().survey(.status, deadline: .milliseconds(1_500))
        #expect(during.answered == ["engine"] && during.missing == ["risk"] && during.stale.isEmpty)
        risk.signal(SIGCONT)
        let after = try state.client().survey(.status, deadline: .seconds(10))
        #expect(after.answered == ["engine", "risk"])
        #expect(try engine.finish().isEmpty)
        #expect(try risk.finish().isEmpty)
    }

    @Test func `a killed process is stale, and its successor answers`() throws {
        let state = try Scratch()
        let first = try Probe(state, "risk")
        first.die()
        let between = try state.client().survey(.status, deadline: .seconds(5))
        #expect(between.stale.map(\.name) == ["risk"] && between.asked.isEmpty)
        let second = try Probe(state, "risk")
        let after = try state.client().survey(.status, deadline: .seconds(10))
        #expect(after.answered == ["risk"] && after.stale.isEmpty)
        #expect(after.answers["risk"]?.status?.pid == second.pid)
        #expect(try second.finish().isEmpty)
        #expect(try state.client().survey(.status, deadline: .seconds(1)).stale.isEmpty, "ended in order: no trace")
    }

    @Test func `a process that appears during a survey is asked, and one command stays one`() throws {
        let state = try Scratch()
        let slow = try Probe(state, "risk", ["--takes", "400"])
        let client = try state.client()
        var late: Probe?
        let why = CommandArguments(reason: "x")
        let survey = try client.survey(.pause, why, until: .terminal, deadline: .seconds(20)) {
            if late == nil, !$0.answers.isEmpty { late = try? Probe(state, "execution") }
        }
        #expect(survey.answers["risk"]?.outcome == .done)
        #expect(survey.answers["execution"]?.outcome == .done)
        #expect(survey.rounds > 1)
        let line = "pause \(survey.id.hexadecimal) x"
        #expect(try slow.finish() == [line])
        #expect(try late?.finish() == [line])
    }

    @Test func `a command that never ends is accepted, not done`() throws {
        let state = try Scratch()
        let risk = try Probe(state, "risk", ["--takes=-1"])
        let survey = try state.client().survey(.pause, until: .terminal, deadline: .milliseconds(1_500))
        #expect(survey.answers["risk"]?.outcome == .accepted)
        #expect(survey.answers["risk"]?.details.message == "begun")
        #expect(try risk.finish().count == 1)
    }

    @Test func `the epoch that one process raises is seen by another`() throws {
        let state = try Scratch()
        let word = try EpochWord(stateDirectory: state.path)
        // dd stands for any other program: it writes the eight bytes into the same file.
        let script = "printf '\\007\\0\\0\\0\\0\\0\\0\\0' | dd of='\(word.path)' bs=1 seek=8 conv=notrunc status=none"
        #expect(try BuiltProgram.run("/bin/sh", ["-c", script]).status == 0)
        #expect(word.load() == EpochState(epoch: 3, isLocked: true))
        word.raiseAndLock()
        let dumped = try BuiltProgram.run("/usr/bin/od", ["-A", "n", "-t", "u8", "-j", "8", "-N", "8", word.path])
        #expect(dumped.output.trimmingCharacters(in: .whitespacesAndNewlines) == "9", "epoch 4, locked")
    }
}

/// The verbs as a user runs them, on real processes.
@Suite(.enabled(if: !Probe.path.isEmpty && !levelhead.isEmpty, "needs the programs beside the tests: swift build"))
struct ControlVerbTests {
    private static func run(_ state: Scratch, _ arguments: [String]) throws -> (
        status: Int32, output: String, errors: String
    ) {
        try BuiltProgram.run(levelhead, arguments + ["--state-dir", state.path])
    }

    private static func json(_ text: String) throws -> [String: Any] {
        try #require(try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
    }

    @Test func `status shows processes, position, trading state and profit`() throws {
        let state = try Scratch()
        let engine = try Probe(state, "engine")
        let risk = try Probe(state, "risk", ["--position", "MESH4=2", "--position", "ESH4=0"])
        let outcome = try Self.run(state, ["status", "--json", "--timeout", "10"])
        #expect(outcome.status == 0 && outcome.errors.isEmpty)
        let report = try Self.json(outcome.output)
        let processes = try #require(report["processes"] as? [[String: Any]])
        #expect(processes.map { $0["name"] as? String } == ["engine", "risk"])
        for process in processes {
            #expect(process["pid"] as? Int != nil && process["sequence"] as? Int != nil)
            #expect(process["state"] as? String == "running" && process["lag_ns"] as? Int == 0)
        }
        #expect(report["position"] as? [String: Int] == ["MESH4": 2, "ESH4": 0])
        #expect(report["trading_state"] as? String == "ACTIVE")
        #expect(report["day_pnl_usd"] as? String == "-12.50")
        #expect(report["missing"] as? [String] == [] && report["stale"] as? [String] == [])
        #expect(report["locked"] is NSNull)
        let table = try Self.run(state, ["status", "--timeout", "10"])
        #expect(table.output.contains("position  MESH4 +2\n") && table.output.contains("trading   ACTIVE"))
        #expect(table.output.contains("limits    day loss 500.00 USD, drawdown 20.00 of 1000.00 USD\n"))
        #expect(table.output.split(separator: "\n").allSatisfy { $0.count <= 100 })
        #expect(try engine.finish().isEmpty)
        #expect(try risk.finish().isEmpty)
    }

    @Test func `status without anybody is exit status 1 and one line`() throws {
        let state = try Scratch()
        let none = try Self.run(state, ["status"])
        #expect(none.status == 1 && none.output.isEmpty)
        #expect(none.errors == "levelhead: \(state.path): no process is registered\n")
        #expect(try FileManager.default.contentsOfDirectory(atPath: state.path) == [], "nothing was made")
        let risk = try Probe(state, "risk")
        risk.die()
        let dead = try Self.run(state, ["status", "--json"])
        #expect(dead.status == 1)
        #expect(dead.errors == "levelhead: \(state.path): no process answers: risk is dead\n")
        #expect(try Self.json(dead.output)["stale"] as? [String] == ["risk"])
    }

    @Test func `a flatten where nobody is registered locks, and says that it may be the wrong place`() throws {
        let state = try Scratch()
        for more in [[], ["--direct", "--timeout", "0.2"]] {
            let none = try Self.run(state, ["flatten", "--json"] + more)
            #expect(none.status == 1)
            let report = try Self.json(none.output)
            let words = "\(state.path): no process is registered, so nothing was closed: is it the right --state-dir?"
            #expect(report["message"] as? String == words)
            #expect(report["flat"] as? Bool == false && report["locked"] as? Bool == true)
            #expect(report["direct"] is NSNull && report["resume"] is NSNull)
        }
        // Where a run was left, that is what there is to be done.
        try "/tmp/its run\n".write(toFile: "\(state.path)/run", atomically: true, encoding: .utf8)
        let left = try Self.json(try Self.run(state, ["flatten", "--json"]).output)
        #expect((left["message"] as? String)?.hasSuffix("; /tmp/its run was interrupted") == true)
        #expect(left["resume"] as? String == "levelhead up --resume --state-dir '\(state.path)'")
        let execution = try Probe(state, "execution")
        execution.die()
        let dead = try Self.json(try Self.run(state, ["flatten", "--json"]).output)
        #expect((dead["message"] as? String)?.contains("no process is alive, so nothing was closed") == true)
        #expect(dead["resume"] as? String == left["resume"] as? String && dead["direct"] is NSNull)
        // A venue that lives can be spoken to.
        let paper = try Probe(state, "paper")
        let alone = try Self.json(try Self.run(state, ["flatten", "--json", "--reason", "x"]).output)
        #expect(alone["direct"] as? String == "levelhead flatten --direct --state-dir '\(state.path)' --reason 'x'")
        #expect(alone["resume"] is NSNull)
        #expect(try paper.finish().isEmpty)
        // Of processes that wait for a ring the lock is all there is to see.
        let lock = try PosixFile("\(state.path)/lock", .updateOrCreate)
        #expect(try lock.lock())
        try lock.write(Array("\(getpid())\n".utf8), at: 0)
        let waiting = try Self.json(try Self.run(state, ["flatten", "--json"]).output)
        let words = "process \(getpid()) is there and waits: is levelhead ingest running?"
        #expect((waiting["message"] as? String)?.hasSuffix(words) == true && waiting["resume"] is NSNull)
        let status = try Self.run(state, ["status"])
        #expect(status.errors == "levelhead: \(state.path): no process answers: execution is dead; \(words)\n")
        #expect(try lock.size() > 0, "held until here")
    }

    @Test func `what cannot be looked at is no empty directory`() throws {
        let state = try Scratch()
        try "".write(toFile: "\(state.path)/file", atomically: true, encoding: .utf8)
        let outcome = try BuiltProgram.run(levelhead, ["status", "--state-dir", "\(state.path)/file"])
        #expect(outcome.status == 1)
        #expect(outcome.errors == "levelhead: \(state.path)/file/control: Not a directory (lstat)\n")
    }

    @Test func `a silent process is named and does not hide the others`() throws {
        let state = try Scratch()
        let engine = try Probe(state, "engine"), risk = try Probe(state, "risk")
        risk.signal(SIGSTOP)
        let outcome = try Self.run(state, ["status", "--json", "--timeout", "1.5"])
        #expect(outcome.status == 0)
        let report = try Self.json(outcome.output)
        #expect(report["missing"] as? [String] == ["risk"])
        #expect(report["trading_state"] is NSNull && report["day_pnl_usd"] is NSNull)
        let pause = try Self.run(state, ["pause", "--timeout", "1.5"])
        #expect(pause.status == 1 && pause.errors == "levelhead: pause: silent: risk\n")
        risk.signal(SIGCONT)
        #expect(try engine.finish().count == 1, "it handles pauses, too")
        _ = try risk.finish()
    }

    @Test func `pause and resume change the trading state, once each`() throws {
        let state = try Scratch()
        let risk = try Probe(state, "risk", ["--position", "MESH4=1"])
        let engine = try Probe(state, "engine", ["--verbs", "none"])
        let pause = try Self.run(state, ["pause", "--reason", "news", "--json", "--timeout", "10"])
        #expect(pause.status == 0)
        #expect(try Self.json(pause.output)["trading_state"] as? String == "REDUCING")
        let status = try Self.run(state, ["status", "--json", "--timeout", "10"])
        #expect(try Self.json(status.output)["trading_state"] as? String == "REDUCING")
        let resume = try Self.run(state, ["resume", "--timeout", "10"])
        #expect(resume.status == 0 && resume.output == "trading ACTIVE\n")
        let lines = try risk.finish()
        #expect(lines.count == 2 && lines[0].hasPrefix("pause ") && lines[0].hasSuffix(" news"))
        #expect(lines.last?.hasPrefix("resume ") == true)
        let alone = try Self.run(state, ["pause", "--timeout", "10"])
        #expect(alone.status == 1)
        #expect(alone.errors == "levelhead: pause: no risk gateway runs, only engine\n")
        #expect(try engine.finish().isEmpty)
    }

    @Test func `a key that others may read stops the verb`() throws {
        let state = try Scratch()
        let risk = try Probe(state, "risk")
        try state.setMode(0o644, of: "keys/control.key")
        let outcome = try Self.run(state, ["status"])
        #expect(outcome.status == 1)
        let path = state.file("keys/control.key")
        #expect(outcome.errors == "levelhead: \(path): mode 0644, expected 0600: chmod 0600 '\(path)'\n")
        #expect(try risk.finish().isEmpty)
    }
}

/// The program, if it was built.
private let levelhead = BuiltProgram.path("levelhead")
