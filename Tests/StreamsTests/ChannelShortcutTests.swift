import Determinism
import Foundation
import Platform
import TestSupport
import Testing
import Units
import ZeroMQ

@testable import Streams

/// A channel whose messages go through memory first.
@Suite struct ChannelShortcutTests {
    private static let session = ChannelSession(channel: "signals", run: 3)

    /// Sockets and shared memory of one channel, and what its receiver has on its disk.
    private final class Site {
        let directory: Scratch
        let endpoint: ZeroMQEndpoint
        let memory: ShortcutMemory
        let path: String
        var journal: [[UInt8]] = []

        init() throws {
            directory = try Scratch()
            endpoint = directory.endpoint("channel")
            path = "/dev/shm/streams-tests-\(getpid())-\(UInt32.random(in: 0 ... .max))"
            memory = try ShortcutMemory(path: path, bells: 1, channels: 2)
        }

        deinit { try? SharedMemoryFile.remove(path: path) }

        func sender(_ outbox: ChannelOutbox = ChannelOutbox()) throws -> ReliableSender {
            try ReliableSender(
                try ZeroMQContext(), endpoint, session, outbox: outbox,
                shortcut: ShortcutEntry(memory.channel(1), memory.bell(0)))
        }

        func receiver(hasShortcut: Bool = true) throws -> ReliableReceiver {
            try ReliableReceiver(
                try ZeroMQContext(), endpoint, session, next: UInt64(journal.count),
                shortcut: hasShortcut ? memory.channel(1) : nil)
        }

        /// Receives what is there, journals and acknowledges it.
        func drain(_ receiver: inout ReliableReceiver) throws {
            while let message = try receiver.receive(now: now) {
                #expect(message.sequence == UInt64(journal.count))
                journal.append(Array(message.bytes))
                try receiver.acknowledge(through: message.sequence, now: now)
            }
        }

        func connect(_ sender: inout ReliableSender, _ receiver: inout ReliableReceiver) throws {
            try eventually("the two ends know each other") {
                try sender.poll(now: now)
                try drain(&receiver)
                return sender.isConnected && receiver.isConnected
            }
        }
    }

    @Test func `a message is there at once, and acknowledged at once, without the socket`() throws {
        let site = try Site()
        var sender = try site.sender()
        var receiver = try site.receiver()
        try site.connect(&sender, &receiver)
        for number in 0..<100 as Range<UInt8> {
            let calls = site.memory.bell(0).calls
            _ = try sender.send([number, 7], now: now)
            #expect(site.memory.bell(0).calls == calls + 1)
            try site.drain(&receiver)
            #expect(site.journal.count == Int(number) + 1)
            try sender.poll(now: now)
            #expect(sender.unacknowledgedCount == 0)
        }
        #expect(site.journal == (0..<100).map { [UInt8($0), 7] })
        // The socket had none of them: they were acknowledged before it was their turn.
        #expect(receiver.duplicateCount == 0)
    }

    @Test func `what is put is there at once, and its receiver is called when that is asked for`() throws {
        let site = try Site()
        var sender = try site.sender()
        var receiver = try site.receiver()
        try site.connect(&sender, &receiver)
        sender.call()
        let calls = site.memory.bell(0).calls
        for number in 0..<3 as Range<UInt8> { _ = try sender.put([number], now: now) }
        #expect(site.memory.bell(0).calls == calls)
        try site.drain(&receiver)
        #expect(site.journal == [[0], [1], [2]])
        sender.call()
        sender.call()
        #expect(site.memory.bell(0).calls == calls + 1)
        _ = try sender.put([3], now: now)
        try sender.poll(now: now)
        #expect(site.memory.bell(0).calls == calls + 2)
    }

    @Test func `what finds no room comes later, in order and once`() throws {
        let site = try Site()
        var sender = try site.sender()
        var receiver = try site.receiver()
        try site.connect(&sender, &receiver)
        for round in 0..<10 {
            for index in 0..<20 { _ = try sender.send([UInt8(round * 20 + index)], now: now) }
            try eventually("round \(round)") {
                try sender.poll(now: now)
                try site.drain(&receiver)
                return sender.unacknowledgedCount == 0
            }
        }
        #expect(site.journal == (0..<200).map { [UInt8($0)] })
    }

    @Test func `what is not taken from the memory in time comes through the socket`() throws {
        let site = try Site()
        var sender = try site.sender()
        var receiver = try site.receiver(hasShortcut: false)
        try site.connect(&sender, &receiver)
        for number in 0..<5 as Range<UInt8> { _ = try sender.send([number], now: now) }
        try eventually("all of it") {
            try sender.poll(now: now)
            try site.drain(&receiver)
            return sender.unacknowledgedCount == 0
        }
        #expect(site.journal == (0..<5).map { [UInt8($0)] })
        #expect(sender.resendCount == 0)
    }

