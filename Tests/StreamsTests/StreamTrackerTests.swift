import Determinism
import Testing
import Units

@testable import Streams

/// A publisher of one topic without sockets: what it keeps, and what it answers.
private struct ModelPublisher {
    static let topic = StreamTopic(checked: "features.T")

    let writer: FrameWriter
    let run: UInt64
    let kept: Int
    private(set) var frames: [UInt64: [UInt8]] = [:]
    private(set) var next: UInt64

    init(run: UInt64, first: UInt64, kept: Int) {
        writer = FrameWriter(topic: Self.topic, kind: .vector, columns: 1, run: run)
        self.run = run
        self.kept = kept
        next = first
    }

    mutating func publish() -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: 128)
        let sequence = next
        let count = bytes.withUnsafeMutableBytes { slot in
            [Double(sequence)].withUnsafeBufferPointer {
                writer.write($0, sequence: sequence, FrameStamp(ringSequence: 0, publishTime: 0), into: slot)
            }
        }
        precondition(count == bytes.count)
        frames[next] = bytes
        if next >= UInt64(kept) { frames[next - UInt64(kept)] = nil }
        next += 1
        return bytes
    }

    var heartbeat: [UInt8] { heartbeat(isLast: false) }

    func heartbeat(isLast: Bool) -> [UInt8] {
        let beat = FrameWriter(
            topic: StreamPublisher.heartbeat, kind: .heartbeat, columns: isLast ? 1 : 0, run: run)
        let head = Self.topic.field + LittleEndianBytes().adding(next).bytes
        var bytes = [UInt8](repeating: 0, count: FrameLayout.headerByteCount + head.count)
        _ = bytes.withUnsafeMutableBytes { slot in
            head.withUnsafeBytes {
                beat.write($0, sequence: 0, FrameStamp(ringSequence: 0, publishTime: 0), into: slot)
            }
        }
        return bytes
    }

    func answer(_ request: SnapshotRequest) -> [(SnapshotReply, [UInt8])] {
        var replies: [(SnapshotReply, [UInt8])] = []
        func reply(_ kind: SnapshotReply.Kind, _ first: UInt64, _ last: UInt64, _ payload: [UInt8] = []) {
            let reply = SnapshotReply(
                kind: kind, id: request.id, topic: Self.topic, first: first, last: last, run: run)
            replies.append((reply, payload))
        }
        if request.kind == .frames, next > 0, request.first <= min(request.last, next - 1) {
            for sequence in request.first...min(request.last, next - 1) {
                if let frame = frames[sequence] {
                    reply(.frame, sequence, sequence, frame)
                } else {
                    reply(.gone, sequence, sequence)
                }
            }
        }
        reply(.end, next, 0)
        return replies
    }
}

@Suite struct StreamTrackerTests {
    private static let step = Nanoseconds.milliseconds(5)

    /// Feeds one message and takes what comes of it.
    private static func take(_ bytes: [UInt8], _ tracker: inout StreamTracker, now: Nanoseconds) throws {
        try bytes.withUnsafeBytes { raw in
            if tracker.take(try StreamFrame(raw), now: now) { tracker.ready.add(.frame(bytes)) }
        }
    }

