import Foundation
import Platform
import TestSupport
import Testing
import Units
import ZeroMQ

@testable import Streams

/// The channel over real sockets.
@Suite struct ChannelSocketTests {
    private static let session = ChannelSession(channel: "signals", run: 1)

    /// Receives what is there and acknowledges it.
    private static func drain(_ receiver: inout ReliableReceiver, into journal: inout [[UInt8]]) throws {
        while let message = try receiver.receive(now: now) {
            #expect(message.sequence == UInt64(journal.count))
            journal.append(Array(message.bytes))
            try receiver.acknowledge(through: message.sequence, now: now)
        }
    }

    @Test func `messages arrive in order and are forgotten when they are acknowledged`() throws {
        let directory = try Scratch()
        let context = try ZeroMQContext()
        let endpoint = directory.endpoint("channel")
        var sender = try ReliableSender(context, endpoint, Self.session)
        // Before anyone is there: kept.
        for number in 0..<10 as Range<UInt8> { #expect(try sender.send([number, 1], now: now) == UInt64(number)) }
        var receiver = try ReliableReceiver(context, endpoint, Self.session)
        var journal: [[UInt8]] = []
        for number in 10..<200 as Range<UInt8> { _ = try sender.send([number, 1], now: now) }
        try eventually("everything is acknowledged") {
            try sender.poll(now: now)
            try Self.drain(&receiver, into: &journal)
            return sender.unacknowledgedCount == 0
        }
        #expect(journal == (0..<200).map { [UInt8($0), 1] })
        #expect(sender.isConnected && receiver.isConnected && receiver.duplicateCount == 0)
        #expect(sender.takeEvent() == .connected && sender.takeEvent() == nil)
        #expect(receiver.takeEvent() == .connected && receiver.takeEvent() == nil)
    }

    @Test func `a receiver that comes back gets what it had not acknowledged`() throws {
        let directory = try Scratch()
        let context = try ZeroMQContext()
        let endpoint = directory.endpoint("channel")
        var sender = try ReliableSender(context, endpoint, Self.session)
        for number in 0..<20 as Range<UInt8> { _ = try sender.send([number], now: now) }
        do {
            var receiver = try ReliableReceiver(context, endpoint, Self.session)
            var count = 0
            try eventually("the first ones, and the acknowledgement") {
                try sender.poll(now: now)
                while let message = try receiver.receive(now: now) {
                    count += 1
                    if message.sequence == 4 { try receiver.acknowledge(through: 4, now: now) }
                }
                return count == 20 && sender.oldestUnacknowledged == 5
            }
        }
        var receiver = try ReliableReceiver(context, endpoint, Self.session, next: 5)
        var journal = (0..<5).map { [UInt8($0)] }
        try eventually("the rest") {
            try sender.poll(now: now)
            try Self.drain(&receiver, into: &journal)
            return sender.unacknowledgedCount == 0
        }
        #expect(journal == (0..<20).map { [UInt8($0)] })
    }

    @Test func `a sender that comes back with its outbox goes on where it was`() throws {
        let directory = try Scratch()
        let endpoint = directory.endpoint("channel")
        let receiverContext = try ZeroMQContext()
        var receiver = try ReliableReceiver(receiverContext, endpoint, Self.session)
        var journal: [[UInt8]] = []
        var outbox = ChannelOutbox()
        for round in 0..<3 {
            var sender = try ReliableSender(try ZeroMQContext(), endpoint, Self.session, outbox: outbox)
            for index in 0..<10 { _ = try sender.send([UInt8(round * 10 + index)], now: now) }
            try eventually("half of round \(round)") {
                try sender.poll(now: now)
                try Self.drain(&receiver, into: &journal)
                return journal.count >= round * 10 + 5
            }
            outbox = sender.outbox
        }
        var sender = try ReliableSender(try ZeroMQContext(), endpoint, Self.session, outbox: outbox)
        try eventually("all of it") {
            try sender.poll(now: now)
            try Self.drain(&receiver, into: &journal)
            return journal.count == 30
        }
        #expect(journal == (0..<30).map { [UInt8($0)] })
    }

    @Test func `garbage on the socket is told and does no harm`() throws {
        let directory = try Scratch()
        let context = try ZeroMQContext()
        let endpoint = directory.endpoint("channel")
        var sender = try ReliableSender(context, endpoint, Self.session)
        let noise = try ZeroMQSocket.connected(context, .dealer, to: endpoint)
        _ = try noise.send([1, 2, 3])
        _ = try noise.send([4], more: true)
        _ = try noise.send([5, 6])
        var events: [ChannelEvent] = []
        try eventually("both are told") {
            try sender.poll(now: now)
            while let event = sender.takeEvent() { events.append(event) }
            return events.count >= 2
        }
        #expect(events == [.garbage(byteCount: 3), .garbage(byteCount: 2)])
        var receiver = try ReliableReceiver(context, endpoint, Self.session)
        var journal: [[UInt8]] = []
        _ = try sender.send([9], now: now)
        try eventually("the message") {
            try sender.poll(now: now)
            try Self.drain(&receiver, into: &journal)
            return journal == [[9]]
        }
    }

    @Test func `the newest receiver takes over, and the one before is told`() throws {
        let directory = try Scratch()
        let context = try ZeroMQContext()
        let endpoint = directory.endpoint("channel")
        var sender = try ReliableSender(context, endpoint, Self.session)
        var first = try ReliableReceiver(context, endpoint, Self.session)
        var journal: [[UInt8]] = []
        try eventually("the first one connects") {
            try sender.poll(now: now)
            try Self.drain(&first, into: &journal)
            return first.isConnected
        }
        _ = first.takeEvent()
        var second = try ReliableReceiver(context, endpoint, Self.session)
        var event: ChannelEvent?
        try eventually("the second one takes over") {
            try sender.poll(now: now)
            try Self.drain(&first, into: &journal)
            try Self.drain(&second, into: &journal)
            event = event ?? first.takeEvent()
            return second.isConnected && event != nil
        }
        #expect(event == .superseded)
        _ = try sender.send([1], now: now)
        try eventually("the message") {
            try sender.poll(now: now)
            #expect(try first.receive(now: now)?.sequence == nil)
            try Self.drain(&second, into: &journal)
            return journal == [[1]]
        }
    }

    @Test func `a receiver that cannot be served replaces none`() throws {
        let directory = try Scratch()
        let context = try ZeroMQContext()
        let endpoint = directory.endpoint("channel")
        var sender = try ReliableSender(
            context, endpoint, Self.session, outbox: ChannelOutbox(firstSequence: 10))
        var first = try ReliableReceiver(context, endpoint, Self.session, next: 10)
        try eventually("the first one connects") {
            try sender.poll(now: now)
            _ = try first.receive(now: now)
            return first.isConnected
        }
        var second = try ReliableReceiver(context, endpoint, Self.session, next: 3)
        var event: ChannelEvent?
        try eventually("the second one is refused") {
            try sender.poll(now: now)
            _ = try first.receive(now: now)
            _ = try second.receive(now: now)
            event = event ?? second.takeEvent()
            return event != nil
        }
        #expect(event == .gone(wanted: 3, oldest: 10))
        _ = try sender.send([1], now: now)
        var sequence: UInt64?
        try eventually("the first one is still served") {
            try sender.poll(now: now)
            sequence = try first.receive(now: now)?.sequence
            return sequence != nil
        }
        #expect(sequence == 10)
    }

    @Test func `two threads, a sender and a receiver, pass ten thousand messages`() throws {
        let directory = try Scratch()
        let endpoint = directory.endpoint("channel")
        let count: UInt64 = 10_000
        let done = DispatchSemaphore(value: 0)
        let path = directory.path
        Thread.detachNewThread {
            defer { done.signal() }
            do {
                var limits = ChannelLimits()
                limits.capacity = 256
                var sender = try ReliableSender(
                    try ZeroMQContext(), .ipc(path: "\(path)/channel.ipc"), Self.session, limits: limits)
                var number: UInt64 = 0
                try eventually("the receiver takes all") {
                    while number < count, try withUnsafeBytes(of: number, { try sender.send($0, now: now) }) != nil {
                        number += 1
                    }
                    try sender.poll(now: now)
                    return number == count && sender.unacknowledgedCount == 0
                }
            } catch { Issue.record(error) }
        }
        var receiver = try ReliableReceiver(try ZeroMQContext(), endpoint, Self.session)
        var expected: UInt64 = 0
        try eventually("all of them") {
            while let message = try receiver.receive(now: now) {
                #expect(message.bytes.loadUnaligned(as: UInt64.self) == expected)
                expected += 1
                if expected % 16 == 0 || expected == count {
                    try receiver.acknowledge(through: message.sequence, now: now)
                }
            }
            return expected == count
        }
        // The last acknowledgement may still be on its way: keep speaking until the sender has ended.
        try eventually("the sender ends") {
            _ = try receiver.receive(now: now)
            return done.wait(timeout: .now()) == .success
        }
    }
}
