import Control
import Foundation
import Observability
import Platform
import Security
import Units

/// Starts the processes of a run, starts again those that die, and ends them in order.
struct Supervisor {
    private let site: RunSite
    private let ingestArguments: [String]
    private let restarts: Bool
    private let isLockstep: Bool
    private let isLive: Bool
    private let control: ControlClient
    private let directory: ControlDirectory
    private var children: [ProcessRole: ChildProcess] = [:]
    /// Dead ones and when they are started again; nil for those that stay dead.
    private var dead: [ProcessRole: Nanoseconds?] = [:]
    private var failures: [ProcessRole: Int] = [:]
    private var startedAt: [ProcessRole: Nanoseconds] = [:]
    /// Those that have not been there to be asked since this run was started.
    private var awaited = Set(ProcessRole.allCases)
    /// Those that did not end in order when they were to: what they would have said is missing.
    private(set) var unfinished: [ProcessRole] = []
    /// Ingest has read its tape to the end.
    private(set) var isInputOver = false
    /// Where everybody stood at the last look, and since when.
    private var lastStanding: [[UInt64]] = []
    private var standingSince = MonotonicClock.now()
    /// How often a process was started again.
    private(set) var restartCount = 0

    private static let look = Nanoseconds.milliseconds(20)
    /// The wait before the first restart after a quiet time, doubled with each failure up to the longest.
    private static let firstDelay = Nanoseconds.milliseconds(50)
    private static let longestDelay = Nanoseconds.seconds(5)
    /// The same for one whose input is as bad as it was: what it lacks is given back by a person, if at all.
    private static let firstInputDelay = Nanoseconds.seconds(1)
    private static let longestInputDelay = Nanoseconds.seconds(60)
    /// A process that ran so long has recovered from what ended the one before it.
    private static let quietTime = Nanoseconds.seconds(10)
    /// Starts of a process that was never up after which the run ends: a quarter of a minute.
    private static let mostStarts = 10
    /// How long a process that is to end may stand still, and how long it may take in all.
    private static let patience = Nanoseconds.seconds(10)
    private static let longestEnd = Nanoseconds.seconds(120)

    /// - Parameter isLockstep: in logical time; a process that dies then stays dead, and ends the run.
    init(_ site: RunSite, ingestArguments: [String], restarts: Bool, isLockstep: Bool) throws {
        self.site = site
        self.ingestArguments = ingestArguments
        self.restarts = restarts && !isLockstep
        self.isLockstep = isLockstep
        isLive = try site.isLive()
        let key = try KeyStore(stateDirectory: site.stateDirectory).key(.control)
        directory = ControlDirectory(stateDirectory: site.stateDirectory)
        control = ControlClient(stateDirectory: site.stateDirectory, key: key, sender: "up")
    }

    mutating func startAll() throws {
        for role in ProcessRole.allCases {
            // Of an earlier part of the run; who dies before its end leaves none.
            unlink(site.result(role))
            try start(role)
        }
    }

    /// Those that have died without ever having been up.
    var neverUp: [ProcessRole] { ProcessRole.allCases.filter { awaited.contains($0) && failures[$0, default: 0] > 0 } }

    /// Those that have died and were not started again.
    var deadRoles: [ProcessRole] { ProcessRole.allCases.filter { dead[$0] != nil } }

    /// Watches until the run's input has been read and everything that follows from it is done, or until the wish to
    /// stop comes.
    ///
    /// - Parameter stays: the end of the input ends nothing.
    mutating func watch(stays: Bool) throws {
        var doneLooks = 0
        while !StopSignal.isRaised {
            noteArrivals()
            try reap()
            restartDue()
            if isInputOver, !stays {
                doneLooks = try isDone() ? doneLooks + 1 : 0
                if doneLooks >= 2 { return }
            }
            usleep(UInt32(Self.look.count / 1_000))
        }
    }

