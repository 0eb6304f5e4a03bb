import CHeapCount
import Foundation
import TestSupport
import Testing
import Units
import ZeroMQ

@testable import Streams

/// Publisher and subscriber over real sockets.
@Suite struct StreamTests {
    /// Options that take everything from the beginning.
    private static var all: StreamSubscriber.Options {
        var options = StreamSubscriber.Options()
        options.start = .sequence(0)
        options.requestTimeout = .milliseconds(100)
        return options
    }

    @Test func `one who comes late gets the newest frame, the schema, and all that follow`() throws {
        let directory = try Scratch()
        var publisher = try TestPublisher(directory)
        try publisher.publish(10)
        var subscriber = try TestSubscriber(directory, "*")
        try eventually("the newest frame") {
            try publisher.serve()
            try subscriber.drain()
            return subscriber.sequences == [9] && subscriber.schemas == ["features.T", "status.T"]
        }
        try publisher.publish(5)
        try publisher.publisher.publish(
            text: "{\"ok\": true}", FrameStamp(ringSequence: 0, publishTime: 0), to: publisher.status)
        try eventually("what follows") {
            try publisher.serve()
            try subscriber.drain()
            return subscriber.sequences == [9, 10, 11, 12, 13, 14] && subscriber.texts == ["{\"ok\": true}"]
        }
        #expect(subscriber.runs == [1] && subscriber.missed.isEmpty && subscriber.garbage == 0)
    }

    @Test func `one who asks for the beginning gets all that is kept and is told what is gone`() throws {
        let directory = try Scratch()
        // Room for 20 frames of 136 bytes.
        var publisher = try TestPublisher(directory, historyByteCount: 136 * 20)
        try publisher.publish(50)
        var subscriber = try TestSubscriber(directory, options: Self.all)
        try eventually("what is kept") {
            try publisher.serve()
            try subscriber.drain()
            return subscriber.sequences.last == 49
        }
        #expect(subscriber.sequences == Array(30..<50) && subscriber.missed == [0...29])
    }

    @Test func `with keys who comes late is answered too`() throws {
        let directory = try Scratch()
        let (server, client) = (try ZeroMQSecurity.makeKeys(), try ZeroMQSecurity.makeKeys())
        var publisher = try TestPublisher(directory, security: .server(secretKey: server.secretKey))
        try publisher.publish(10)
        var options = Self.all
        options.security = .client(
            publicKey: client.publicKey, secretKey: client.secretKey, serverKey: server.publicKey)
        var subscriber = try TestSubscriber(directory, options: options)
        try eventually("what is kept, and its schema") {
            try publisher.serve()
            try subscriber.drain()
            return subscriber.sequences == Array(0..<10) && subscriber.schemas == ["features.T"]
        }
        #expect(subscriber.missed.isEmpty)
    }

    @Test func `a topic that the publisher has not is told`() throws {
        let directory = try Scratch()
        var publisher = try TestPublisher(directory)
        var subscriber = try TestSubscriber(directory, "features.U")
        try eventually("a word") {
            try publisher.serve()
            try subscriber.drain()
            return !subscriber.absent.isEmpty
        }
        #expect(subscriber.absent == [#"features.U: ["features.T", "status.T"]"#])
    }

    @Test func `frames that are held leave in order, when there is no room and when told to`() throws {
        let directory = try Scratch()
        var publisher = try TestPublisher(directory, framesHeld: 8)
        var subscriber = try TestSubscriber(directory, options: Self.all)
        try publisher.publish(1)
        try eventually("the first") {
            try publisher.publisher.flush()
            try publisher.serve()
            try subscriber.drain()
            return subscriber.sequences == [0]
        }
        func newest() -> UInt64? {
            publisher.publisher.newestFrame(publisher.vector).flatMap { try? StreamFrame($0).sequence }
        }
        // Eight wait, and the ninth pushes the oldest out.
        try publisher.publish(8)
        #expect(newest() == 0 && publisher.publisher.nextSequence(publisher.vector) == 9)
        try publisher.publish(1)
        #expect(newest() == 1)
        // What is urgent ends it between two frames.
        var left = 3
        try publisher.publisher.flush {
            left -= 1
            return left < 0
        }
        #expect(newest() == 4)
        try publisher.publisher.flush()
        #expect(newest() == 9)
        // Many times round.
        try publisher.publish(100)
        #expect(newest() == 101)
        try eventually("all of them") {
            try publisher.publisher.flush()
            try publisher.serve()
            try subscriber.drain()
            return subscriber.sequences.last == 109
        }
        #expect(subscriber.sequences == Array(0...109) && subscriber.missed.isEmpty)
    }

