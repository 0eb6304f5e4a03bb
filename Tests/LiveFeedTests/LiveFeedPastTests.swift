import DBN
import Foundation
import Testing
import Units

@testable import LiveFeed

/// How much of the past a feed asks for, and which holes what it does not get leaves.
@Suite struct LiveFeedPastTests {
    private static let t0 = Faults.t0
    private static let statistic = LiveRecord.statistic(event: t0)

    private static func time(_ milliseconds: UInt32) -> Timestamp {
        Timestamp(nanoseconds: t0 + UInt64(milliseconds) * 1_000_000)
    }

    /// Such a session's metadata name the oldest start that was asked for.
    @Test func `what goes without a replay beside others is missing up to its next record`() throws {
        let present = [60_000, 66_000, 72_000].map { Faults.book($0) }
        let past = [Self.statistic, try LiveRecord.replayed(.statistics)]
        let gateway = try ScriptedGateway([
            { side in
                try side.begin(LiveStream(start: Self.t0), past + [Faults.book(10_000)])
                side.close()
            },
            { side in
                try side.begin(LiveStream(start: Self.t0), past + present)
                try side.waitForEnd()
            },
        ])
        var feed = try TestFeed.make(
            port: gateway.port,
            [
                LiveSubscription(.statistics, .rawSymbol, .named(["ESZ6"]), start: TestFeed.start),
                LiveSubscription(.mbp10, .rawSymbol, .named(["ESZ6"])),
            ])
        var recorder = FeedRecorder()
        TestFeed.run(&feed, &recorder) { $1.records.count == 5 }
        let (known, tape) = (feed.ledger, recorder.ledger)
        feed.close(into: &recorder)
        let lines = try gateway.finish()
        #expect(lines.map { Faults.start(of: $0[2]) } == [nil, nil])
        let hole = FeedHole(
            schema: .mbp10, instrument: InstrumentID(0), from: Self.time(10_000), to: Self.time(60_000),
            reason: .unreplayed)
        #expect(recorder.holes == [hole])
        let place = try #require(recorder.entries.firstIndex(of: .event(.hole(hole))))
        #expect(recorder.entries[place + 1] == .record(present[0]))
        #expect(known.resumeStart(.mbp10) == Self.time(65_000) && tape.resumeStart(.mbp10) == Self.time(65_000))
    }

    // MARK: What the gateway does not have

    private static let hour = UInt32(3_600_000)

    /// Of the definitions all there is, of statistics the last hour, of books the last thirty.
    private static func subscriptions() throws -> [LiveSubscription] {
        try [
            LiveSubscription(.definition, .parent, .named(["ES.OPT"]), start: Timestamp(nanoseconds: 0)),
            LiveSubscription(.statistics, .rawSymbol, .named(["ESZ6"]), start: time(29 * hour)),
            LiveSubscription(.mbp10, .rawSymbol, .named(["ESZ6"]), start: time(0)),
        ]
    }

    /// Thirty hours after the books' start.
    private static let clock = LiveClock(now: LiveClock.system.now, wallTime: { time(30 * hour) })

    /// Sessions that end with an error, and one that gives what is asked for and then this.
    private static func scripts(
        _ code: ErrorCode, count: Int, _ present: [[UInt8]]
    ) throws -> [ScriptedGateway.Script] {
        let error = try LiveRecord.error(code, "no such data")
        let failing: ScriptedGateway.Script = { side in
            try side.begin(LiveStream(), [error])
            side.close()
        }
        return [ScriptedGateway.Script](repeating: failing, count: count) + [
            { side in
                let asked = try side.begin(LiveStream(start: time(30 * hour).nanoseconds))
                for line in asked where line["start"] != nil {
                    let schema = try #require(Schema.known.first { $0.name == line["schema"] })
                    try side.send([try LiveRecord.replayed(schema)])
                }
                try side.send(present)
                try side.waitForEnd()
            }
        ]
    }