    @Test(arguments: [1, 2, 3, 4, 5, 6, 7, 8] as [UInt64])
    func `every frame comes once and in order, or is told as missed, whatever is lost`(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        func chance(_ percent: UInt64) -> Bool { generator.below(100) < percent }
        var options = StreamSubscriber.Options()
        options.start = .sequence(0)
        options.requestTimeout = .milliseconds(50)
        var tracker = StreamTracker(filters: [TopicFilter(ModelPublisher.topic)], options: options)
        var publisher = ModelPublisher(run: 1, first: 0, kept: 40)
        var (now, cursor, delivered, missed, restarts) = (Nanoseconds.zero, UInt64(0), 0, UInt64(0), 0)
        var isReachable = true
        var turn = 0
        while publisher.next < 1_500 || cursor < publisher.next {
            turn += 1
            try #require(turn < 100_000, "seed \(seed): stuck at \(cursor)")
            now = now + Self.step
            if chance(2) { isReachable.toggle() }
            if publisher.next < 1_500 {
                for _ in 0..<generator.below(4) {
                    let frame = publisher.publish()
                    if isReachable, !chance(10) { try Self.take(frame, &tracker, now: now) }
                    if isReachable, chance(3) { try Self.take(frame, &tracker, now: now) }
                }
                // Restarts from an earlier row make the same rows again; restarts from a later one have lost some.
                if chance(1) {
                    restarts += 1
                    let back = generator.below(20)
                    let first = chance(50) ? publisher.next - min(back, publisher.next) : publisher.next + back
                    publisher = ModelPublisher(run: 1, first: first, kept: 40)
                }
            } else {
                isReachable = true
            }
            if turn % 20 == 0, isReachable { try Self.take(publisher.heartbeat, &tracker, now: now) }
            for request in tracker.tick(now: now) where isReachable && !chance(10) {
                tracker.didSend(request, now: now)
                for (reply, payload) in publisher.answer(request) {
                    // A connection that breaks loses everything from there on.
                    if chance(1) { break }
                    payload.withUnsafeBytes { tracker.take(reply, $0, now: now) }
                }
            }
            while let output = tracker.ready.take() {
                switch output {
                case .frame(let bytes):
                    let sequence = bytes.withUnsafeBytes { StreamFrame.load($0, 40, UInt64.self) }
                    #expect(sequence == cursor, "seed \(seed)")
                    cursor = sequence + 1
                    delivered += 1
                case .event(.missed(_, let range)):
                    #expect(range.lowerBound == cursor, "seed \(seed)")
                    cursor = range.upperBound + 1
                    missed += UInt64(range.count)
                case .event: break
                }
            }
        }
        #expect(cursor == publisher.next && UInt64(delivered) + missed == cursor, "seed \(seed)")
        #expect(restarts > 3 && missed > 0 && delivered > 500 && tracker.filledCount > 20, "seed \(seed): too tame")
    }

    @Test func `a loss that nothing follows is seen by the heartbeat`() throws {
        var options = StreamSubscriber.Options()
        options.start = .sequence(0)
        var tracker = StreamTracker(filters: [TopicFilter(ModelPublisher.topic)], options: options)
        var publisher = ModelPublisher(run: 1, first: 0, kept: 40)
        try Self.take(publisher.publish(), &tracker, now: .zero)
        _ = publisher.publish()
        _ = tracker.tick(now: .zero)
        try Self.take(publisher.heartbeat, &tracker, now: .milliseconds(1))
        let asked = tracker.tick(now: .milliseconds(2)).filter { $0.kind == .frames }
        #expect(asked.map(\.first) == [1] && asked.map(\.last) == [1])
    }

    /// What came of a tracker: a frame's sequence, "run 2", "missed 2...4".
    private static func said(_ tracker: inout StreamTracker) -> [String] {
        var said: [String] = []
        while let output = tracker.ready.take() {
            switch output {
            case .frame(let bytes): said.append("\(bytes.withUnsafeBytes { StreamFrame.load($0, 40, UInt64.self) })")
            case .event(.missed(_, let range)): said.append("missed \(range)")
            case .event(.run(let run)): said.append("run \(run)")
            case .event(.ended): said.append("ended")
            case .event: break
            }
        }
        return said
    }

