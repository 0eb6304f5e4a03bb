@preconcurrency import Glibc
import Control
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
    private(set) var random: DrillRandom

    /// Milliseconds to proven flat.
    private(set) var flattenTimes: [Double] = []
    /// Milliseconds from a kill to the successor's first answer.
    private(set) var restartTimes: [Double] = []
    private(set) var steps: [String] = []

    private static let patience = Nanoseconds.seconds(20)

    init(tape: String, directory: String, random: DrillRandom) {
        self.tape = tape
        self.directory = directory
        self.random = random
    }

    private var state: String { "\(directory)/s" }
    private var run: String { "\(directory)/r" }

    mutating func play() throws {
        try Directory.make(directory, mode: 0o700)
        let up = try OwnProgram.start(
            [
                "up", "--tape", tape, "--speed", "6x", "--stay", "--state-dir", state, "--run-dir", run, "--json",
                "--set", "policy.enabled=false", "--set", "snapshot.every_seconds=0.2",
            ], output: URL(fileURLWithPath: "\(directory)/up.out"), errors: URL(fileURLWithPath: "\(directory)/up.err"))
        defer {
            if up.isRunning { up.terminate() }
            up.waitUntilExit()
        }
        try awaitAll()
        for _ in 0..<(4 + random.below(5)) { try step() }
        try awaitAll()
        try flatten()
        up.terminate()
        up.waitUntilExit()
        guard up.terminationStatus == 0 else { throw DrillFailure("up ended with status \(up.terminationStatus)") }
        let verified = try OwnProgram.run(["verify", run, "--json"], scratch: directory)
        guard verified.status == 0, verified.json?["differences"] as? Int == 0 else {
            throw DrillFailure("verify: \(verified.output.prefix(300)) \(verified.errors.prefix(200))")
        }
    }

    // MARK: Steps

    private mutating func step() throws {
        switch random.below(6) {
        case 0, 1: try order()
        case 2: try kill(random.pick(ProcessRole.allCases))
        case 3: try cutFeed()
        case 4: try stop(random.pick([.execution, .risk, .paper]))
        default:
            try order()
            try kill(random.pick([.risk, .engine, .paper, .execution]))
            try awaitAll()
            try flatten()
            try arm()
        }
        usleep(UInt32(random.below(60_000)))
    }

    /// A manual order; it may be refused.
    private mutating func order() throws {
        let side = random.pick(["buy", "sell"]), quantity = 1 + random.below(2)
        steps.append("order \(side) \(quantity)")
        _ = try OwnProgram.run(
            [
                "order", side, "\(quantity)", "--stop-ticks", "200", "--timeout", "2", "--state-dir", state, "--json",
            ], scratch: directory)
    }

    private mutating func kill(_ role: ProcessRole) throws {
        guard let old = registration(role) else { return }
        steps.append("kill \(role.rawValue)")
        let start = MonotonicClock.now()
        Glibc.kill(old.pid, SIGKILL)
        try until("\(role.rawValue) is back") {
            guard let new = registration(role) else { return false }
            return new.identity != old.identity && answers().contains(role.rawValue)
        }
        restartTimes.append((MonotonicClock.now() - start).seconds * 1e3)
    }

    /// The feed is silent for a moment, and comes back with everything.
    private mutating func cutFeed() throws { try stop(.ingest) }

    private mutating func stop(_ role: ProcessRole) throws {
        guard let found = registration(role) else { return }
        steps.append("stop \(role.rawValue)")
        Glibc.kill(found.pid, SIGSTOP)
        usleep(UInt32(50_000 + random.below(400_000)))
        Glibc.kill(found.pid, SIGCONT)
    }

    private mutating func flatten() throws {
        steps.append("flatten")
        let end = try OwnProgram.run(
            ["flatten", "--reason", "drill", "--timeout", "15", "--state-dir", state, "--json"], scratch: directory)
        guard end.status == 0, end.json?["flat"] as? Bool == true else {
            throw DrillFailure("not flat: \(end.output.prefix(300)) \(end.errors.prefix(200))")
        }
        if let time = (end.json?["ms"] as? NSNumber)?.doubleValue { flattenTimes.append(time) }
        try until("position zero and LOCKED") {
            let status = try OwnProgram.run(["status", "--state-dir", state, "--json"], scratch: directory).json
            let position = status?["position"] as? [String: Any]
            return position?.isEmpty == true && status?["trading_state"] as? String == "LOCKED"
        }
    }

    private mutating func arm() throws {
        steps.append("arm")
        let end = try OwnProgram.run(
            ["arm", "--scope", "account", "--reason", "drill", "--state-dir", state, "--json"], scratch: directory)
        guard end.status == 0 else { throw DrillFailure("arm: \(end.errors.prefix(200))") }
    }

    // MARK: Looking

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