    /// Ends everything in the order in which data flows: nobody is left with input that the next one will not take.
    mutating func stopAll() {
        // Who has just died has something to finish too.
        for (role, due) in dead where due != nil { try? start(role) }
        for role in [ProcessRole.ingest, .engine, .risk, .execution, .paper] {
            guard let child = children[role] else {
                // It could not be started again.
                if let due = dead[role], due != nil { unfinished.append(role) }
                continue
            }
            child.terminate()
            let end = awaitEnd(of: child)
            if end == nil {
                Terminal.writeError("levelhead: \(role.rawValue) does not end: killed")
                child.kill()
                while child.poll() == nil { usleep(1_000) }
            } else if let end, end != .status(0) {
                Terminal.writeError("levelhead: \(role.rawValue) (pid \(child.pid)) ended: \(Self.words(end))")
            }
            if end != .status(0) { unfinished.append(role) }
            children[role] = nil
        }
    }

    /// Waits for a process that is to end, as long as it gets on with what it has to do before.
    ///
    /// - Returns: how it ended; nil when it has not.
    private func awaitEnd(of child: ChildProcess) -> ChildProcess.End? {
        let end = MonotonicClock.now() + Self.longestEnd
        var deadline = MonotonicClock.now() + Self.patience
        var asked = MonotonicClock.now()
        var sequence: UInt64?
        while true {
            if let result = child.poll() { return result }
            let now = MonotonicClock.now()
            if now > min(deadline, end) { return nil }
            if now - asked > .seconds(1) {
                asked = now
                let survey = try? control.survey(.status, deadline: .milliseconds(200))
                let found = survey?.answers[child.role.rawValue]?.status?.sequence
                if let found, found != sequence { deadline = now + Self.patience }
                sequence = found ?? sequence
            }
            usleep(2_000)
        }
    }

    private mutating func start(_ role: ProcessRole) throws {
        var arguments = ["--run-dir", site.directory, "--state-dir", site.stateDirectory, "--supervisor", "\(getpid())"]
        if role == .ingest { arguments += ingestArguments } else if isLockstep { arguments.append("--lockstep") }
        children[role] = try ChildProcess.start(role, arguments)
        startedAt[role] = MonotonicClock.now()
        RunLog.note("\(role.rawValue) is started, pid \(children[role]?.pid ?? 0)")
        dead[role] = nil
    }

    /// Who has registered is up.
    private mutating func noteArrivals() {
        for role in awaited {
            guard let pid = children[role]?.pid, directory.registration(of: role.rawValue)?.pid == pid else { continue }
            awaited.remove(role)
        }
    }

    private mutating func reap() throws {
        for (role, child) in children {
            guard let end = child.poll() else { continue }
            children[role] = nil
            // One that somebody else told to end has left something to read.
            if role == .ingest, end == .status(0), site.isInputOver() {
                isInputOver = true
                continue
            }
            // What changed under a process that had come up may change back: whatever is open goes on with the others.
            let isBadInput = end == .status(Self.badInput)
            if isBadInput, role == .ingest ? !isFed : awaited.contains(role) { throw failure(of: role) }
            Terminal.writeError("levelhead: \(role.rawValue) (pid \(child.pid)) ended: \(Self.words(end))")
            if isLockstep { throw LockstepBroken(role: role) }
            if !restarts {
                failures[role, default: 0] += 1
                dead[role] = .some(nil)
                // Nobody brings more.
                if role == .ingest { isInputOver = true }
                continue
            }
            let lived = MonotonicClock.now() - (startedAt[role] ?? .zero)
            // One that waits for its predecessor's end is not up, however long.
            let isRecovered = lived > Self.quietTime && !awaited.contains(role)
            let count = isRecovered ? 0 : failures[role, default: 0]
            failures[role] = count + 1
            if awaited.contains(role), count + 1 >= Self.mostStarts { throw NeverStarted(role: role) }
            let delay = isBadInput ? Self.inputDelay(after: count) : Self.delay(after: count)
            dead[role] = .some(MonotonicClock.now() + delay)
            guard isBadInput, role == .ingest else { continue }
            Terminal.writeError("levelhead: the feed is down, the others go on; tried again in \(Int(delay.seconds)) s")
        }
    }

