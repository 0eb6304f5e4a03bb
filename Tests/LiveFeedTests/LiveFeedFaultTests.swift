import DBN
import Foundation
import Testing
import Units

@testable import LiveFeed

/// What goes wrong, and what the feed makes of it.
@Suite struct LiveFeedFaultTests {
    private static let t0 = MarketLog.start
    private static func book(_ index: UInt32, instrument: UInt32 = 1) -> [UInt8] {
        LiveRecord.book(instrument: instrument, event: t0 + UInt64(index) * 1_000_000, sequence: index)
    }
    private static func books(_ range: Range<UInt32>) -> [[UInt8]] { range.map { book($0) } }
    private static func finished() throws -> [UInt8] { try LiveRecord.replayed(.mbp10) }

    /// A session that gives these records and the end of the replay, then goes on as told.
    private static func session(
        _ records: [[UInt8]], then end: @escaping @Sendable (GatewaySide) throws -> Void
    ) throws -> ScriptedGateway.Script {
        let all = try records + [finished()]
        return { side in
            try side.begin(LiveStream(), all)
            try end(side)
        }
    }

    private static let untilEnd: @Sendable (GatewaySide) throws -> Void = { try $0.waitForEnd() }

    /// Runs to the second time that the feed is live.
    private static func run(_ scripts: [ScriptedGateway.Script]) throws -> (FeedRecorder, [[String]]) {
        let gateway = try ScriptedGateway(scripts)
        var feed = try TestFeed.make(port: gateway.port)
        var recorder = FeedRecorder()
        TestFeed.run(&feed, &recorder) { $1.lives == 2 }
        #expect(feed.state == .live)
        feed.close(into: &recorder)
        return (recorder, try gateway.finish())
    }

    private static func start(of line: String) -> String? { GatewayLine(Array(line.utf8))["start"] }

    // MARK: Breaks

    enum End: CaseIterable, Sendable { case fin, reset }

    @Test(arguments: End.allCases)
    func `after a break the replay fills the gap, once and in order`(end: End) throws {
        let (recorder, lines) = try Self.run([
            Self.session(Self.books(0..<5)) { end == .fin ? $0.close() : $0.reset() },
            Self.session(Self.books(0..<9), then: Self.untilEnd),
        ])
        #expect(recorder.records.starts(with: Self.books(0..<5)) || end == .reset)
        #expect(recorder.records == Self.books(0..<9))
        #expect(recorder.holes == [])
        // A reset may overtake what was sent before it.
        if end == .fin {
            #expect(recorder.failures == [FeedFailure(.closed, "the gateway closed the session")])
            var caught = FeedCatchUp()
            caught.duplicates = 5
            #expect(recorder.events.contains(.live(caught)))
            let session: [FeedMark.Kind] = [.replaying, .replayed, .live, .down]
            #expect(recorder.marks.map(\.kind) == session + session)
            #expect(recorder.marks[3].reason == .closed)
        } else {
            #expect(recorder.failures.map(\.reason) == [.reset])
        }
        #expect(Self.start(of: lines[1][1]) == "\(Self.t0)")
    }

    @Test func `a session that breaks in its replay is replayed from the same start`() throws {
        let gateway = try ScriptedGateway([
            { side in
                try side.begin(LiveStream(), Self.books(0..<5))
                side.close()
            },
            { side in
                try side.begin(LiveStream(), Self.books(0..<3))
                side.close()
            },
            Self.session(Self.books(0..<7), then: Self.untilEnd),
        ])
        var feed = try TestFeed.make(port: gateway.port)
        var recorder = FeedRecorder()
        TestFeed.run(&feed, &recorder) { feed, _ in feed.isWarm }
        feed.close(into: &recorder)
        let lines = try gateway.finish()
        #expect(recorder.records == Self.books(0..<7))
        #expect(recorder.holes == [])
        #expect(lines.map { Self.start(of: $0[1]) } == ["\(Self.t0)", "\(Self.t0)", "\(Self.t0)"])
        #expect(feed.counters.duplicates == 3 + 5)
    }

