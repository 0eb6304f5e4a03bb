@preconcurrency import Glibc
import Control
import Determinism
import Foundation
import Platform
import Units

/// What a drill found out of order.
struct DrillFailure: Error, CustomStringConvertible {
    let description: String
    init(_ description: String) { self.description = description }
}

/// One run of a drill: a desk of its own over a synthetic tape, on paper, to which bad things happen in a seeded order.
///
/// Whatever happens: every flatten that says flat is right, the account is flat at the end, no message and no fill was
/// lost or invented (`levelhead verify`).
struct DrillRun {
    let tape: String
    let directory: String
    let plan: DrillPlan
    /// Called with the number of steps that are done.
    var progress: (Int) -> Void = { _ in }
    private var random: SeededGenerator

    /// Milliseconds to proven flat.
    private(set) var flattenTimes: [Double] = []
    /// Milliseconds from a kill to the successor's first answer.
    private(set) var restartTimes: [Double] = []
    /// What was done, each step with its number.
    private(set) var steps: [String] = []
    private var number = 0

    private static let patience = Nanoseconds.seconds(20)

    init(tape: String, directory: String, seed: UInt64, run: Int) {
        self.tape = tape
        self.directory = directory
        random = SeededGenerator(seed: seed &* 0x9e37_79b9_7f4a_7c15 &+ UInt64(run))
        plan = DrillPlan(run: run, &random)
    }

    private var state: String { "\(directory)/s" }
    private var run: String { "\(directory)/r" }

    mutating func play() throws {
        try Directory.make(directory, mode: 0o700)
        let up = try OwnProgram.start(
            [
                "up", "--tape", tape, "--speed", "6x", "--stay", "--state-dir", state, "--run-dir", run, "--json",
                "--set", "policy.enabled=false", "--set", "snapshot.every_seconds=0.2", "--drill",
            ] + plan.faults, output: URL(fileURLWithPath: "\(directory)/up.out"),
            errors: URL(fileURLWithPath: "\(directory)/up.err"))
        defer {
            if up.isRunning { up.terminate() }
            up.waitUntilExit()
        }
        try awaitAll()
        for step in plan.steps {
            progress(number)
            try play(step)
        }
        progress(number)
        note("flatten")
        try awaitAll()
        try flatten()
        try proveAtVenue()
        up.terminate()
        up.waitUntilExit()
        guard up.terminationStatus == 0 else { throw DrillFailure("up ended with status \(up.terminationStatus)") }
        let verified = try OwnProgram.run(["verify", run, "--json"], scratch: directory)
        guard verified.status == 0, verified.json?["differences"] as? Int == 0 else {
            throw DrillFailure("verify: \(verified.output.prefix(300)) \(verified.errors.prefix(200))")
        }
    }

    // MARK: Steps

    private mutating func play(_ step: DrillPlan.Step) throws {
        number += 1
        for role in plan.kills[number] ?? [] { try kill(role) }
        switch step {
        case .order: try order()
        case .cutFeed: try stop(.ingest)
        case .stop(let role): try stop(role)
        case .flatten:
            note("flatten")
            try awaitAll()
            try flatten()
        }
        usleep(UInt32(random.draw(60_000)))
    }

    private mutating func note(_ what: String) { steps.append("\(number) \(what)") }

    /// A manual order; it may be refused.
    private mutating func order() throws {
        let side = random.pick(["buy", "sell"]), quantity = 1 + random.draw(2)
        try awaitAll()
        try arm()
        note("order \(side) \(quantity)")
        _ = try OwnProgram.run(
            [
                "order", side, "\(quantity)", "--stop-ticks", "200", "--timeout", "2", "--state-dir", state, "--json",
            ], scratch: directory)
    }

    private mutating func kill(_ role: ProcessRole) throws {
        guard let old = registration(role) else { return }
        note("kill \(role.rawValue)")
        let start = MonotonicClock.now()
        Glibc.kill(old.pid, SIGKILL)
        try until("\(role.rawValue) is back") {
            guard let new = registration(role) else { return false }
            return new.identity != old.identity && answers().contains(role.rawValue)
        }
        restartTimes.append((MonotonicClock.now() - start).seconds * 1e3)
    }

    /// It says nothing for a moment, and comes back with everything.
    private mutating func stop(_ role: ProcessRole) throws {
        guard let found = registration(role) else { return }
        note(role == .ingest ? "cut the feed" : "stop \(role.rawValue)")
        Glibc.kill(found.pid, SIGSTOP)
        usleep(UInt32(50_000 + random.draw(400_000)))
        Glibc.kill(found.pid, SIGCONT)
    }

    private mutating func flatten() throws {
        let end = try OwnProgram.run(
            ["flatten", "--reason", "drill", "--timeout", "15", "--state-dir", state, "--json"], scratch: directory)
        guard end.status == 0, end.json?["flat"] as? Bool == true else {
            throw DrillFailure("not flat: \(end.output.prefix(300)) \(end.errors.prefix(200))")
        }
        if let time = (end.json?["ms"] as? NSNumber)?.doubleValue { flattenTimes.append(time) }
        try until("position zero and LOCKED") {
            let status = try status()
            let position = status?["position"] as? [String: Int]
            let isFlat = position?.values.allSatisfy { $0 == 0 } == true
            return isFlat && status?["trading_state"] as? String == "LOCKED"
        }
    }

    /// The venue's second client finds nothing to close: flat was true.
    private func proveAtVenue() throws {
        let end = try OwnProgram.run(
            ["flatten", "--direct", "--timeout", "15", "--state-dir", state, "--json"], scratch: directory)
        guard end.status == 0, (end.json?["rounds"] as? NSNumber)?.intValue == 0 else {
            throw DrillFailure("the venue was not flat: \(end.output.prefix(300)) \(end.errors.prefix(200))")
        }
    }

    /// After a flatten, the desk's own too: a venue that goes wrong leads to some. Who was paused by a question
    /// resumes.
    private mutating func arm() throws {
        try until("ACTIVE") {
            let status = try status()
            switch status?["trading_state"] as? String {
            case "ACTIVE" where status?["locked"] as? Bool == false: return true
            case "ACTIVE", "LOCKED": _ = try control("arm", ["--scope", "account"])
            case "REDUCING": _ = try control("resume", [])
            default: break
            }
            return false
        }
    }

    private func control(_ verb: String, _ words: [String]) throws -> OwnProgram.End {
        try OwnProgram.run(
            [verb] + words + ["--reason", "drill", "--state-dir", state, "--json"], scratch: directory)
    }

    // MARK: Looking

    private func status() throws -> [String: Any]? {
        try OwnProgram.run(["status", "--state-dir", state, "--json"], scratch: directory).json
    }

    private func registration(_ role: ProcessRole) -> Registration? {
        ControlDirectory(stateDirectory: state).registration(of: role.rawValue)
    }

    private func answers() -> Set<String> {
        guard let key = try? KeyStore(stateDirectory: state).key(.control) else { return [] }
        let survey = try? ControlClient(stateDirectory: state, key: key).survey(.status, deadline: .milliseconds(300))
        return Set(survey?.answers.keys ?? [:].keys)
    }

    private func awaitAll() throws {
        let all = Set(ProcessRole.allCases.map(\.rawValue))
        try until("all processes answer") { answers().isSuperset(of: all) }
    }

    private func until(_ what: String, _ condition: () throws -> Bool) throws {
        let end = MonotonicClock.now() + Self.patience
        while try !condition() {
            guard MonotonicClock.now() < end else { throw DrillFailure("not in time: \(what)") }
            usleep(10_000)
        }
    }
}
