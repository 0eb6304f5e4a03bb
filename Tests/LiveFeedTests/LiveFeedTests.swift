import DBN
import Foundation
import Testing
import Units

@testable import LiveFeed

@Suite struct LiveFeedTests {
    private static let t0 = MarketLog.start
    private static func book(_ index: UInt32, instrument: UInt32 = 1) -> [UInt8] {
        LiveRecord.book(instrument: instrument, event: t0 + UInt64(index) * 1_000_000, sequence: index)
    }
    private static func books(_ range: Range<UInt32>) -> [[UInt8]] { range.map { book($0) } }

    // MARK: One session

    @Test func `a warm start: definitions and statistics first, records of the past, then live`() throws {
        let acknowledged = try LiveRecord.system(
            .subscriptionAcknowledged, "Subscription request 1 for mbp-10 data succeeded")
        let mapping = try LiveRecord.mapping(instrument: 1, "ESZ6", "ESZ6")
        let definition = try LiveRecord.definition(event: Self.t0, symbol: "ESZ6")
        let schemas: [Schema] = [.definition, .statistics, .mbp10]
        let finished = try schemas.map { try LiveRecord.replayed($0) }
        let gateway = try ScriptedGateway([
            { side in
                try side.begin()
                try side.send([acknowledged, mapping, definition, finished[0], finished[1]])
                try side.send(Self.books(0..<10) + [finished[2]])
                try side.send(Self.books(10..<12))
                try side.waitForEnd()
            }
        ])
        let start = TestFeed.start
        var feed = try TestFeed.make(
            port: gateway.port,
            [
                LiveSubscription(.mbp10, .rawSymbol, .named(["ESZ6"]), start: start),
                LiveSubscription(.statistics, .parent, .named(["ES.FUT"]), start: start),
                LiveSubscription(.definition, .parent, .named(["ES.FUT"]), start: start),
            ])
        var recorder = FeedRecorder()
        #expect(feed.state == .down)
        TestFeed.run(&feed, &recorder) { $1.records.count >= 14 }
        #expect(feed.state == .live && feed.isWarm)
        #expect(feed.symbols == [InstrumentID(1): "ESZ6"])
        #expect(feed.dataTime.nanoseconds == Self.t0 + 11_000_000 + 1_000)
        feed.close(into: &recorder)
        #expect(feed.state == .closed)

        let lines = try gateway.finish()[0]
        #expect(lines[0].hasPrefix("auth=") && lines[0].contains("|dataset=GLBX.MDP3|encoding=dbn|ts_out=1|"))
        #expect(
            lines.dropFirst().map { String($0.prefix(16)) }
                == ["schema=definitio", "schema=statistic", "schema=mbp-10|st", "start_session=0"])
        #expect(lines[1...3].allSatisfy { $0.contains("|start=\(Self.t0)|") })
        #expect(lines[3].contains("|id=1|") && lines[1].contains("|id=3|"))