    /// One that has met the publisher, and loses nearly everything that is sent while it does not read.
    private static func forgetful(
        _ directory: Scratch, _ publisher: inout TestPublisher
    ) throws -> TestSubscriber {
        var options = all
        options.highWaterMark = 2
        var subscriber = try TestSubscriber(directory, options: options)
        // It may hear of the run before its own question has come.
        try eventually("the subscription, and its question") {
            try publisher.serve()
            try subscriber.drain()
            return subscriber.runs == [1] && publisher.publisher.lastAsked != nil
        }
        return subscriber
    }

    @Test func `frames that the feed lost are filled in, in order`() throws {
        let directory = try Scratch()
        var publisher = try TestPublisher(directory, highWaterMark: 10)
        var subscriber = try Self.forgetful(directory, &publisher)
        for _ in 0..<4 {
            try publisher.publish(3_000)
            try eventually("all of them") {
                try publisher.serve()
                try subscriber.drain()
                return subscriber.sequences.last == publisher.publisher.nextSequence(publisher.vector) - 1
            }
        }
        #expect(subscriber.sequences == Array(0..<12_000) && subscriber.missed.isEmpty)
        #expect(subscriber.subscriber.filledCount > 0, "nothing was lost: the test tests nothing")
    }

    @Test func `a restart that publishes rows again is not seen, and one that has lost some is told`() throws {
        let directory = try Scratch()
        var subscriber = try TestSubscriber(directory, options: Self.all)
        do {
            var publisher = try TestPublisher(directory)
            try publisher.publish(20)
            try eventually("the first rows") {
                try publisher.serve()
                try subscriber.drain()
                return subscriber.sequences.count == 20
            }
        }
        do {
            // From the state before row 15: five rows are published again under their numbers.
            var publisher = try TestPublisher(directory, firstSequence: 15)
            try eventually("the second publisher") {
                if publisher.publisher.nextSequence(publisher.vector) < 30 { try publisher.publish(1) }
                try publisher.serve()
                try subscriber.drain()
                return subscriber.sequences.count == 30
            }
        }
        #expect(subscriber.sequences == Array(0..<30) && subscriber.missed.isEmpty)
        // Rows 30 to 39 were published to nobody and are not made again.
        var publisher = try TestPublisher(directory, firstSequence: 40)
        try publisher.publish(1)
        try eventually("the third publisher") {
            try publisher.serve()
            try subscriber.drain()
            return subscriber.sequences.count == 31
        }
        #expect(subscriber.missed == [30...39] && subscriber.sequences.last == 40 && subscriber.runs == [1])
    }

    @Test func `another run begins anew, from its first row`() throws {
        let directory = try Scratch()
        var subscriber = try TestSubscriber(directory)
        for run in [5, 6] as [UInt64] {
            var publisher = try TestPublisher(directory, run: run)
            try publisher.publish(3)
            try eventually("run \(run)") {
                try publisher.serve()
                try subscriber.drain()
                return subscriber.runs.last == run && subscriber.sequences.last == 2
                    && subscriber.sequences.count >= (run == 6 ? 4 : 1)
            }
        }
        // Of the first run it has the newest row, or all three when its connection was there before them.
        #expect(subscriber.runs == [5, 6] && subscriber.sequences.suffix(4) == [2, 0, 1, 2])
        let earlier: ArraySlice<UInt64> = [0, 1].suffix(subscriber.sequences.count - 4)
        #expect(subscriber.sequences.dropLast(4) == earlier)
    }