    @Test func `what a run that is over still owed is handed out or told as missed`() throws {
        var options = StreamSubscriber.Options()
        options.start = .sequence(0)
        var tracker = StreamTracker(filters: [TopicFilter(ModelPublisher.topic)], options: options)
        var first = ModelPublisher(run: 1, first: 0, kept: 40)
        for sequence in 0..<7 {
            let frame = first.publish()
            if ![2, 3, 4].contains(sequence) { try Self.take(frame, &tracker, now: .zero) }
        }
        // Two more that nothing follows, and another run.
        for _ in 0..<2 { _ = first.publish() }
        try Self.take(first.heartbeat, &tracker, now: .zero)
        var second = ModelPublisher(run: 2, first: 0, kept: 40)
        try Self.take(second.publish(), &tracker, now: .zero)
        #expect(Self.said(&tracker) == ["run 1", "0", "1", "missed 2...4", "5", "6", "run 2", "0"])
        // The heartbeat came while others were asked for; of what it said in peace the end is missed, too.
        _ = second.publish()
        try Self.take(second.heartbeat, &tracker, now: .zero)
        var third = ModelPublisher(run: 3, first: 0, kept: 40)
        try Self.take(third.publish(), &tracker, now: .zero)
        #expect(Self.said(&tracker) == ["missed 1...1", "run 3", "0"])
    }

    @Test func `a run that is taken up again goes on where it was`() throws {
        var options = StreamSubscriber.Options()
        options.start = .sequence(0)
        var tracker = StreamTracker(filters: [TopicFilter(ModelPublisher.topic)], options: options)
        var (first, second) = (ModelPublisher(run: 1, first: 0, kept: 40), ModelPublisher(run: 2, first: 0, kept: 40))
        for _ in 0..<3 { try Self.take(first.publish(), &tracker, now: .zero) }
        let late = first.publish()
        for _ in 0..<2 { try Self.take(second.publish(), &tracker, now: .zero) }
        // On its way since before the second run.
        try Self.take(late, &tracker, now: .zero)
        #expect(Self.said(&tracker) == ["run 1", "0", "1", "2", "run 2", "0", "1"])
        _ = tracker.tick(now: options.silence + .seconds(1))
        try Self.take(first.publish(), &tracker, now: .seconds(10))
        #expect(Self.said(&tracker) == ["run 1"])
        let asked = tracker.tick(now: .seconds(10)).filter { $0.kind == .frames }
        #expect(asked.map(\.first) == [3] && asked.map(\.last) == [3])
    }

    @Test func `that a run which is past answers is no sign of the one behind it`() throws {
        var options = StreamSubscriber.Options()
        options.start = .sequence(0)
        var tracker = StreamTracker(filters: [TopicFilter(ModelPublisher.topic)], options: options)
        var (first, second) = (ModelPublisher(run: 1, first: 0, kept: 40), ModelPublisher(run: 2, first: 0, kept: 40))
        for _ in 0..<3 { try Self.take(first.publish(), &tracker, now: .zero) }
        for _ in 0..<2 { try Self.take(second.publish(), &tracker, now: .zero) }
        #expect(Self.said(&tracker).last == "1")
        // The first is taken up again, and what is asked of the second reaches it.
        var now = Nanoseconds.zero
        var answered = 0
        while now <= options.silence + .seconds(1) {
            for request in tracker.tick(now: now) {
                tracker.didSend(request, now: now)
                for (reply, payload) in first.answer(request) {
                    answered += 1
                    payload.withUnsafeBytes { tracker.take(reply, $0, now: now) }
                }
            }
            now = now + .milliseconds(500)
        }
        try Self.take(first.publish(), &tracker, now: now)
        #expect(answered > 0)
        #expect(Self.said(&tracker).contains("run 1"))
    }

    @Test func `who looks away in the midst of an answer asks again`() throws {
        var options = StreamSubscriber.Options()
        options.start = .sequence(0)
        var tracker = StreamTracker(filters: [TopicFilter(ModelPublisher.topic)], options: options)
        var publisher = ModelPublisher(run: 1, first: 0, kept: 200)
        for _ in 0..<100 { _ = publisher.publish() }
        var now = Nanoseconds.zero
        try Self.take(publisher.publish(), &tracker, now: now)
        var sequences: [UInt64] = []
        while sequences.last != 100 {
            try #require(now < .seconds(1_000))
            for request in tracker.tick(now: now) where request.kind == .frames {
                tracker.didSend(request, now: now)
                // It gets ten frames, and the rest is let go while it looks away.
                for (reply, payload) in publisher.answer(request).prefix(10) {
                    payload.withUnsafeBytes { tracker.take(reply, $0, now: now) }
                }
            }
            now = now + .seconds(sequences.count % 20 == 0 ? 16 : 6)
            try Self.take(publisher.heartbeat, &tracker, now: now)
            while let output = tracker.ready.take() {
                switch output {
                case .frame(let bytes):
                    sequences.append(bytes.withUnsafeBytes { StreamFrame.load($0, 40, UInt64.self) })
                case .event(.missed(_, let range)): Issue.record("\(range) is kept, and told as missed")
                case .event: break
                }
            }
        }
        #expect(sequences == Array(0...100))
    }

