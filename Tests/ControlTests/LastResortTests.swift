import Determinism
import Orders
import Platform
import Security
import TestSupport
import Testing
import Units

@testable import Control

/// The kill switch where nothing else is taken any more, and where a process died between two steps.
@Suite struct LastResortTests {
    @Test func `a flatten is taken when no command fits in the memory of commands`() throws {
        let start = Timestamp(nanoseconds: 1_700_000_000_000_000_000)
        let key = try TestKey.make()
        let mailbox = ControlMailbox(capacity: 2)
        var desk = CommandDesk(
            key: key, board: ProcessBoard(name: "risk", run: "run-1"), mailbox: mailbox, verbs: [.pause, .flatten],
            received: { $0.finish(.done) })
        func ask(_ verb: ControlVerb) throws -> ControlOutcome? {
            _ = mailbox.pop()
            let message = ControlMessage(
                kind: .command, verb: verb, id: .random(), nonce: .random(), time: start + .seconds(60),
                sender: "levelhead", payload: Array(#"{"reason":"r"}"#.utf8))
            let reply = message.encoded(key: key).withUnsafeBytes {
                desk.answer($0, now: start + .seconds(60), startedAt: start)
            }
            let bytes = try #require(reply)
            return try bytes.withUnsafeBytes { try ControlMessage.decode($0, key: key).outcome }
        }
        for _ in 0..<1_024 { #expect(try ask(.pause) == .done) }
        #expect(try ask(.pause) == .refused)
        #expect(try ask(.flatten) == .done)
    }

    @Test func `a lock whose word was not raised is one when its run goes on`() throws {
        let state = try Scratch()
        let lock = try TradingLock(stateDirectory: state.path)
        let (raised, _) = lock.raise(LockRecord(epoch: 0, sender: "me", reason: "why", run: "r", isLasting: false))
        #expect(lock.word.unlock(ifEpochIs: raised.epoch))
        try lock.begin(run: "r", startsAnew: false)
        #expect(lock.word.load().isLocked)
    }
}