    @Test func `what is wrong with the values of now is told by heartbeats, while nothing is published`() throws {
        let directory = try Scratch()
        var publisher = try TestPublisher(directory)
        var subscriber = try TestSubscriber(directory)
        try publisher.publish(1)
        // Stale (2), with a crossed book (8) that is of a row alone; warming (256); nothing.
        for (count, quality) in [2 | 8, 2 | 256, 2 | 256, 8].map(UInt16.init).enumerated() {
            try eventually("\(quality)") {
                try publisher.serve(quality: quality)
                try subscriber.drain()
                return subscriber.qualities.count == [1, 2, 2, 3][count]
            }
        }
        #expect(subscriber.qualities == [2, 2 | 256, 0])
    }

    @Test func `the end in order is told behind what the feed had lost`() throws {
        let directory = try Scratch()
        var publisher = try TestPublisher(directory, highWaterMark: 10)
        var subscriber = try Self.forgetful(directory, &publisher)
        try publisher.publish(300)
        // Whoever asks is answered before the end returns.
        var failure: (any Error)?
        // Its clock is slow as long as something is missing, for the machine may be: 12 s of ours before it gives up.
        var time = now
        try publisher.publisher.end(wallTime: Timestamp(nanoseconds: 1)) {
            do { try subscriber.drain() } catch { failure = error }
            time = time + (subscriber.sequences.count < 300 ? Nanoseconds(20_000) : .milliseconds(1))
            return time
        }
        #expect(failure == nil)
        let (count, missed) = (subscriber.sequences.count, subscriber.missed)
        #expect(count == 300 && missed.isEmpty, "\(count), \(missed)")
        try eventually("the end") {
            try subscriber.drain()
            return subscriber.ends == 1
        }
        #expect(subscriber.subscriber.filledCount > 0, "nothing was lost: the test tests nothing")
    }

    @Test func `an end that nobody waits for is over at once`() throws {
        let directory = try Scratch()
        var publisher = try TestPublisher(directory)
        try publisher.publish(3)
        var calls = 0
        try publisher.publisher.end(wallTime: Timestamp(nanoseconds: 1)) {
            calls += 1
            return now
        }
        #expect(calls == 1)
    }

    @Test func `answers take turns, and who asks again keeps its place`() throws {
        let directory = try Scratch()
        var publisher = try TestPublisher(directory, historyByteCount: 8 << 20)
        try publisher.publish(20_000)
        var options = Self.all
        options.requestTimeout = .milliseconds(1)
        var one = try TestSubscriber(directory, options: options)
        var other = try TestSubscriber(directory, options: options)
        try eventually("a part") {
            try publisher.serve()
            try one.drain()
            try other.drain()
            return one.sequences.count > 2_000 || other.sequences.count > 2_000
        }
        #expect(min(one.sequences.count, other.sequences.count) > 500)
    }

    @Test func `silence is told once, and its end`() throws {
        let directory = try Scratch()
        var options = Self.all
        options.silence = .milliseconds(50)
        var subscriber = try TestSubscriber(directory, options: options)
        try eventually("silence") {
            try subscriber.drain()
            return subscriber.silences == 1
        }
        var publisher = try TestPublisher(directory)
        try eventually("an end of it") {
            try publisher.serve()
            try subscriber.drain()
            return subscriber.heards == 1
        }
    }

    @Test func `a conflating subscriber gets the newest`() throws {
        let directory = try Scratch()
        var publisher = try TestPublisher(directory)
        var options = StreamSubscriber.Options()
        options.conflates = true
        var subscriber = try TestSubscriber(directory, options: options)
        try eventually("the subscription") {
            try publisher.serve()
            try subscriber.drain()
            return subscriber.runs == [1]
        }
        try publisher.publish(5_000)
        try eventually("the newest") {
            try publisher.serve()
            try subscriber.drain()
            return subscriber.sequences.last == 4_999
        }
        #expect(subscriber.sequences.count < 5_000 && subscriber.missed.isEmpty)
        let seen = UInt64(subscriber.sequences.count) + subscriber.subscriber.skippedCount
        #expect(seen <= 5_000 && subscriber.sequences == subscriber.sequences.sorted())
    }