        #expect(recorder.records == [mapping, definition] + Self.books(0..<12))
        #expect(
            recorder.events == [
                .connecting(attempt: 1), .connected(peer: "127.0.0.1:\(gateway.port)"), .accepted(sessionID: "1"),
                .started(version: 3, isCompressed: false),
                .replaying(.definition, from: start), .replaying(.statistics, from: start),
                .replaying(.mbp10, from: start),
                .acknowledged(subscription: 1, schema: .mbp10),
                .replayed(.definition), .replayed(.statistics), .replayed(.mbp10), .live(FeedCatchUp()), .closed,
            ])
        #expect(
            recorder.marks.map(\.kind)
                == [.replaying, .replaying, .replaying, .replayed, .replayed, .replayed, .live, .down])
        // Send times are counted from 1000 in each of the gateway's writes.
        #expect(recorder.sendTimes.prefix(4).map(\.nanoseconds) == [1_001, 1_002, 1_000, 1_001])
        #expect(recorder.receiveTimes.allSatisfy { $0.nanoseconds > Self.t0 })
    }

    @Test func `marks of a replay stand in the replay's time, not in the time of day`() throws {
        let finished = try LiveRecord.replayed(.mbp10)
        let gateway = try ScriptedGateway([
            { side in
                try side.begin(LiveStream(), Self.books(0..<3) + [finished])
                try side.waitForEnd()
            }
        ])
        var feed = try TestFeed.make(port: gateway.port)
        var recorder = FeedRecorder()
        TestFeed.run(&feed, &recorder) { feed, _ in feed.isWarm }
        feed.close(into: &recorder)
        _ = try gateway.finish()
        #expect(recorder.marks[0].time == TestFeed.start)
        #expect(recorder.marks[1].time.nanoseconds == Self.t0 + 2_000_000 + 1_000)
        #expect(recorder.marks[2].time == recorder.marks[1].time)
        // Live, the place moves on with the clock.
        #expect(recorder.marks[3].time >= recorder.marks[2].time)
        #expect(recorder.marks[3].time - recorder.marks[2].time < .seconds(60))
        #expect(recorder.marks.allSatisfy { $0.wallTime - $0.time > .hours(24) })
    }

    @Test func `a record that says 2054 is handed on, and leaves the time of the data where it was`() throws {
        let finished = try LiveRecord.replayed(.mbp10)
        let later: UInt64 = 2_650_000_000_000_000_000
        let wrong = LiveRecord.book(instrument: 1, event: Self.t0 + 2_500_000, received: later, sequence: 2)
        let gateway = try ScriptedGateway([
            { side in
                try side.begin(LiveStream(), Self.books(0..<2) + [wrong] + Self.books(3..<5) + [finished])
                try side.waitForEnd()
            }
        ])
        var feed = try TestFeed.make(port: gateway.port)
        var recorder = FeedRecorder()
        TestFeed.run(&feed, &recorder) { feed, _ in feed.isWarm }
        #expect(recorder.records == Self.books(0..<2) + [wrong] + Self.books(3..<5))
        #expect(feed.dataTime.nanoseconds == Self.t0 + 4_000_000 + 1_000)
        feed.close(into: &recorder)
        _ = try gateway.finish()
        #expect(recorder.marks.allSatisfy { $0.time.nanoseconds < later })
    }

    @Test func `a session that comes byte by byte is the same`() throws {
        let finished = try LiveRecord.replayed(.mbp10)
        let gateway = try ScriptedGateway([
            { side in
                try side.trickle(Array("lsg_version=1\ncram=abcd\n".utf8))
                _ = try side.line()
                try side.trickle(Array("success=1|session_id=5\n".utf8))
                try side.subscriptions()
                try side.trickle(try LiveStream(version: 1).bytes(Self.books(0..<3) + [finished]))
                try side.waitForEnd()
            }
        ])
        var feed = try TestFeed.make(port: gateway.port)
        var recorder = FeedRecorder()
        TestFeed.run(&feed, &recorder) { feed, _ in feed.isWarm }
        feed.close(into: &recorder)
        _ = try gateway.finish()
        #expect(recorder.records == Self.books(0..<3))
        #expect(recorder.events.contains(.started(version: 1, isCompressed: false)))
    }

    @Test func `without a start there is no replay, and later subscriptions go into the session`() throws {
        let gateway = try ScriptedGateway([
            { side in
                let lines = try side.begin(LiveStream(), Self.books(0..<1))
                guard lines.allSatisfy({ $0["start"] == nil }) else {
                    throw GatewaySide.Problem(description: "a replay was asked for")
                }
                _ = try side.line()
                try side.send(Self.books(1..<2))
                try side.waitForEnd()
            }
        ])
        var feed = try TestFeed.make(
            port: gateway.port, [LiveSubscription(.mbp10, .rawSymbol, .named(["ESZ6"]))])
        var recorder = FeedRecorder()
        TestFeed.run(&feed, &recorder) { feed, recorder in feed.isWarm && recorder.records.count == 1 }
        try feed.subscribe(LiveSubscription(.mbp1, .rawSymbol, .named(["ESZ6 C5000"]), start: TestFeed.start))
        TestFeed.run(&feed, &recorder) { $1.records.count == 2 }
        feed.close(into: &recorder)
        let lines = try gateway.finish()[0]
        #expect(
            lines.last == "schema=mbp-1|stype_in=raw_symbol|symbols=ESZ6 C5000|snapshot=0|id=2|is_last=1")
    }

    @Test func `a line that a feed cannot tell apart is refused`() throws {
        #expect(throws: LiveRequestError.ambiguousSchemas("mbp-1", "tbbo")) {
            _ = try TestFeed.make(
                port: 1,
                [
                    LiveSubscription(.mbp1, .rawSymbol, .named(["A"])),
                    LiveSubscription(.tbbo, .rawSymbol, .named(["B"])),
                ])
        }
    }

    @Test func `records behind the limit wait, and nothing behind them overtakes`() throws {
        let finished = try LiveRecord.replayed(.mbp10)
        let gateway = try ScriptedGateway([
            { side in
                try side.begin(LiveStream(), Self.books(0..<10) + [finished])
                try side.waitForEnd()
            }
        ])
        var feed = try TestFeed.make(port: gateway.port)
        var recorder = FeedRecorder()
        for last in [UInt32(2), 2, 7] {
            let limit = Timestamp(nanoseconds: Self.t0 + UInt64(last) * 1_000_000 + 1_000)
            TestFeed.run(&feed, &recorder, upTo: limit) { feed, _ in feed.heldTime.map { $0 > limit } ?? false }
            #expect(recorder.records == Self.books(0..<last + 1))
            #expect(feed.heldTime?.nanoseconds == Self.t0 + UInt64(last + 1) * 1_000_000 + 1_000)
            #expect(feed.state == .replaying)
        }
        TestFeed.run(&feed, &recorder) { feed, _ in feed.isWarm }
        #expect(recorder.records == Self.books(0..<10))
        feed.close(into: &recorder)
        _ = try gateway.finish()
    }

    @Test func `more lines than a burst are sent at the pace, then the session starts`() throws {
        let gateway = try ScriptedGateway([
            { side in
                try side.begin()
                try side.waitForEnd()
            }
        ])
        var timing = TestFeed.timing
        timing.lineBurst = 3
        timing.lineInterval = .milliseconds(5)
        let names = (0..<4_001).map { "S\($0)" }
        var feed = try TestFeed.make(
            port: gateway.port, [LiveSubscription(.mbp1, .rawSymbol, .named(names))], timing: timing)
        var recorder = FeedRecorder()
        TestFeed.run(&feed, &recorder) { feed, _ in feed.isWarm }
        feed.close(into: &recorder)
        let lines = try gateway.finish()[0]
        #expect(lines.count == 1 + 9 + 1)
        #expect(
            lines.dropFirst().dropLast().map { $0.hasSuffix("|is_last=1") }
                == [Bool](repeating: false, count: 8) + [true])
    }
}
