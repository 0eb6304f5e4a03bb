import Nanomsg
import Platform
import Security
import Units

/// Asks every registered process of a state directory at once, and knows by a deadline who has not answered.
public struct ControlClient: Sendable {
    /// When a survey is complete before its deadline.
    public enum Completion: Sendable {
        /// Everybody asked has answered.
        case answered
        /// Everybody asked has given an answer that will not change any more.
        case terminal
        /// This one has given its last word. The others are asked with it, and not waited for; when it is not there,
        /// one question to them is enough.
        case decided(by: String)

        var isDecided: Bool {
            if case .decided = self { return true }
            return false
        }
    }

    /// How long a question waits for answers before it is sent again, at first and at most.
    private static let rounds = (first: Nanoseconds.milliseconds(50), longest: Nanoseconds.milliseconds(200))
    /// Connecting takes a few milliseconds; a stopped process never connects.
    private static let connecting = Nanoseconds.milliseconds(60)
    /// The same where one answer is wanted, and soon: who is stopped must not hold it up.
    private static let shortly = Nanoseconds.milliseconds(10)
    /// A dead process's successor is there by then, if there will be one.
    private static let succession = Nanoseconds.seconds(1)
    /// How long the others are waited for when the one that decides has given its last word.
    private static let courtesy = Nanoseconds.milliseconds(60)

    private let directory: ControlDirectory
    private let key: SecretKey
    private let sender: String

    public init(stateDirectory: String, key: SecretKey, sender: String = "levelhead") {
        directory = ControlDirectory(stateDirectory: stateDirectory)
        self.key = key
        self.sender = sender
    }

    /// Sends one command to everybody, again and again under one id until the survey is complete or time is up. A
    /// process handles it once, and so do it and its successors together: what was taken is journaled under the id.
    /// Only a reconciliation is asked of the venue again.
    /// - Parameter changed: called after each round that brought a new answer.
    public func survey(
        _ verb: ControlVerb, _ arguments: CommandArguments = CommandArguments(), id: CommandID = .random(),
        until completion: Completion = .answered, deadline: Nanoseconds, changed: (Survey) -> Void = { _ in }
    ) throws(ControlError) -> Survey {
        let start = MonotonicClock.now()
        var survey = Survey(id: id)
        var socket = try Self.library { () throws(NanomsgError) in try SurveyorSocket() }
        var connected: Set<String> = []
        var round = completion.isDecided ? Self.shortly : Self.rounds.first
        var deadSince: Nanoseconds?
        while true {
            try connect(&socket, &connected, &survey)
            let left = deadline - (MonotonicClock.now() - start)
            if survey.asked.isEmpty || left <= .zero || Self.isComplete(survey, completion) { break }
            if Self.isHopeless(survey, verb, completion, &deadSince) { break }
            let limit = min(left, completion.isDecided ? Self.shortly : Self.connecting)
            if survey.rounds == 0 { _ = socket.waitForConnections(survey.asked.count, timeout: limit) }
            survey.rounds += 1
            let question = question(verb, arguments, id)
            if try ask(socket, question, completion, deadline: min(left, round), &survey) { changed(survey) }
            round = min(round * 2, Self.rounds.longest)
        }
        if Self.isDecided(survey, completion), survey.decidedAt == nil { survey.decidedAt = MonotonicClock.now() }
        survey.elapsed = MonotonicClock.now() - start
        return survey
    }

    private func question(_ verb: ControlVerb, _ arguments: CommandArguments, _ id: CommandID) -> ControlMessage {
        ControlMessage(
            kind: .command, verb: verb, id: id, nonce: .random(), time: WallClock.now(), sender: sender,
            payload: verb.changesSomething ? Payload.encode(arguments) : [])
    }

    /// Connects to whoever registered since the last look.
    private func connect(
        _ socket: inout SurveyorSocket, _ connected: inout Set<String>, _ survey: inout Survey
    ) throws(ControlError) {
        let found: [Registration]
        do throws(RegistrationError) { found = try directory.registrations() } catch { throw .registration(error) }
        survey.stale = found.filter { !$0.isAlive }
        for registration in found where registration.isAlive {
            survey.asked.insert(registration.name)
            guard connected.insert(registration.endpoint).inserted else { continue }
            try Self.library { () throws(NanomsgError) in try socket.connect(registration.endpoint) }
        }
    }