    @Test func `half a record at the end is no record`() throws {
        let half = Array(try LiveStream().records([Self.book(5)]).prefix(100))
        let (recorder, _) = try Self.run([
            Self.session(Self.books(0..<5)) { side in
                try side.send(half)
                side.close()
            },
            Self.session(Self.books(0..<6), then: Self.untilEnd),
        ])
        #expect(recorder.records == Self.books(0..<6))
        #expect(
            recorder.failures == [
                FeedFailure(.closed, "the connection ended 100 bytes into a line or a record")
            ])
    }

    @Test func `a replay that lacks what we had is a hole`() throws {
        let (recorder, _) = try Self.run([
            Self.session(Self.books(0..<5) + [Self.book(5, instrument: 2)]) { $0.close() },
            Self.session(
                Self.books(0..<3) + [Self.book(4), Self.book(5, instrument: 2)] + Self.books(5..<8),
                then: Self.untilEnd),
        ])
        #expect(
            recorder.holes == [
                FeedHole(
                    schema: .mbp10, instrument: InstrumentID(1), from: Timestamp(nanoseconds: Self.t0 + 4_000_000),
                    to: Timestamp(nanoseconds: Self.t0 + 7_000_000), reason: .unproven)
            ])
        #expect(recorder.records == Self.books(0..<5) + [Self.book(5, instrument: 2)] + Self.books(5..<8))
        let gap = recorder.marks.first { $0.kind == .gap }
        #expect(gap?.instrument == InstrumentID(1) && gap?.schema == .mbp10 && gap?.reason == .unproven)
    }

    @Test func `a silent gateway is left`() throws {
        let finished = try Self.finished()
        let gateway = try ScriptedGateway([
            { side in
                try side.begin(LiveStream(), Self.books(0..<2) + [finished])
                try side.waitForEnd()
            },
            Self.session(Self.books(0..<3), then: Self.untilEnd),
        ])
        var timing = TestFeed.timing
        timing.silence = .milliseconds(150)
        var feed = try TestFeed.make(port: gateway.port, timing: timing)
        var recorder = FeedRecorder()
        TestFeed.run(&feed, &recorder) { $1.lives == 2 }
        feed.close(into: &recorder)
        _ = try gateway.finish()
        #expect(recorder.failures == [FeedFailure(.silent, "nothing came for 0.15 s")])
        #expect(recorder.records == Self.books(0..<3))
    }

    @Test func `heartbeats keep a quiet session alive`() throws {
        let heartbeat = try LiveRecord.system(.heartbeat, "Heartbeat")
        let gateway = try ScriptedGateway([
            try Self.session(Self.books(0..<2)) { side in
                for _ in 0..<8 {
                    try side.send([heartbeat])
                    Thread.sleep(forTimeInterval: 0.05)
                }
                try side.waitForEnd()
            }
        ])
        var timing = TestFeed.timing
        timing.silence = .milliseconds(300)
        var feed = try TestFeed.make(port: gateway.port, timing: timing)
        var recorder = FeedRecorder()
        TestFeed.run(&feed, &recorder) { $1.events.count { $0 == .heartbeat } == 8 }
        #expect(recorder.failures == [])
        feed.close(into: &recorder)
        _ = try gateway.finish()
    }

    @Test func `nobody listens: attempts go on, each after a longer wait, and one mark says so`() throws {
        // Nobody has port 1 of this machine.
        var feed = try TestFeed.make(port: 1)
        var recorder = FeedRecorder()
        TestFeed.run(&feed, &recorder) { $1.failures.count == 6 }
        #expect(recorder.failures.allSatisfy { $0.reason == .unreachable })
        #expect(recorder.delays.allSatisfy { $0 >= .milliseconds(2) && $0 <= .milliseconds(8) })
        #expect(recorder.marks.map(\.kind) == [.down])
        #expect(feed.state == .down)
    }

    @Test func `a stream that is damaged is left and replayed`() throws {
        let short = [2] + Self.book(5).dropFirst()
        let (recorder, _) = try Self.run([
            Self.session(Self.books(0..<5)) { side in
                try side.send(short)
                try side.waitForEnd()
            },
            Self.session(Self.books(0..<6), then: Self.untilEnd),
        ])
        #expect(recorder.failures.map(\.reason) == [.malformed])
        #expect(recorder.records == Self.books(0..<6))
    }

    @Test func `a stream of another dataset is not taken`() throws {
        var metadata = LiveStream().metadata
        metadata.dataset = "OPRA.PILLAR"
        var foreign: [UInt8] = []
        try DBNEncoder(hasSendTime: true).encode(metadata, into: &foreign)
        foreign += try LiveStream().records(Self.books(0..<2))
        let bytes = foreign
        let gateway = try ScriptedGateway([
            { side in
                try side.accept()
                try side.subscriptions()
                try side.send(bytes)
                try side.waitForEnd()
            },
            Self.session(Self.books(0..<1), then: Self.untilEnd),
        ])
        var feed = try TestFeed.make(port: gateway.port)
        var recorder = FeedRecorder()
        TestFeed.run(&feed, &recorder) { feed, _ in feed.isWarm }
        feed.close(into: &recorder)
        _ = try gateway.finish()
        #expect(
            recorder.failures == [
                FeedFailure(.malformed, "the stream is of dataset 'OPRA.PILLAR'; expected 'GLBX.MDP3'")
            ])
        #expect(recorder.records == Self.books(0..<1))
    }

    // MARK: Handshakes

    @Test(arguments: ["lsg_version=1\n", "lsg_version=1\ncram=abc\n", ""])
    func `a handshake that does not end is left after its time`(text: String) throws {
        let gateway = try ScriptedGateway([
            { side in
                try side.send(text)
                try side.waitForEnd()
            },
            Self.session(Self.books(0..<1), then: Self.untilEnd),
        ])
        var timing = TestFeed.timing
        timing.authentication = .milliseconds(100)
        var feed = try TestFeed.make(port: gateway.port, timing: timing)
        var recorder = FeedRecorder()
        TestFeed.run(&feed, &recorder) { feed, _ in feed.isWarm }
        feed.close(into: &recorder)
        _ = try gateway.finish()
        #expect(recorder.failures.first == FeedFailure(.handshake, "no session within 0.1 s"))
    }

    @Test(arguments: ["cram=abc\nnonsense\n", "cram=\n", "hello"])
    func `a handshake that says nothing is left`(text: String) throws {
        let gateway = try ScriptedGateway([
            { side in
                try side.send(text)
                if text == "hello" { side.close() }
                try side.waitForEnd()
            },
            Self.session(Self.books(0..<1), then: Self.untilEnd),
        ])
        var feed = try TestFeed.make(port: gateway.port)
        var recorder = FeedRecorder()
        TestFeed.run(&feed, &recorder) { feed, _ in feed.isWarm }
        feed.close(into: &recorder)
        _ = try gateway.finish()
        #expect(recorder.failures.map(\.reason) == [.handshake])
    }

    @Test func `a wrong key is the end, and nobody tries again`() throws {
        let gateway = try ScriptedGateway([
            { side in
                try side.challenge()
                try side.send("success=0|error=Authentication failed.\n")
                side.close()
            }
        ])
        var feed = try TestFeed.make(port: gateway.port)
        var recorder = FeedRecorder()
        TestFeed.run(&feed, &recorder) { feed, _ in feed.state == .refused }
        for _ in 0..<5 { feed.receive(timeout: .milliseconds(5), into: &recorder) }
        #expect(recorder.events.last == .refused(text: "Authentication failed."))
        #expect(recorder.marks.map(\.kind) == [.refused])
        #expect(try gateway.finish().count == 1)
    }

    @Test(arguments: ["User has reached their open connection limit", "Internal error", "Try again later"])
    func `a refusal that passes is tried again`(text: String) throws {
        let gateway = try ScriptedGateway([
            { side in
                try side.challenge()
                try side.send("success=0|error=\(text)\n")
                side.close()
            },
            Self.session(Self.books(0..<1), then: Self.untilEnd),
        ])
        var feed = try TestFeed.make(port: gateway.port)
        var recorder = FeedRecorder()
        TestFeed.run(&feed, &recorder) { feed, _ in feed.isWarm }
        feed.close(into: &recorder)
        _ = try gateway.finish()
        #expect(recorder.failures == [FeedFailure(.refused, text)])
    }

    // MARK: The gateway's errors

    @Test(arguments: [ErrorCode.authenticationFailed, .keyDeactivated, .invalidSubscription])
    func `an error that time does not mend is the end`(code: ErrorCode) throws {
        let error = try LiveRecord.error(code, "no")
        let gateway = try ScriptedGateway([
            { side in
                try side.begin(LiveStream(), [error])
                side.close()
            }
        ])
        var feed = try TestFeed.make(port: gateway.port)
        var recorder = FeedRecorder()
        TestFeed.run(&feed, &recorder) { feed, _ in feed.state == .refused }
        #expect(recorder.events.last == .refused(text: "no"))
        _ = try gateway.finish()
    }

    @Test(arguments: [ErrorCode.internalError, .connectionLimitExceeded])
    func `an error that passes is tried again`(code: ErrorCode) throws {
        let error = try LiveRecord.error(code, "later")
        let (recorder, _) = try Self.run([
            Self.session(Self.books(0..<2)) { side in
                try side.send([error])
                side.close()
            },
            Self.session(Self.books(0..<3), then: Self.untilEnd),
        ])
        #expect(recorder.events.contains(.gatewayError(code: code, text: "later")))
        #expect(recorder.records == Self.books(0..<3))
    }

    @Test func `what cannot be replayed any more is a hole, and the present goes on`() throws {
        let aged = try LiveRecord.error(.replayDataAgedOut, "Replay data aged out")
        let late = Timestamp(nanoseconds: Self.t0 + 3_600 * MarketLog.second)
        let gateway = try ScriptedGateway([
            Self.session(Self.books(0..<3)) { $0.close() },
            { side in
                try side.begin(LiveStream(), [aged])
                side.close()
            },
            { side in
                try side.begin(LiveStream(start: late.nanoseconds), [Self.book(3_600_000)])
                try side.waitForEnd()
            },
        ])
        var feed = try TestFeed.make(port: gateway.port)
        var recorder = FeedRecorder()
        TestFeed.run(&feed, &recorder) { $1.records.count == 4 }
        #expect(feed.state == .live)
        feed.close(into: &recorder)
        let lines = try gateway.finish()
        #expect(
            recorder.holes == [
                FeedHole(
                    schema: .mbp10, instrument: InstrumentID(0), from: Timestamp(nanoseconds: Self.t0 + 2_000_000),
                    to: late, reason: .aged)
            ])
        #expect(recorder.events.contains(.replayAged(text: "Replay data aged out")))
        #expect(lines.map { Self.start(of: $0[1]) } == ["\(Self.t0)", "\(Self.t0)", nil])
        #expect(feed.ledger.latest(.mbp10) == late)
    }

    @Test func `a gateway that ends every replay with an error gets none to do`() throws {
        let error = try LiveRecord.error(.unset, "Data for start is not available")
        let failing: ScriptedGateway.Script = { side in
            try side.begin(LiveStream(), [error])
            side.close()
        }
        let count = LiveFeed.fruitlessSessionsMax
        let gateway = try ScriptedGateway(
            [ScriptedGateway.Script](repeating: failing, count: count) + [
                { side in
                    try side.begin()
                    try side.waitForEnd()
                }
            ])
        var feed = try TestFeed.make(port: gateway.port)
        var recorder = FeedRecorder()
        TestFeed.run(&feed, &recorder) { feed, _ in feed.isWarm }
        feed.close(into: &recorder)
        let lines = try gateway.finish()
        #expect(
            lines.map { Self.start(of: $0[1]) != nil } == [Bool](repeating: true, count: count) + [false])
        #expect(recorder.failures.allSatisfy { $0.text == "Data for start is not available" })
        #expect(recorder.holes.map(\.reason) == [.unreplayed])
        #expect(recorder.holes.first?.from == TestFeed.start)
    }

    /// Soon after a subscription of the present nothing is proved; when a window has passed, a replay proves the rest.
    @Test(arguments: [false, true])
    func `a break in the present is a hole at first, and later is not`(isLater: Bool) throws {
        let window = UInt32(5_000)
        let first = isLater ? [Self.book(0), Self.book(window), Self.book(2 * window)] : [Self.book(0)]
        let last = Self.book(2 * window + 1)
        let finished = try Self.finished()
        let gateway = try ScriptedGateway([
            { side in
                try side.begin(LiveStream(start: Self.t0), first)
                side.close()
            },
            { side in
                let isReplayed = try side.begin(LiveStream(start: Self.t0 + 99))[0]["start"] != nil
                let again = isReplayed ? first.suffix(2) + [last, finished] : [last]
                try side.send(again)
                try side.waitForEnd()
            },
        ])
        var feed = try TestFeed.make(
            port: gateway.port, [LiveSubscription(.mbp10, .rawSymbol, .named(["ESZ6"]))])
        var recorder = FeedRecorder()
        TestFeed.run(&feed, &recorder) { $1.records.count == first.count + 1 && $1.lives == 2 }
        feed.close(into: &recorder)
        let lines = try gateway.finish()
        #expect(recorder.records == first + [last])
        #expect(recorder.holes.map(\.reason) == (isLater ? [] : [.unreplayed]))
        let boundary = Self.t0 + UInt64(window) * 1_000_000
        #expect(Self.start(of: lines[1][1]) == (isLater ? "\(boundary)" : nil))
    }

    @Test func `skipped records are holes of what may be skipped`() throws {
        let skipped = try LiveRecord.error(
            .skippedRecordsAfterSlowReading, "Slow client detected for mbp-10", at: Self.t0 + 9_000_000)
        let unresolved = try LiveRecord.error(.symbolResolutionFailed, "Failed to resolve symbol XX")
        let warning = try LiveRecord.system(
            .slowReaderWarning, "Warning: slow reading, not keeping pace with mbp-10 data")
        let gateway = try ScriptedGateway([
            Self.session(Self.books(0..<3)) { side in
                try side.send([skipped, unresolved, warning] + Self.books(9..<10))
                try side.waitForEnd()
            }
        ])
        var feed = try TestFeed.make(port: gateway.port)
        var recorder = FeedRecorder()
        TestFeed.run(&feed, &recorder) { $1.records.count == 4 }
        #expect(feed.state == .live)
        feed.close(into: &recorder)
        _ = try gateway.finish()
        #expect(
            recorder.holes == [
                FeedHole(
                    schema: .mbp10, instrument: InstrumentID(0), from: Timestamp(nanoseconds: Self.t0 + 2_000_000),
                    to: recorder.holes.first?.to ?? .undefined, reason: .skipped)
            ])
        // Its end is a little later than the last record before it.
        #expect(recorder.holes.allSatisfy { $0.to >= $0.from && $0.to - $0.from < .seconds(60) })
        #expect(feed.ledger.resumeStart(.mbp10) == nil)
        #expect(recorder.events.contains(.notResolved(text: "Failed to resolve symbol XX")))
        #expect(recorder.events.contains(.slowReader(schema: .mbp10)))
        #expect(recorder.marks.contains { $0.kind == .slow && $0.schema == .mbp10 })
    }

    // MARK: A new process

    @Test func `a feed made anew from the tape asks for what is missing`() throws {
        let gateway = try ScriptedGateway([
            Self.session(Self.books(0..<5)) { $0.close() },
            Self.session(Self.books(0..<8), then: Self.untilEnd),
        ])
        var first = try TestFeed.make(port: gateway.port)
        var recorder = FeedRecorder()
        TestFeed.run(&first, &recorder) { feed, _ in feed.isWarm }
        // A tape holds records and marks in the order in which they were handed on.
        var ledger = ReplayLedger()
        for entry in recorder.tape {
            switch entry {
            case .record(let record): _ = MarketLog.view(record) { ledger.take($0) }
            case .mark(let mark): ledger.take(mark)
            }
        }

        var second = try TestFeed.make(port: gateway.port, ledger: ledger)
        #expect(second.dataTime.nanoseconds == Self.t0 + 4_000_000)
        var after = FeedRecorder()
        TestFeed.run(&second, &after) { feed, _ in feed.isWarm }
        second.close(into: &after)
        _ = try gateway.finish()
        #expect(recorder.records + after.records == Self.books(0..<8))
        #expect(after.holes == [])
    }

    @Test func `no event, mark or error holds the key`() throws {
        let (recorder, _) = try Self.run([
            Self.session(Self.books(0..<2)) { $0.reset() },
            Self.session(Self.books(0..<2), then: Self.untilEnd),
        ])
        #expect(!"\(recorder.events) \(recorder.marks)".contains(TestKey.text))
    }
}