    /// The shortcut is faster than the socket: what a receiver said before it took a message comes after its word that
    /// it has journaled it.
    @Test func `a hello that was overtaken by an acknowledgement in the memory is no demand for what is gone`() throws {
        let site = try Site()
        var sender = try site.sender()
        let receiver = try ZeroMQSocket.connected(try ZeroMQContext(), .dealer, to: site.endpoint)
        let message = ZeroMQMessage()
        func answer(_ wanted: UInt64) throws -> ChannelFrame.Kind? {
            _ = try receiver.send(ChannelFrame(kind: .hello, session: Self.session, sequence: wanted).bytes)
            var kind: ChannelFrame.Kind?
            try eventually("an answer to \(wanted)") {
                try sender.poll(now: now)
                while try receiver.receive(into: message) {
                    let frame = ChannelFrame.read(message.bytes)?.frame
                    if let found = frame?.kind, found == .welcome || found == .gone { kind = found }
                }
                return kind != nil
            }
            return kind
        }
        #expect(try answer(0) == .welcome)
        for number in 0..<3 as Range<UInt8> { _ = try sender.send([number], now: now) }
        site.memory.channel(1).acknowledge(before: 2)
        try sender.poll(now: now)
        #expect(sender.oldestUnacknowledged == 2)
        #expect(try answer(1) == .welcome)
        #expect(sender.oldestUnacknowledged == 2)
        // Another life of the receiver has no such excuse.
        let successor = try ZeroMQSocket.connected(try ZeroMQContext(), .dealer, to: site.endpoint)
        _ = try successor.send(ChannelFrame(kind: .hello, session: Self.session, sequence: 1).bytes)
        var kind: ChannelFrame.Kind?
        try eventually("an answer to the successor") {
            try sender.poll(now: now)
            while try successor.receive(into: message) { kind = ChannelFrame.read(message.bytes)?.frame.kind ?? kind }
            return kind == .gone
        }
    }

    @Test func `a rehearsal is seen by nobody`() throws {
        let site = try Site()
        var sender = try site.sender()
        var receiver = try site.receiver()
        try site.connect(&sender, &receiver)
        for number in 0..<60 as Range<UInt8> {
            let calls = site.memory.bell(0).calls
            sender.rehearse([250, number])
            #expect(receiver.rehearse([251, number]).map { Array($0) } == [251, number])
            #expect(site.memory.bell(0).calls == calls && sender.unacknowledgedCount == 0)
            try site.drain(&receiver)
            #expect(site.journal.count == Int(number))
            _ = try sender.send([number], now: now)
            // While one is on its way.
            sender.rehearse([252, number])
            try site.drain(&receiver)
            #expect(site.journal.count == Int(number) + 1)
            try sender.poll(now: now)
        }
        #expect(site.journal == (0..<60).map { [UInt8($0)] })
        #expect(receiver.duplicateCount == 0)
    }

    /// An earlier life of the sender may have put a message there that is being read just now.
    @Test func `what is rehearsed is no message, wherever it is found`() throws {
        let site = try Site()
        var sender = try site.sender()
        var receiver = try site.receiver()
        try site.connect(&sender, &receiver)
        sender.rehearse([1, 2, 3])
        let shortcut = site.memory.channel(1)
        let word = ChannelFrame.headerByteCount + 3
        var found = [UInt8](repeating: 0, count: word)
        found.withUnsafeMutableBytes { $0.copyMemory(from: shortcut.unseen(0, byteCount: word)) }
        let frame = try #require(found.withUnsafeBytes { ChannelFrame.read($0)?.frame })
        #expect(frame.sequence == SenderState.rehearsed)
        found.withUnsafeBytes { shortcut.put(0, $0) }
        #expect(try receiver.receive(now: now)?.sequence == nil)
        _ = try sender.send([4], now: now)
        try eventually("the message") {
            try sender.poll(now: now)
            try site.drain(&receiver)
            return sender.unacknowledgedCount == 0
        }
        #expect(site.journal == [[4]])
    }

