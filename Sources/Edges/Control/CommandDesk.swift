import Security
import Units

/// What happens to each message that reaches a process: bytes in, bytes of the answer out. No socket, no clock.
struct CommandDesk {
    private let key: SecretKey
    private let board: ProcessBoard
    private let mailbox: ControlMailbox
    private let verbs: Set<ControlVerb>
    private let received: @Sendable (ControlCommand) -> Void
    private var window = CommandWindow()

    /// How long an answer waits for a command to be finished, so that one that is finished soon needs one question.
    private static let patience = Nanoseconds.milliseconds(20)

    init(
        key: SecretKey, board: ProcessBoard, mailbox: ControlMailbox, verbs: Set<ControlVerb>,
        received: @escaping @Sendable (ControlCommand) -> Void
    ) {
        self.key = key
        self.board = board
        self.mailbox = mailbox
        self.verbs = verbs
        self.received = received
    }

    /// Counts a message that did not even fit.
    func refuseTooLong() { board.countRefusal(.tooLong) }

    /// The answer to one message; nil when there is none, for the sender has no key.
    ///
    /// - Parameter startedAt: when this process started, by the clock that says `now`.
    mutating func answer(_ bytes: UnsafeRawBufferPointer, now: Timestamp, startedAt: Timestamp) -> [UInt8]? {
        let message: ControlMessage
        do throws(ControlRefusal) {
            message = try ControlMessage.decode(bytes, key: key)
            guard message.kind == .command else { throw ControlRefusal.wrongKind }
        } catch {
            board.countRefusal(error)
            return nil
        }
        do throws(ControlRefusal) {
            try window.admit(nonce: message.nonce, sentAt: message.time, now: now, startedAt: startedAt)
            return try answer(message, now: now)
        } catch {
            board.countRefusal(error)
            return reply(to: message, .refused, AnswerDetails(message: error.rawValue), now: now)
        }
    }

    private mutating func answer(_ message: ControlMessage, now: Timestamp) throws(ControlRefusal) -> [UInt8] {
        guard message.verb.changesSomething else {
            return reply(to: message, .done, payload: Payload.encode(board.current()), now: now)
        }
        guard verbs.contains(message.verb) else { return reply(to: message, .notConcerned, AnswerDetails(), now: now) }
        let arguments: CommandArguments
        do throws(PayloadFault) {
            // By it a command is handled once. A flatten is rather done twice than not at all.
            if message.id == .zero, message.verb != .flatten { throw PayloadFault("an id of zeros") }
            arguments = try Self.arguments(of: message)
        } catch {
            board.countRefusal(.malformed)
            let reason = AnswerDetails(message: "\(ControlRefusal.malformed.rawValue): \(error.text)")
            return reply(to: message, .refused, reason, now: now)
        }
        let command = try command(of: message, arguments, now: now)
        command.waitUntilFinished(timeout: Self.patience)
        let answer = command.currentAnswer()
        return reply(to: message, answer.outcome, answer.details, number: answer.number, now: now)
    }

    /// A flatten that cannot be read is one with what can be: better than none.
    private static func arguments(of message: ControlMessage) throws(PayloadFault) -> CommandArguments {
        switch message.verb {
        case .order, .modify: try Payload.read(StrictArguments.self, from: message.payload).value
        case .flatten:
            Payload.decode(CommandArguments.self, from: message.payload)
                ?? Payload.decode(SalvagedArguments.self, from: message.payload)?.value ?? CommandArguments()
        default: try Payload.read(CommandArguments.self, from: message.payload)
        }
    }

    /// The command that the message is about: taken now, or before.
    private mutating func command(
        of message: ControlMessage, _ arguments: CommandArguments, now: Timestamp
    ) throws(ControlRefusal) -> ControlCommand {
        let content = SHA256Digest(of: [message.verb.rawValue] + message.payload)
        if let command = try window.known(message.id, content: content, now: now) { return command }
        // A flatten is taken without room to remember it: doing it twice is better than not doing it.
        let hasRoom = window.hasRoom(now: now)
        guard hasRoom || message.verb == .flatten else { throw .busy }
        let command = ControlCommand(
            id: message.id, verb: message.verb, arguments: arguments, sender: message.sender, sentAt: message.time)
        guard mailbox.push(command) else { throw .busy }
        if hasRoom { window.remember(command, content: content, now: now) }
        received(command)
        return command
    }

    private func reply(
        to message: ControlMessage, _ outcome: ControlOutcome, _ details: AnswerDetails, number: UInt32 = 1,
        now: Timestamp
    ) -> [UInt8] {
        reply(to: message, outcome, payload: Payload.encode(details), number: number, now: now)
    }

    private func reply(
        to message: ControlMessage, _ outcome: ControlOutcome, payload: [UInt8], number: UInt32 = 1, now: Timestamp
    ) -> [UInt8] {
        ControlMessage(
            kind: .answer, verb: message.verb, outcome: outcome, id: message.id, nonce: message.nonce, time: now,
            sender: board.name, run: board.run, number: number, payload: payload
        ).encoded(key: key)
    }
}
