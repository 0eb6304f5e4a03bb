import Control
import Foundation
import Nanomsg
import Security
import Synchronization
import TestSupport
import Testing
import Units

@Suite struct SurveyTests {
    private static let second = Nanoseconds.seconds(1)

    @Test func `everybody answers the first survey, right after connecting`() throws {
        let state = try Scratch()
        let processes = try ["engine", "risk", "paper"].map { try TestProcess(state, $0) }
        processes[1].board.status.store(ProgressRecord(state: .running, sequence: 9))
        for _ in 0..<5 {
            let survey = try state.client().survey(.status, deadline: .seconds(5))
            #expect(survey.answered == ["engine", "paper", "risk"])
            #expect(survey.missing.isEmpty && survey.stale.isEmpty && survey.refusedAnswers.isEmpty)
            #expect(survey.answers["risk"]?.status?.sequence == 9)
            #expect(survey.answers["risk"]?.run == "run-1")
        }
        for process in processes { process.server.stop() }
        let left = try FileManager.default.contentsOfDirectory(atPath: state.file("control"))
        #expect(!left.contains { $0.hasSuffix("json") })
    }

    @Test func `nobody registered is nobody asked`() throws {
        let state = try Scratch()
        let survey = try state.client().survey(.status, deadline: Self.second)
        #expect(survey.asked.isEmpty && survey.answers.isEmpty && survey.rounds == 0)
    }

    @Test func `a registered process that never answers is missing after the deadline`() throws {
        let state = try Scratch()
        let process = try TestProcess(state, "engine")
        // Alive by its pid, with an endpoint that nobody answers at.
        var silent = process.server.registration
        silent.name = "risk"
        silent.endpoint = "ipc://\(state.file("control/risk.ipc"))"
        let socket = try RespondentSocket(endpoint: silent.endpoint, largestMessageBytes: 65_536)
        try JSONEncoder().encode(silent).write(to: URL(fileURLWithPath: state.file("control/risk.json")))
        let survey = try state.client().survey(.status, deadline: .milliseconds(1_500))
        #expect(survey.answered == ["engine"])
        #expect(survey.missing == ["risk"])
        #expect(survey.rounds > 1, "asked again")
        #expect(survey.elapsed >= .milliseconds(1_500))
        withExtendedLifetime(socket.endpoint) {}
    }

    @Test func `a registration of a dead process is stale and not waited for`() throws {
        let state = try Scratch()
        let process = try TestProcess(state, "engine")
        var dead = process.server.registration
        dead.name = "risk"
        // The same pid with another start: what a number that is used again looks like.
        dead.identity ^= 1
        try JSONEncoder().encode(dead).write(to: URL(fileURLWithPath: state.file("control/risk.json")))
        try Data("{".utf8).write(to: URL(fileURLWithPath: state.file("control/broken.json")))
        let survey = try state.client().survey(.status, deadline: .seconds(5))
        #expect(survey.answered == ["engine"] && survey.missing.isEmpty)
        #expect(survey.stale.map(\.name) == ["risk"])
    }

    @Test func `a command is handled once in each process, and its last word comes back`() throws {
        let state = try Scratch()
        let handled = Mutex<[String: Int]>([:])
        let processes = try ["risk", "execution"].map { name in
            try TestProcess(state, name) { command in
                handled.withLock { $0[name, default: 0] += 1 }
                Thread.detachNewThread {
                    command.report(AnswerDetails(message: "half"))
                    usleep(70_000)
                    command.finish(.done, AnswerDetails(tradingState: "REDUCING"))
                }
            }
        }
        let bystander = try TestProcess(state, "engine", verbs: [])
        var progress: [String] = []
        let survey = try state.client().survey(
            .pause, CommandArguments(reason: "test"), until: .terminal, deadline: .seconds(10)
        ) { progress += $0.answers.values.compactMap(\.details.message) }
        #expect(survey.answers["risk"]?.outcome == .done && survey.answers["execution"]?.outcome == .done)
        #expect(survey.answers["risk"]?.details.tradingState == "REDUCING")
        #expect(survey.answers["engine"]?.outcome == .notConcerned)
        #expect(survey.rounds > 1 && progress.contains("half"), "asked while it was on its way")
        #expect(handled.withLock { $0 } == ["risk": 1, "execution": 1])
        #expect(processes[0].mailbox.pop()?.arguments.reason == "test")
        #expect(processes[0].mailbox.pop() == nil)
        withExtendedLifetime(bystander) {}
    }

