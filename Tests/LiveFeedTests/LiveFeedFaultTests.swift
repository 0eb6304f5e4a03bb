import DBN
import Foundation
import Testing
import Units

@testable import LiveFeed

/// Breaks and handshakes that go wrong, and what the feed makes of them.
@Suite struct LiveFeedFaultTests {
    // MARK: Breaks

    enum End: CaseIterable, Sendable { case fin, reset }

    @Test(arguments: End.allCases)
    func `after a break the replay fills the gap, once and in order`(end: End) throws {
        let (recorder, lines) = try Faults.run([
            Faults.session(Faults.books(0..<5)) { end == .fin ? $0.close() : $0.reset() },
            Faults.session(Faults.books(0..<9), then: Faults.untilEnd),
        ])
        #expect(recorder.records.starts(with: Faults.books(0..<5)) || end == .reset)
        #expect(recorder.records == Faults.books(0..<9))
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
        #expect(Faults.start(of: lines[1][1]) == "\(Faults.t0)")
    }

    @Test func `a session that breaks in its replay is replayed from the same start`() throws {
        let gateway = try ScriptedGateway([
            { side in
                try side.begin(LiveStream(), Faults.books(0..<5))
                side.close()
            },
            { side in
                try side.begin(LiveStream(), Faults.books(0..<3))
                side.close()
            },
            Faults.session(Faults.books(0..<7), then: Faults.untilEnd),
        ])
        var feed = try TestFeed.make(port: gateway.port)
        var recorder = FeedRecorder()
        TestFeed.run(&feed, &recorder) { feed, _ in feed.isWarm }
        feed.close(into: &recorder)
        let lines = try gateway.finish()
        #expect(recorder.records == Faults.books(0..<7))
        #expect(recorder.holes == [])
        #expect(lines.map { Faults.start(of: $0[1]) } == ["\(Faults.t0)", "\(Faults.t0)", "\(Faults.t0)"])
        #expect(feed.counters.duplicates == 3 + 5)
    }

    @Test func `half a record at the end is no record`() throws {
        let half = Array(try LiveStream().records([Faults.book(5)]).prefix(100))
        let (recorder, _) = try Faults.run([
            Faults.session(Faults.books(0..<5)) { side in
                try side.send(half)
                side.close()
            },
            Faults.session(Faults.books(0..<6), then: Faults.untilEnd),
        ])
        #expect(recorder.records == Faults.books(0..<6))
        #expect(
            recorder.failures == [
                FeedFailure(.closed, "the connection ended 100 bytes into a line or a record")
            ])
    }

    @Test func `a replay that lacks what we had is a hole`() throws {
        let (recorder, _) = try Faults.run([
            Faults.session(Faults.books(0..<5) + [Faults.book(5, instrument: 2)]) { $0.close() },
            Faults.session(
                Faults.books(0..<3) + [Faults.book(4), Faults.book(5, instrument: 2)] + Faults.books(5..<8),
                then: Faults.untilEnd),
        ])
        #expect(
            recorder.holes == [
                FeedHole(
                    schema: .mbp10, instrument: InstrumentID(1), from: Timestamp(nanoseconds: Faults.t0 + 4_000_000),
                    to: .undefined, reason: .unproven)
            ])
        #expect(recorder.records == Faults.books(0..<5) + [Faults.book(5, instrument: 2)] + Faults.books(5..<8))
        let gap = recorder.marks.first { $0.kind == .gap }
        #expect(gap?.instrument == InstrumentID(1) && gap?.schema == .mbp10 && gap?.reason == .unproven)
    }

    @Test func `a silent gateway is left`() throws {
        let finished = try Faults.finished()
        let gateway = try ScriptedGateway([
            { side in
                try side.begin(LiveStream(), Faults.books(0..<2) + [finished])
                try side.waitForEnd()
            },
            Faults.session(Faults.books(0..<3), then: Faults.untilEnd),
        ])
        var timing = TestFeed.timing
        timing.silence = .seconds(1)
        var feed = try TestFeed.make(port: gateway.port, timing: timing)
        var recorder = FeedRecorder()
        TestFeed.run(&feed, &recorder) { $1.lives == 2 }
        feed.close(into: &recorder)
        _ = try gateway.finish()
        #expect(recorder.failures == [FeedFailure(.silent, "nothing came for 1.0 s")])
        #expect(recorder.records == Faults.books(0..<3))
    }

    @Test func `heartbeats keep a quiet session alive`() throws {
        let heartbeat = try LiveRecord.system(.heartbeat, "Heartbeat")
        let gateway = try ScriptedGateway([
            try Faults.session(Faults.books(0..<2)) { side in
                for _ in 0..<8 {
                    try side.send([heartbeat])
                    Thread.sleep(forTimeInterval: 0.16)
                }
                try side.waitForEnd()
            }
        ])
        var timing = TestFeed.timing
        timing.silence = .seconds(1)
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
        let short = [2] + Faults.book(5).dropFirst()
        let (recorder, _) = try Faults.run([
            Faults.session(Faults.books(0..<5)) { side in
                try side.send(short)
                try side.waitForEnd()
            },
            Faults.session(Faults.books(0..<6), then: Faults.untilEnd),
        ])
        #expect(recorder.failures.map(\.reason) == [.malformed])
        #expect(recorder.records == Faults.books(0..<6))
    }

    @Test func `a stream of another dataset is not taken`() throws {
        var metadata = LiveStream().metadata
        metadata.dataset = "OPRA.PILLAR"
        var foreign: [UInt8] = []
        try DBNEncoder(hasSendTime: true).encode(metadata, into: &foreign)
        foreign += try LiveStream().records(Faults.books(0..<2))
        let bytes = foreign
        let gateway = try ScriptedGateway([
            { side in
                try side.accept()
                try side.subscriptions()
                try side.send(bytes)
                try side.waitForEnd()
            },
            Faults.session(Faults.books(0..<1), then: Faults.untilEnd),
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
        #expect(recorder.records == Faults.books(0..<1))
    }

    // MARK: Handshakes

    @Test(arguments: ["lsg_version=1\n", "lsg_version=1\ncram=abc\n", ""])
    func `a handshake that does not end is left after its time`(text: String) throws {
        let gateway = try ScriptedGateway([
            { side in
                try side.send(text)
                try side.waitForEnd()
            },
            Faults.session(Faults.books(0..<1), then: Faults.untilEnd),
        ])
        var timing = TestFeed.timing
        timing.authentication = .seconds(1)
        var feed = try TestFeed.make(port: gateway.port, timing: timing)
        var recorder = FeedRecorder()
        TestFeed.run(&feed, &recorder) { feed, _ in feed.isWarm }
        feed.close(into: &recorder)
        _ = try gateway.finish()
        #expect(recorder.failures.first == FeedFailure(.handshake, "no session within 1.0 s"))
    }

    @Test(arguments: ["cram=abc\nnonsense\n", "cram=\n", "hello"])
    func `a handshake that says nothing is left`(text: String) throws {
        let gateway = try ScriptedGateway([
            { side in
                try side.send(text)
                if text == "hello" { side.close() }
                try side.waitForEnd()
            },
            Faults.session(Faults.books(0..<1), then: Faults.untilEnd),
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
            Faults.session(Faults.books(0..<1), then: Faults.untilEnd),
        ])
        var feed = try TestFeed.make(port: gateway.port)
        var recorder = FeedRecorder()
        TestFeed.run(&feed, &recorder) { feed, _ in feed.isWarm }
        feed.close(into: &recorder)
        _ = try gateway.finish()
        #expect(recorder.failures == [FeedFailure(.refused, text)])
    }
}