    /// One question, and its answers until everybody asked has given one or its time is up. Whether any was new.
    private func ask(
        _ socket: borrowing SurveyorSocket, _ question: ControlMessage, _ completion: Completion,
        deadline: Nanoseconds, _ survey: inout Survey
    ) throws(ControlError) -> Bool {
        let bytes = question.encoded(key: key)
        try Self.library { () throws(NanomsgError) in
            try bytes.span.bytes.withUnsafeBytes { (raw) throws(NanomsgError) in
                try socket.ask(raw, deadline: deadline)
            }
        }
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: ControlMessage.largestBytes, alignment: 8)
        defer { buffer.deallocate() }
        var heard: Set<String> = []
        var isNew = false
        while heard.count < survey.asked.count {
            var patience: Nanoseconds?
            if Self.isDecided(survey, completion) {
                let now = MonotonicClock.now()
                let decidedAt = survey.decidedAt ?? now
                survey.decidedAt = decidedAt
                patience = decidedAt + Self.courtesy - now
                if decidedAt + Self.courtesy <= now { return true }
            }
            let arrival = try Self.library { () throws(NanomsgError) in
                try socket.receive(into: buffer, timeout: patience)
            }
            switch arrival {
            case .nothing: return isNew
            case .tooLong: survey.refusedAnswers[.tooLong, default: 0] += 1
            case .message(let count):
                let bytes = UnsafeRawBufferPointer(rebasing: buffer[..<count])
                do throws(ControlRefusal) {
                    let answer = try answer(bytes, to: question, asked: survey.asked)
                    heard.insert(answer.process)
                    isNew = isNew || survey.answers[answer.process].map { $0.number != answer.number } ?? true
                    survey.answers[answer.process] = answer
                } catch { survey.refusedAnswers[error, default: 0] += 1 }
            }
        }
        return isNew
    }

    private func answer(
        _ bytes: UnsafeRawBufferPointer, to question: ControlMessage, asked: Set<String>
    ) throws(ControlRefusal) -> ControlAnswer {
        let message = try ControlMessage.decode(bytes, key: key)
        guard message.kind == .answer, let outcome = message.outcome else { throw .wrongKind }
        guard message.id == question.id, message.nonce == question.nonce, message.verb == question.verb,
            asked.contains(message.sender)
        else { throw .replayed }
        let status = message.verb == .status ? Payload.decode(ProcessStatus.self, from: message.payload) : nil
        return ControlAnswer(
            process: message.sender, run: message.run, outcome: outcome, status: status,
            details: Payload.decode(AnswerDetails.self, from: message.payload) ?? AnswerDetails(),
            number: message.number)
    }

    private static func library<Result: ~Copyable>(
        _ body: () throws(NanomsgError) -> Result
    ) throws(ControlError) -> Result {
        do throws(NanomsgError) { return try body() } catch { throw .socket("\(error)") }
    }

    /// The one that decides is dead, and has had the time in which a supervisor starts another: counted from each death
    /// anew. What it has said that it took, its successor answers for, however late that is; but who flattens wants to
    /// know early that nobody does.
    private static func isHopeless(
        _ survey: Survey, _ verb: ControlVerb, _ completion: Completion, _ deadSince: inout Nanoseconds?
    ) -> Bool {
        guard case .decided(let name) = completion else { return false }
        guard !survey.asked.contains(name) || survey.stale.contains(where: { $0.name == name }) else {
            deadSince = nil
            return false
        }
        let now = MonotonicClock.now()
        let since = deadSince ?? now
        deadSince = since
        return now - since > succession && (verb == .flatten || survey.answers[name] == nil)
    }

    private static func isDecided(_ survey: Survey, _ completion: Completion) -> Bool {
        guard case .decided(let name) = completion else { return false }
        return survey.answers[name]?.outcome.isTerminal ?? false
    }

    private static func isComplete(_ survey: Survey, _ completion: Completion) -> Bool {
        if case .decided = completion { return isDecided(survey, completion) }
        guard survey.missing.isEmpty else { return false }
        switch completion {
        case .decided: return false
        case .answered: return true
        case .terminal: return survey.answers.values.allSatisfy(\.outcome.isTerminal)
        }
    }
}