    @Test func `a conflating subscriber whose feed has lost the newest asks for it, once at a time`() throws {
        var options = StreamSubscriber.Options()
        options.conflates = true
        var tracker = StreamTracker(filters: [TopicFilter(ModelPublisher.topic)], options: options)
        var publisher = ModelPublisher(run: 1, first: 0, kept: 40)
        for request in tracker.tick(now: .zero) { tracker.didSend(request, now: .zero) }
        try Self.take(publisher.publish(), &tracker, now: .zero)
        tracker.releaseNewest()
        var newest: [UInt8] = []
        for _ in 0..<20 { newest = publisher.publish() }
        for _ in 0..<2 { try Self.take(publisher.heartbeat, &tracker, now: .milliseconds(1)) }
        let asked = tracker.tick(now: .milliseconds(2))
        #expect(asked.map(\.kind) == [.snapshot] && asked.map(\.topic) == [ModelPublisher.topic])
        let request = try #require(asked.first)
        tracker.didSend(request, now: .milliseconds(2))
        let reply = SnapshotReply(
            kind: .frame, id: request.id, topic: ModelPublisher.topic, first: 20, last: 20, run: 1)
        newest.withUnsafeBytes { tracker.take(reply, $0, now: .milliseconds(3)) }
        let end = SnapshotReply(kind: .end, id: request.id, topic: ModelPublisher.topic, first: 21, last: 0, run: 1)
        tracker.take(end, UnsafeRawBufferPointer(start: nil, count: 0), now: .milliseconds(3))
        tracker.releaseNewest()
        var sequences: [UInt64] = []
        while let output = tracker.ready.take() {
            if case .frame(let bytes) = output {
                sequences.append(bytes.withUnsafeBytes { StreamFrame.load($0, 40, UInt64.self) })
            }
        }
        #expect(sequences == [0, 20])
        #expect(tracker.tick(now: .seconds(2)).allSatisfy { $0.topic == nil })
    }

    /// The topic has no frame yet, or one that is no longer kept, when the subscriber comes; the next one is lost.
    @Test(arguments: [0, 5] as [UInt64], [false, true])
    func `the first frame after an empty snapshot can be lost and is missed`(first: UInt64, conflates: Bool) throws {
        var options = StreamSubscriber.Options()
        options.conflates = conflates
        var tracker = StreamTracker(filters: [TopicFilter(ModelPublisher.topic)], options: options)
        var publisher = ModelPublisher(run: 1, first: first, kept: 40)
        for request in tracker.tick(now: .zero) {
            tracker.didSend(request, now: .zero)
            for kind in request.kind == .schema ? [SnapshotReply.Kind.schema, .end] : [.end] {
                let reply = SnapshotReply(
                    kind: kind, id: request.id, topic: ModelPublisher.topic, first: first, last: 0, run: 1)
                tracker.take(reply, UnsafeRawBufferPointer(start: nil, count: 0), now: .zero)
            }
        }
        _ = publisher.publish()
        try Self.take(publisher.heartbeat, &tracker, now: .milliseconds(1))
        let request = try #require(tracker.tick(now: .milliseconds(2)).first)
        #expect(request.kind == (conflates ? .snapshot : .frames))
        #expect(conflates || (request.first, request.last) == (first, first))
    }