    /// Runs a feed until it is warm and has so many records. Gives the starts that each session asked for, of
    /// definitions, statistics and books, and what came.
    private static func play(
        _ scripts: [ScriptedGateway.Script], clock: LiveClock = clock, records: Int = 0
    ) throws -> (starts: [[String?]], recorder: FeedRecorder) {
        let gateway = try ScriptedGateway(scripts)
        var feed = try TestFeed.make(port: gateway.port, subscriptions(), clock: clock)
        var recorder = FeedRecorder()
        TestFeed.run(&feed, &recorder) { feed, recorder in feed.isWarm && recorder.records.count == records }
        feed.close(into: &recorder)
        return (try gateway.finish().map { $0[1...3].map { Faults.start(of: $0) } }, recorder)
    }

    private static let asked = ["0", "\(time(29 * hour).nanoseconds)", "\(time(0).nanoseconds)"]

    @Test func `what aged out is withheld, and what cannot age is asked for again`() throws {
        let present = Faults.book(30 * Self.hour)
        let (starts, recorder) = try Self.play(Self.scripts(.replayDataAgedOut, count: 1, [present]), records: 1)
        #expect(starts == [Self.asked, [Self.asked[0], Self.asked[1], nil]])
        #expect(
            recorder.holes == [
                FeedHole(
                    schema: .mbp10, instrument: InstrumentID(0), from: Self.time(0), to: Self.time(30 * Self.hour),
                    reason: .aged)
            ])
    }

    @Test func `what aged out is a hole up to when the next session was there, however late its first record`() throws {
        let begin = Self.time(30 * Self.hour - 180_000)
        let clock = LiveClock(now: LiveClock.system.now, wallTime: { begin })
        let present = Faults.book(30 * Self.hour)
        let (starts, recorder) = try Self.play(
            Self.scripts(.replayDataAgedOut, count: 1, [present]), clock: clock, records: 1)
        #expect(starts == [Self.asked, [Self.asked[0], Self.asked[1], nil]])
        #expect(recorder.holes.map(\.to) == [begin] && recorder.holes.map(\.from) == [Self.time(0)])
    }

    @Test func `when nothing is old, what has a beginning is withheld`() throws {
        let clock = LiveClock(now: LiveClock.system.now, wallTime: { Self.time(24 * Self.hour) })
        let starts = try Self.play(Self.scripts(.replayDataAgedOut, count: 1, []), clock: clock).starts
        #expect(starts == [Self.asked, [Self.asked[0], nil, nil]])
    }

    @Test func `the same error again takes more away, in the end all`() throws {
        let (starts, recorder) = try Self.play(Self.scripts(.replayDataAgedOut, count: 3, []))
        let fewer: [[String?]] = [[Self.asked[0], Self.asked[1], nil], [Self.asked[0], nil, nil], [nil, nil, nil]]
        #expect(starts == [Self.asked] + fewer)
        #expect(recorder.holes.map(\.schema) == [.definition, .statistics, .mbp10])
        #expect(recorder.holes.allSatisfy { $0.reason == .aged && $0.to == Self.time(30 * Self.hour) })
    }

    @Test func `a break before the hole has ended asks for nothing that aged out`() throws {
        let scripts = try Self.scripts(.replayDataAgedOut, count: 1, [])
        let replayed = try LiveRecord.replayed(.definition)
        let breaking: ScriptedGateway.Script = { side in
            try side.begin(LiveStream(), [replayed])
            side.close()
        }
        let starts = try Self.play([scripts[0], breaking, scripts[1]]).starts
        let less: [String?] = [Self.asked[0], Self.asked[1], nil]
        #expect(starts == [Self.asked, less, less])
    }

    // MARK: What the gateway refuses

    @Test func `a refusal of an old start is tried without it`() throws {
        let present = Faults.book(30 * Self.hour)
        let (starts, recorder) = try Self.play(Self.scripts(.invalidSubscription, count: 1, [present]), records: 1)
        #expect(starts == [Self.asked, [Self.asked[0], Self.asked[1], nil]])
        #expect(recorder.failures == [FeedFailure(.refused, "no such data")])
        #expect(
            recorder.holes == [
                FeedHole(
                    schema: .mbp10, instrument: InstrumentID(0), from: Self.time(0), to: Self.time(30 * Self.hour),
                    reason: .unreplayed)
            ])
    }

    /// Who asks again later has lost nothing.
    @Test func `what is refused without a start too is refused, and leaves no hole`() throws {
        let error = try LiveRecord.error(.invalidSubscription, "not allowed")
        let failing: ScriptedGateway.Script = { side in
            try side.begin(LiveStream(), [error])
            side.close()
        }
        let gateway = try ScriptedGateway([
            failing, failing, Faults.session(Faults.books(0..<3), then: Faults.untilEnd),
        ])
        var feed = try TestFeed.make(port: gateway.port)
        var recorder = FeedRecorder()
        TestFeed.run(&feed, &recorder) { feed, _ in feed.state == .refused }
        #expect(recorder.events.last == .refused(text: "not allowed"))
        feed.reopen(after: .milliseconds(20))
        TestFeed.run(&feed, &recorder) { feed, _ in feed.isWarm }
        feed.close(into: &recorder)
        let lines = try gateway.finish()
        #expect(lines.map { Faults.start(of: $0[1]) } == ["\(Self.t0)", nil, "\(Self.t0)"])
        #expect(recorder.records == Faults.books(0..<3) && recorder.holes == [])
    }

    @Test func `a refusal behind records of the past is one`() throws {
        let error = try LiveRecord.error(.invalidSubscription, "not allowed")
        let gateway = try ScriptedGateway([
            { side in
                try side.begin(LiveStream(), [Faults.book(0), error])
                side.close()
            }
        ])
        var feed = try TestFeed.make(port: gateway.port)
        var recorder = FeedRecorder()
        TestFeed.run(&feed, &recorder) { feed, _ in feed.state == .refused }
        _ = try gateway.finish()
        #expect(recorder.failures == [])
    }

    // MARK: What is shorter than was asked for

    @Test(arguments: [false, true])
    func `a replay whose stream begins later is a hole in front of its first record`(isOlder: Bool) throws {
        let records = (10..<13).map { Faults.book($0) }
        let finished = try Faults.finished()
        // What is older shows that the stream's start is not that of the replay.
        let gateway = try ScriptedGateway([
            { side in
                try side.begin(LiveStream(start: Self.time(isOlder ? 11 : 10).nanoseconds), records + [finished])
                try side.waitForEnd()
            }
        ])
        var feed = try TestFeed.make(port: gateway.port)
        var recorder = FeedRecorder()
        TestFeed.run(&feed, &recorder) { feed, _ in feed.isWarm }
        feed.close(into: &recorder)
        _ = try gateway.finish()
        #expect(recorder.records == records)
        let hole = FeedHole(
            schema: .mbp10, instrument: InstrumentID(0), from: Self.time(0), to: Self.time(10), reason: .unproven)
        #expect(recorder.holes == (isOlder ? [] : [hole]))
        guard !isOlder else { return }
        let place = try #require(recorder.entries.firstIndex(of: .event(.hole(hole))))
        #expect(recorder.entries[place + 1] == .record(records[0]))
    }

    /// Of the second instrument nothing can be compared.
    @Test func `a replay that begins later than what was had is a hole of every instrument`() throws {
        let (recorder, _) = try Faults.run([
            Faults.session(Faults.books(0..<5)) { $0.close() },
            Faults.session(
                Faults.books(7..<8) + [Faults.book(8, instrument: 2)] + Faults.books(9..<10), then: Faults.untilEnd),
        ])
        #expect(
            recorder.holes == [
                FeedHole(
                    schema: .mbp10, instrument: InstrumentID(0), from: Self.time(4), to: .undefined,
                    reason: .unproven)
            ])
    }
}