    @Test func `a damaged message in the memory is not taken, and comes through the socket`() throws {
        let site = try Site()
        var sender = try site.sender()
        var receiver = try site.receiver()
        try site.connect(&sender, &receiver)
        _ = try sender.send([1, 2, 3, 4], now: now)
        let shortcut = site.memory.channel(1)
        var frame = [UInt8](repeating: 0, count: ChannelShortcut.frameByteCountMax)
        let count = try #require(frame.withUnsafeMutableBytes { shortcut.take(0, into: $0)?.count })
        for bit in 0..<(count * 8) {
            var damaged = Array(frame[..<count])
            damaged[bit / 8] ^= 1 << (bit % 8)
            damaged.withUnsafeBytes { shortcut.put(0, $0) }
            #expect(try receiver.receive(now: now)?.sequence == nil, "bit \(bit)")
        }
        // Another run's, whole.
        var foreign = ChannelFrame(
            kind: .data, session: ChannelSession(channel: "signals", run: 4), sequence: 0
        ).bytes
        foreign.withUnsafeBytes { shortcut.put(0, $0) }
        #expect(try receiver.receive(now: now)?.sequence == nil)
        foreign = ChannelFrame(kind: .welcome, session: Self.session, sequence: 0).bytes
        foreign.withUnsafeBytes { shortcut.put(0, $0) }
        #expect(try receiver.receive(now: now)?.sequence == nil)
        try eventually("the message") {
            try sender.poll(now: now)
            try site.drain(&receiver)
            return sender.unacknowledgedCount == 0
        }
        #expect(site.journal == [[1, 2, 3, 4]])
    }

    /// A directory that was emptied and is used again: the numbers begin again, under the same name.
    @Test func `what a run before left in the memory is neither taken nor acknowledged`() throws {
        let site = try Site()
        do {
            var sender = try site.sender()
            var receiver = try site.receiver()
            try site.connect(&sender, &receiver)
            for number in 0..<10 as Range<UInt8> {
                _ = try sender.send([100 + number], now: now)
                try site.drain(&receiver)
            }
            #expect(site.journal.count == 10)
        }
        site.journal = []
        var sender = try site.sender()
        var receiver = try site.receiver()
        try site.connect(&sender, &receiver)
        try site.drain(&receiver)
        #expect(site.journal.isEmpty)
        _ = try sender.send([1], now: now)
        try sender.poll(now: now)
        #expect(sender.unacknowledgedCount == 1)
        try site.drain(&receiver)
        try sender.poll(now: now)
        #expect(sender.unacknowledgedCount == 0 && site.journal == [[1]])
    }

    @Test(arguments: [1, 2, 3] as [UInt64])
    func `either end may die at any time and come back as it was saved`(seed: UInt64) throws {
        let site = try Site()
        var generator = SeededGenerator(seed: seed)
        var receiver = try site.receiver()
        var saved = ChannelOutbox(isReplayed: true)
        var made = 0
        for life in 0..<8 {
            var sender = try site.sender(saved)
            // A fold that makes again what it had made since it was saved.
            for number in Int(sender.nextSequence)..<made { _ = try sender.send([UInt8(number & 255)], now: now) }
            if life % 2 == 0 { try site.connect(&sender, &receiver) }
            for _ in 0..<Int.random(in: 1..<60, using: &generator) {
                switch Int.random(in: 0..<40, using: &generator) {
                case 0: receiver = try site.receiver()
                case 1: saved = sender.outbox
                case 2..<15: if try sender.send([UInt8(made & 255)], now: now) != nil { made += 1 }
                default:
                    try sender.poll(now: now)
                    if Bool.random(using: &generator) { try site.drain(&receiver) }
                }
            }
            #expect(site.journal.count <= made, "seed \(seed), life \(life)")
        }
        var sender = try site.sender(saved)
        for number in Int(sender.nextSequence)..<made { _ = try sender.send([UInt8(number & 255)], now: now) }
        try eventually("all of it, seed \(seed)") {
            try sender.poll(now: now)
            try site.drain(&receiver)
            return sender.unacknowledgedCount == 0 && site.journal.count == made
        }
        #expect(site.journal == (0..<made).map { [UInt8($0 & 255)] }, "seed \(seed)")
    }

    @Test func `the memory is the same for all who ask for it, and another size is an error`() throws {
        let path = "/dev/shm/streams-tests-\(getpid())-\(UInt32.random(in: 0 ... .max))"
        defer { try? SharedMemoryFile.remove(path: path) }
        let one = try ShortcutMemory(path: path, bells: 2, channels: 1)
        let other = try ShortcutMemory(path: path, bells: 2, channels: 1)
        one.bell(1).ring()
        #expect(other.bell(1).calls == 1 && other.bell(0).calls == 0)
        one.channel(0).acknowledge(before: 9)
        #expect(other.channel(0).acknowledged == 9)
        #expect(throws: SharedMemoryError.self) { _ = try ShortcutMemory(path: path, bells: 2, channels: 2) }
    }
}

extension ReliableSender {
    fileprivate mutating func rehearse(_ bytes: [UInt8]) { bytes.withUnsafeBytes { rehearse($0) } }

    fileprivate mutating func put(_ bytes: [UInt8], now: Nanoseconds) throws(ZeroMQError) -> UInt64? {
        try bytes.span.bytes.withUnsafeBytes { (raw) throws(ZeroMQError) in try put(raw, now: now) }
    }
}