    @Test func `an answer that broke off and is given again names each topic once`() throws {
        let filter = try #require(TopicFilter("features.U"))
        var tracker = StreamTracker(filters: [filter], options: StreamSubscriber.Options())
        var absent: [[StreamTopic]] = []
        for (now, isWhole) in [(Nanoseconds.zero, false), (.seconds(1), true)] {
            let request = try #require(tracker.tick(now: now).first { $0.kind == .schema })
            tracker.didSend(request, now: now)
            for kind in isWhole ? [SnapshotReply.Kind.schema, .end] : [.schema] {
                let reply = SnapshotReply(kind: kind, id: request.id, topic: ModelPublisher.topic, run: 1)
                tracker.take(reply, UnsafeRawBufferPointer(start: nil, count: 0), now: now)
            }
            while let output = tracker.ready.take() {
                if case .event(.absent(_, let topics)) = output { absent.append(topics) }
            }
        }
        #expect(absent == [[ModelPublisher.topic]])
    }

    /// Frames that came behind a gap are not kept from their reader for ever, and a stream is not taken for whole.
    @Test(arguments: [false, true])
    func `what a publisher owes that is gone is told as missed`(isEnded: Bool) throws {
        var options = StreamSubscriber.Options()
        options.start = .sequence(0)
        var tracker = StreamTracker(filters: [TopicFilter(ModelPublisher.topic)], options: options)
        var publisher = ModelPublisher(run: 1, first: 0, kept: 40)
        _ = publisher.publish()
        try Self.take(publisher.publish(), &tracker, now: .zero)
        _ = publisher.publish()
        try Self.take(publisher.heartbeat(isLast: isEnded), &tracker, now: .zero)
        var said: [String] = []
        for second in 1...50 {
            let before = said.count
            for request in tracker.tick(now: .seconds(Int64(second))) {
                tracker.didSend(request, now: .seconds(Int64(second)))
            }
            said += Self.said(&tracker)
            if said.count > before, before > 0 { #expect(isEnded || second > 40) }
        }
        let tail = isEnded ? ["missed 2...2", "ended"] : []
        #expect(said == ["run 1", "missed 0...0", "1"] + tail)
    }

    @Test func `an end is taken back when more comes`() throws {
        var options = StreamSubscriber.Options()
        options.start = .sequence(0)
        var tracker = StreamTracker(filters: [TopicFilter(ModelPublisher.topic)], options: options)
        var publisher = ModelPublisher(run: 1, first: 0, kept: 40)
        var said: [String] = []
        for second in 0..<2 {
            let now = Nanoseconds.seconds(Int64(second))
            try Self.take(publisher.publish(), &tracker, now: now)
            try Self.take(publisher.heartbeat(isLast: true), &tracker, now: now)
            _ = tracker.tick(now: now)
            _ = tracker.tick(now: now)
            said += Self.said(&tracker)
        }
        #expect(said.filter { $0 == "ended" }.count == 2)
    }

    @Test func `what a living publisher does not send is given up`() throws {
        var options = StreamSubscriber.Options()
        options.start = .sequence(0)
        var tracker = StreamTracker(filters: [TopicFilter(ModelPublisher.topic)], options: options)
        var publisher = ModelPublisher(run: 1, first: 0, kept: 40)
        _ = publisher.publish()
        var outputs: [String] = []
        var now = Nanoseconds.zero
        try Self.take(publisher.publish(), &tracker, now: now)
        for _ in 0..<12 {
            now = now + .seconds(1)
            try Self.take(publisher.heartbeat, &tracker, now: now)
            for request in tracker.tick(now: now) { tracker.didSend(request, now: now) }
            while let output = tracker.ready.take() {
                switch output {
                case .frame(let bytes):
                    outputs.append("frame \(bytes.withUnsafeBytes { StreamFrame.load($0, 40, UInt64.self) })")
                case .event(.missed(_, let range)): outputs.append("missed \(range)")
                case .event: break
                }
            }
        }
        #expect(outputs == ["missed 0...0", "frame 1"])
    }
}