    @Test func `a surveyor without the key learns nothing`() throws {
        let state = try Scratch()
        let process = try TestProcess(state, "risk")
        let stranger = ControlClient(stateDirectory: state.path, key: try TestKey.make())
        let survey = try stranger.survey(.pause, deadline: .milliseconds(1_000))
        #expect(survey.answers.isEmpty && survey.missing == ["risk"])
        #expect((process.board.refusalCounts[.wrongCode] ?? 0) > 0)
        #expect(process.mailbox.pop() == nil)
    }

    @Test func `answers under another key are not taken`() throws {
        let state = try Scratch()
        let process = try TestProcess(state, "engine")
        let endpoint = "ipc://\(state.file("control/risk.ipc"))"
        var liar = process.server.registration
        liar.name = "risk"
        liar.endpoint = endpoint
        try JSONEncoder().encode(liar).write(to: URL(fileURLWithPath: state.file("control/risk.json")))
        let isOver = Shared()
        let done = DispatchSemaphore(value: 0)
        Thread.detachNewThread {
            defer { done.signal() }
            guard let socket = try? RespondentSocket(endpoint: endpoint, largestMessageBytes: 65_536) else { return }
            let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 65_536, alignment: 8)
            defer { buffer.deallocate() }
            while !isOver.flag.load(ordering: .acquiring) {
                // What was asked, sent back: authentic, and no answer.
                if case .message(let count)? = try? socket.receive(into: buffer, timeout: .milliseconds(20)) {
                    try? socket.answer(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
                }
            }
        }
        let survey = try state.client().survey(.status, deadline: .milliseconds(1_500))
        #expect(survey.answered == ["engine"] && survey.missing == ["risk"])
        #expect((survey.refusedAnswers[.wrongKind] ?? 0) > 0)
        isOver.flag.store(true, ordering: .releasing)
        done.wait()
    }

    private final class Shared: Sendable { let flag = Atomic<Bool>(false) }

    @Test func `names and paths that cannot be are named errors`() throws {
        let state = try Scratch()
        for name in ["", "Engine", "a/b", "..", String(repeating: "x", count: 17)] {
            #expect(throws: RegistrationError.name(name)) { try TestProcess(state, name) }
        }
        let long = state.file(String(repeating: "d", count: 90))
        let path = "\(long)/control/engine.ipc"
        #expect(throws: RegistrationError.pathTooLong(path: path, bytes: path.utf8.count, limit: 107)) {
            try ControlServer(
                stateDirectory: long, key: try TestKey.make(), board: ProcessBoard(name: "engine", run: ""),
                mailbox: ControlMailbox(capacity: 1), verbs: [])
        }
        #expect(!FileManager.default.fileExists(atPath: long), "nothing was made")
    }

    @Test func `a name that is taken is refused with the pid of who has it`() throws {
        let state = try Scratch()
        let first = try TestProcess(state, "engine")
        #expect(throws: RegistrationError.alreadyRunning(name: "engine", pid: getpid())) {
            try TestProcess(state, "engine")
        }
        first.server.stop()
        let second = try TestProcess(state, "engine")
        #expect(try state.client().survey(.status, deadline: .seconds(5)).answered == ["engine"])
        second.server.stop()
    }

    @Test func `a control directory that others may use is refused`() throws {
        let state = try Scratch()
        let process = try TestProcess(state, "engine")
        try state.setMode(0o755, of: "control")
        #expect(throws: ControlError.self) { try state.client().survey(.status, deadline: Self.second) }
        process.server.stop()
        #expect(throws: RegistrationError.self) { try TestProcess(state, "risk") }
    }
}