    /// A live feed was there in this run: what ended its ingest may be mended. A tape that is bad stays bad.
    private var isFed: Bool { isLive && PosixFile.exists(site.ringPath) }

    private func failure(of role: ProcessRole) -> any Error {
        role == .ingest ? InputFailed() : NeverStarted(role: role)
    }

    /// The status with which a process says that starting it again would not help.
    static let badInput: Int32 = 65

    private static func words(_ end: ChildProcess.End) -> String {
        switch end {
        case .status(let status): "status \(status)"
        case .signal(let number): "signal \(number)"
        }
    }

    private mutating func restartDue() {
        let now = MonotonicClock.now()
        for (role, due) in dead {
            guard let due, now >= due else { continue }
            do {
                try start(role)
                restartCount += 1
            } catch {
                // What the system has no room for now it may have later: what is open goes on with the others.
                if failures[role, default: 0] <= Self.mostStarts {
                    Terminal.writeError("levelhead: \(role.rawValue) cannot be started: \(error)")
                }
                failures[role, default: 0] += 1
                dead[role] = .some(MonotonicClock.now() + Self.delay(after: failures[role, default: 0]))
            }
        }
    }

    private static func delay(after failures: Int) -> Nanoseconds {
        min(longestDelay, Nanoseconds(firstDelay.count << min(failures, 10)))
    }

    private static func inputDelay(after failures: Int) -> Nanoseconds {
        min(longestInputDelay, Nanoseconds(firstInputDelay.count << min(failures, 10)))
    }

    /// Every reader has taken every record, and every message has been taken by its receiver.
    private mutating func isDone() throws -> Bool {
        guard dead.values.allSatisfy({ $0 == nil }) else { return false }
        let living = ProcessRole.readers.filter { children[$0] != nil }
        let survey = try control.survey(.status, deadline: .milliseconds(500))
        let answers = living.compactMap { survey.answers[$0.rawValue]?.status }
        guard answers.count == living.count else { return false }
        if dead.isEmpty { return answers.allSatisfy { $0.state == ProcessState.waiting.name } }
        // Messages to the dead are never taken: done is who has read everything and has nothing more to say.
        let last = answers.map(\.sequence).max()
        let standing = answers.map { [$0.sequence, $0.produced] }
        defer { lastStanding = standing }
        let hasMoved = standing != lastStanding || !answers.allSatisfy { $0.sequence == last }
        if hasMoved { standingSince = MonotonicClock.now() }
        return MonotonicClock.now() - standingSince > .seconds(1)
    }
}

/// What ends a run: one of its processes cannot go on.
protocol ProcessFailure: Error {
    var role: ProcessRole { get }
}

/// In logical time nobody goes on without the others.
struct LockstepBroken: ProcessFailure, CustomStringConvertible {
    let role: ProcessRole
    var description: String { "\(role.rawValue) died in logical time: the run is over" }
}

/// A process cannot start; its own message says why.
struct NeverStarted: ProcessFailure, CustomStringConvertible {
    let role: ProcessRole
    var description: String { "\(role.rawValue) cannot start: the run has failed" }
}

/// A process was to end in order, and did not; what the run came to is told without it.
struct NotFinished: Error, CustomStringConvertible {
    let roles: [ProcessRole]
    var description: String {
        "\(roles.map(\.rawValue).joined(separator: ", ")) did not end in order: null is what is missing"
    }
}

/// What ingest reads cannot be read; its own message says why.
struct InputFailed: ProcessFailure, CustomStringConvertible {
    let role = ProcessRole.ingest
    var description: String { "the run's input failed" }
}
