@testable import Control
import Determinism
import Orders
import Security
import Synchronization
import Testing
import Units

@Suite struct CommandDeskTests {
    /// A desk with everything around it, at a time of its own.
    private struct Office {
        let key: SecretKey
        let board = ProcessBoard(name: "risk", run: "run-1")
        let mailbox = ControlMailbox(capacity: 4)
        var desk: CommandDesk
        var now = Office.start + .seconds(60)

        static let start = Timestamp(nanoseconds: 1_700_000_000_000_000_000)

        init() throws {
            key = try TestKey.make()
            desk = CommandDesk(
                key: key, board: board, mailbox: mailbox, verbs: [.pause, .resume, .flatten, .order, .modify],
                received: { _ in })
        }

        func message(_ verb: ControlVerb, id: CommandID = .random(), reason: String = "r") -> ControlMessage {
            ControlMessage(
                kind: .command, verb: verb, id: id, nonce: .random(), time: now, sender: "levelhead",
                payload: Array(#"{"reason":"\#(reason)"}"#.utf8))
        }

        mutating func ask(_ message: ControlMessage) throws -> ControlMessage {
            let reply = raw(message.encoded(key: key))
            let bytes = try #require(reply)
            let key = key
            let answer = try bytes.withUnsafeBytes { try ControlMessage.decode($0, key: key) }
            #expect(answer.kind == .answer && answer.id == message.id && answer.nonce == message.nonce)
            #expect(answer.sender == "risk" && answer.run == "run-1" && answer.verb == message.verb)
            return answer
        }

        mutating func raw(_ bytes: [UInt8]) -> [UInt8]? {
            let now = now
            return bytes.withUnsafeBytes { desk.answer($0, now: now, startedAt: Self.start) }
        }

        func details(_ answer: ControlMessage) throws -> AnswerDetails {
            try #require(Payload.decode(AnswerDetails.self, from: answer.payload))
        }
    }

    @Test func `a clock that is set back shuts nobody out, and lets in nothing from before the start`() throws {
        var office = try Office()
        let key = office.key
        func ask(at time: Timestamp, now: Timestamp) throws -> ControlOutcome? {
            office.now = time
            let bytes = office.message(.pause).encoded(key: key)
            // It has run for ten seconds.
            let reply = bytes.withUnsafeBytes {
                office.desk.answer($0, now: now, startedAt: now - .seconds(10))
            }
            return try reply?.withUnsafeBytes { try ControlMessage.decode($0, key: key) }.outcome
        }
        let now = Office.start - .seconds(3_600)
        #expect(try ask(at: now - .seconds(9), now: now) != .refused)
        #expect(try ask(at: now - .seconds(11), now: now) == .refused)
        #expect(try ask(at: Office.start, now: now) == .refused)
    }

    @Test func `status is answered from the board`() throws {
        var office = try Office()
        office.board.status.store(ProgressRecord(state: .running, sequence: 42, lag: Nanoseconds(7)))
        let answer = try office.ask(office.message(.status))
        let status = try #require(Payload.decode(ProcessStatus.self, from: answer.payload))
        #expect(answer.outcome == .done)
        #expect(status.name == "risk" && status.sequence == 42 && status.lagNanoseconds == 7)
        #expect(status.state == "running" && status.account == nil)
    }

    @Test func `a command reaches the data thread once, however often it is sent`() throws {
        var office = try Office()
        let id = CommandID.random()
        for _ in 0..<3 {
            let answer = try office.ask(office.message(.pause, id: id))
            #expect(answer.outcome == .accepted)
        }
        let command = try #require(office.mailbox.pop())
        #expect(office.mailbox.pop() == nil)
        #expect(command.verb == .pause && command.arguments.reason == "r" && command.id == id)
        command.report(AnswerDetails(message: "on its way"))
        let progress = try office.ask(office.message(.pause, id: id))
        #expect(progress.outcome == .accepted && progress.number == 2)
        #expect(try office.details(progress).message == "on its way")
        command.finish(.done, AnswerDetails(tradingState: "REDUCING"))
        command.finish(.failed)
        for _ in 0..<3 {
            let answer = try office.ask(office.message(.pause, id: id))
            #expect(answer.outcome == .done && answer.number == 3)
            #expect(try office.details(answer).tradingState == "REDUCING")
        }
        #expect(office.mailbox.pop() == nil)
        #expect(office.board.refusalCounts.isEmpty)
    }

    @Test func `the very same message again is a replay`() throws {
        var office = try Office()
        for verb in [ControlVerb.status, .pause] {
            let bytes = office.message(verb).encoded(key: office.key)
            _ = office.raw(bytes)
            let key = office.key
            let reply = office.raw(bytes)
            let again = try #require(reply).withUnsafeBytes { try ControlMessage.decode($0, key: key) }
            #expect(again.outcome == .refused)
            #expect(try office.details(again).message == "replayed")
        }
        #expect(office.board.refusalCounts == [.replayed: 2])
        #expect(office.mailbox.pop() != nil && office.mailbox.pop() == nil)
    }

    @Test func `a message from another time is refused`() throws {
        var office = try Office()
        for shift in [-31, 31, -60] as [Int64] {
            var message = office.message(.pause)
            message.time = office.now + .seconds(shift)
            let answer = try office.ask(message)
            #expect(answer.outcome == .refused, "\(shift) s")
        }
        office.now = Office.start + .seconds(1)
        var message = office.message(.pause)
        message.time = Office.start - Nanoseconds(1)
        let early = try office.ask(message)
        #expect(early.outcome == .refused, "sent before this process started")
        #expect(office.board.refusalCounts == [.wrongTime: 4])
        #expect(office.mailbox.pop() == nil)
    }

    @Test func `one id is one command`() throws {
        var office = try Office()
        let id = CommandID.random()
        _ = try office.ask(office.message(.pause, id: id))
        let otherVerb = try office.ask(office.message(.resume, id: id))
        let otherReason = try office.ask(office.message(.pause, id: id, reason: "other"))
        #expect(otherVerb.outcome == .refused && otherReason.outcome == .refused)
        #expect(office.board.refusalCounts == [.idReused: 2])
    }

    @Test func `a verb of another process is not this one's business`() throws {
        var office = try Office()
        let answer = try office.ask(office.message(.arm))
        #expect(answer.outcome == .notConcerned)
        #expect(office.mailbox.pop() == nil)
        #expect(office.board.refusalCounts.isEmpty)
    }

    @Test func `a full mailbox is busy, and the command may be sent again`() throws {
        var office = try Office()
        for _ in 0..<4 { _ = try office.ask(office.message(.pause)) }
        let id = CommandID.random()
        let full = try office.ask(office.message(.pause, id: id))
        #expect(full.outcome == .refused && office.board.refusalCounts == [.busy: 1])
        _ = office.mailbox.pop()
        let again = try office.ask(office.message(.pause, id: id))
        #expect(again.outcome == .accepted)
    }

    @Test func `an answer is no command, and nobody answers it`() throws {
        var office = try Office()
        var message = office.message(.pause)
        message.kind = .answer
        message.outcome = .done
        let answer = office.raw(message.encoded(key: office.key))
        #expect(answer == nil)
        #expect(office.board.refusalCounts == [.wrongKind: 1])
    }

    @Test func `a payload that is no object is malformed`() throws {
        var office = try Office()
        for payload in ["[", "[]", "{\"reason\":1}", "\u{0}"] {
            var message = office.message(.pause)
            message.payload = Array(payload.utf8)
            let answer = try office.ask(message)
            #expect(answer.outcome == .refused, "\(payload)")
        }
        #expect(office.board.refusalCounts == [.malformed: 4])
    }

    @Test(arguments: [
        (ControlVerb.order, #"{"order":{"side":"buy","quantity":1,"reduceonly":true}}"#,
            "'order.reduceonly' is unknown; expected are limit, oco, quantity, reduce_only, side, stop, stop_ticks, "
                + "symbol, target_ticks, tif, trail_ticks"),
        (.order, #"{"order":{"side":"buy"}}"#, "'order.quantity' is missing"),
        (.order, #"{"order":{"side":"buy","quantity":1.5}}"#, "the payload: "),
        (.order, #"{"order":{"side":"buy","quantity":"1"}}"#,
            "'order.quantity' is not what it has to be: a whole number"),
        (.order, #"{"order":{"side":"buy","quantity":1,"reduce_only":1}}"#,
            "'order.reduce_only' is not what it has to be: true or false"),
        (.order, #"{"order":[]}"#, "'order'"),
        (.modify, #"{"target":"1-manual-2","change":{"quantity":1,"price":"6000"}}"#,
            "'change.price' is unknown; expected are limit, quantity, stop, trail_ticks"),
        (.order, #"{"order":{"side":"buy","quantity":1},"reduce_only":true}"#, "'reduce_only' is unknown; "),
        (.order, "{", "the payload: "),
    ])
    func `a payload that means nothing is refused with what is wrong in it`(
        _ verb: ControlVerb, _ payload: String, _ fault: String
    ) throws {
        var office = try Office()
        var message = office.message(verb)
        message.payload = Array(payload.utf8)
        let answer = try office.ask(message)
        #expect(answer.outcome == .refused)
        let said = try #require(try office.details(answer).message)
        #expect(said.hasPrefix("malformed: \(fault)"), "\(said)")
        #expect(office.mailbox.pop() == nil)
        #expect(office.board.refusalCounts == [.malformed: 1])
    }

    @Test func `what is null is not said`() throws {
        var office = try Office()
        var message = office.message(.order)
        message.payload = Array(#"{"order":{"side":"buy","quantity":1,"limit":null},"change":null}"#.utf8)
        #expect(try office.ask(message).outcome == .accepted)
        #expect(office.mailbox.pop()?.arguments == CommandArguments(order: ManualOrder(side: "buy", quantity: 1)))
    }

    @Test func `a flatten that cannot be read is done all the same`() throws {
        for (payload, atOpen) in [
            ("[", nil), (#"{"reason":1}"#, nil), (#"{"order":{"sid":"buy"},"at_open":true}"#, true as Bool?),
        ] {
            var office = try Office()
            var message = office.message(.flatten)
            message.payload = Array(payload.utf8)
            #expect(try office.ask(message).outcome == .accepted, "\(payload)")
            #expect(office.mailbox.pop()?.arguments == CommandArguments(atOpen: atOpen), "\(payload)")
        }
    }

    @Test func `what is remembered has a bound, and no command is done twice within it`() throws {
        var window = CommandWindow()
        var now = Office.start + .seconds(100)
        let content = SHA256Digest(of: [1])
        func command() -> ControlCommand {
            ControlCommand(
                id: .random(), verb: .pause, arguments: CommandArguments(), sender: "s", sentAt: Office.start)
        }
        let unfinished = command()
        window.remember(unfinished, content: content, now: now)
        for _ in 1..<CommandWindow.mostCommands {
            let hasRoom = window.hasRoom(now: now)
            #expect(hasRoom)
            let command = command()
            command.finish(.done)
            window.remember(command, content: content, now: now)
        }
        let before = window.hasRoom(now: now)
        #expect(!before, "all may still be asked for")
        now = now + .seconds(31)
        let after = window.hasRoom(now: now)
        #expect(after && window.commandCount == 1)
        let kept = try window.known(unfinished.id, content: content, now: now)
        #expect(kept === unfinished, "not finished: kept")
    }

    @Test func `nonces are forgotten only when their time has passed`() throws {
        var window = CommandWindow()
        var now = Office.start + .seconds(100)
        func admit() throws { try window.admit(nonce: .random(), sentAt: now, now: now, startedAt: Office.start) }
        for _ in 0..<CommandWindow.mostNonces { try admit() }
        #expect(throws: ControlRefusal.busy) { try admit() }
        now = now + .seconds(31)
        #expect(throws: Never.self) { try admit() }
    }

    @Test(arguments: [4, 5] as [UInt64])
    func `a flood of bad messages changes nothing and is counted to the last`(seed: UInt64) throws {
        var office = try Office()
        var generator = SeededGenerator(seed: seed)
        let good = office.message(.pause).encoded(key: try TestKey.make(first: 9))
        for index in 0..<5_000 {
            var bytes = good
            if index % 2 == 0 { bytes[Int.random(in: 0..<bytes.count, using: &generator)] ^= 0x40 }
            let answer = office.raw(bytes)
            #expect(answer == nil, "seed \(seed), message \(index)")
        }
        #expect(office.board.refusalCounts.values.reduce(0, +) == 5_000, "seed \(seed)")
        #expect(office.mailbox.pop() == nil)
        let answer = try office.ask(office.message(.pause))
        #expect(answer.outcome == .accepted, "still works")
    }
}