    @Test func `requests that are none, or of no topic, are answered so`() throws {
        let directory = try Scratch()
        var publisher = try TestPublisher(directory)
        let client = try ZeroMQSocket.connected(try ZeroMQContext(), .dealer, to: directory.endpoint("snapshot"))
        let header = ZeroMQMessage()
        let payload = ZeroMQMessage()
        func ask(_ bytes: [UInt8]) throws -> SnapshotReply? {
            _ = try client.send(bytes)
            try eventually("an answer") {
                try publisher.serve()
                return try client.receive(into: header)
            }
            _ = try client.receive(into: payload)
            return SnapshotReply.read(header.bytes)
        }
        let topic = StreamTopic(checked: "weather")
        #expect(try ask([1, 2, 3]) == SnapshotReply(kind: .malformed, id: 0, run: 1))
        #expect(
            try ask(SnapshotRequest(kind: .frames, id: 4, topic: topic).bytes)
                == SnapshotReply(kind: .unknownTopic, id: 4, topic: topic, run: 1))
        #expect(
            try ask(SnapshotRequest(kind: .frames, id: 5, topic: TestPublisher.topic, first: 0, last: .max).bytes)
                == SnapshotReply(kind: .end, id: 5, topic: TestPublisher.topic, run: 1))
        #expect(
            try ask(SnapshotRequest(kind: .snapshot, id: 6).bytes) == SnapshotReply(kind: .end, id: 6, run: 1))
    }

    @Test func `garbage on the feed is told and does no harm`() throws {
        let directory = try Scratch()
        let context = try ZeroMQContext()
        var subscriber = try TestSubscriber(directory, "*")
        let publisher = try ZeroMQSocket.bound(context, .publisher, to: directory.endpoint("feed"))
        try eventually("the garbage") {
            _ = try publisher.send([1, 2, 3])
            _ = try publisher.send([4], more: true)
            _ = try publisher.send([5])
            try subscriber.drain()
            return subscriber.garbage > 2
        }
        #expect(subscriber.sequences.isEmpty)
    }

    @Test(.enabled(if: lh_heap_count_enabled() != 0, "a sanitizer has its own allocator"))
    func `publishing touches the heap only where the library copies the frame`() throws {
        let directory = try Scratch()
        var publisher = try TestPublisher(directory)
        let values = [1.0, 2.0]
        let stamp = FrameStamp(ringSequence: 0, publishTime: 0)
        var calls: UInt64 = 0
        try values.withUnsafeBufferPointer { values in
            for _ in 0..<10 { try publisher.publisher.publish(values, stamp, to: publisher.vector) }
            let before = lh_heap_calls()
            for _ in 0..<1_000 { try publisher.publisher.publish(values, stamp, to: publisher.vector) }
            calls = lh_heap_calls() - before
        }
        #expect(calls == 1_000)
    }

    @Test func `two threads, a publisher and a subscriber, pass twenty thousand frames`() throws {
        let directory = try Scratch()
        let (done, stop) = (DispatchSemaphore(value: 0), DispatchSemaphore(value: 0))
        Thread.detachNewThread {
            defer { done.signal() }
            do {
                var publisher = try TestPublisher(directory, historyByteCount: 8 << 20)
                try eventually("the subscriber ends") {
                    if publisher.publisher.nextSequence(publisher.vector) < 20_000 { try publisher.publish(10) }
                    try publisher.serve()
                    return stop.wait(timeout: .now()) == .success
                }
            } catch { Issue.record(error) }
        }
        var options = Self.all
        options.highWaterMark = 100
        var subscriber = try TestSubscriber(directory, options: options)
        try eventually("all of them") {
            try subscriber.drain()
            return subscriber.sequences.count == 20_000
        }
        #expect(subscriber.sequences == Array(0..<20_000) && subscriber.missed.isEmpty)
        stop.signal()
        #expect(done.wait(timeout: .now() + 10) == .success)
    }
}
