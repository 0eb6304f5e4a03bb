import DBN
import Synchronization
import Testing
import Units

@testable import LiveFeed

/// A break that is longer than what the gateway replays, as over a weekend.
@Suite struct LiveFeedLongBreakTests {
    private final class Wall: Sendable {
        private let stored: Mutex<Timestamp>
        init(_ time: Timestamp) { stored = Mutex(time) }

        var time: Timestamp {
            get { stored.withLock { $0 } }
            set { stored.withLock { $0 = newValue } }
        }
    }

    private static let hour = UInt32(3_600_000)
    private static let sessionStart = time(29 * hour)

    private static func time(_ milliseconds: UInt32) -> Timestamp {
        Timestamp(nanoseconds: Faults.t0 + UInt64(milliseconds) * 1_000_000)
    }

    private static func subscriptions() throws -> [LiveSubscription] {
        try [Schema.status, .mbp10].map {
            try LiveSubscription($0, .rawSymbol, .named(["ESZ6"]), start: time(0))
        }
    }

    private static func starts(_ sessions: [[String]]) -> [[String?]] {
        sessions.map { $0[1...2].map { Faults.start(of: $0) } }
    }

    /// A session that is live 40 s after `t0` and then breaks; 30 h later one that is told that its replays aged out;
    /// and one that goes on.
    /// - Parameter ahead: how far the time of day is before the data.
    private static func play(
        ahead: Nanoseconds, _ last: @escaping ScriptedGateway.Script, records: Int
    ) throws -> (starts: [[String?]], recorder: FeedRecorder, ledger: ReplayLedger) {
        let wall = Wall(time(40_000) + ahead)
        let present = [Faults.book(0), Faults.book(40_000)]
        let replayed = try [Schema.status, .mbp10].map { try LiveRecord.replayed($0) }
        let aged = try LiveRecord.error(.replayDataAgedOut, "Replay data aged out")
        let gateway = try ScriptedGateway([
            { side in
                try side.begin(LiveStream(), present + replayed)
                side.close()
            },
            { side in
                try side.begin(LiveStream(), [aged])
                side.close()
            },
            last,
        ])
        var feed = try TestFeed.make(
            port: gateway.port, subscriptions(), clock: LiveClock(now: LiveClock.system.now, wallTime: { wall.time }),
            sessionStart: { $0 < time(hour) ? time(0) : sessionStart })
        var recorder = FeedRecorder()
        TestFeed.run(&feed, &recorder) { feed, recorder in recorder.lives == 1 && feed.state == .down }
        wall.time = time(30 * hour) + ahead
        TestFeed.run(&feed, &recorder) { feed, recorder in feed.isWarm && recorder.records.count == records }
        let ledger = feed.ledger
        feed.close(into: &recorder)
        return (starts(try gateway.finish()), recorder, ledger)
    }

    @Test func `what the gateway still has of the session under way is asked for`() throws {
        let status = LiveRecord.status(event: Self.time(29 * Self.hour + 60_000).nanoseconds, action: .trading)
        let book = Faults.book(29 * Self.hour + 90_000)
        let replayed = try [Schema.status, .mbp10].map { try LiveRecord.replayed($0) }
        let (starts, recorder, ledger) = try Self.play(ahead: .zero, { side in
            try side.begin(LiveStream(start: Self.sessionStart.nanoseconds), [status, replayed[0], book, replayed[1]])
            try side.waitForEnd()
        }, records: 4)
        #expect(starts[0] == ["\(Faults.t0)", "\(Faults.t0)"])
        #expect(starts[2] == [String](repeating: "\(Self.sessionStart.nanoseconds)", count: 2))
        // Up to half a minute before the break all had come, of status records too, of which there were none.
        #expect(recorder.holes.map(\.schema) == [.status, .mbp10])
        #expect(recorder.holes.allSatisfy { $0.reason == .aged && $0.to == Self.sessionStart })
        #expect(recorder.holes.last?.from == Self.time(40_000))
        let place = try #require(recorder.entries.lastIndex { if case .event(.hole) = $0 { true } else { false } })
        #expect(recorder.entries[(place + 1)...].contains(.record(status)), "told in front of the replay")
        for schema in [Schema.status, .mbp10] {
            #expect(ledger.resumeStart(schema) == recorder.ledger.resumeStart(schema))
            #expect(ledger.isKnown(schema))
        }
    }

    /// The first session had a hole to tell, and lived to see nothing of it: over a weekend no record comes.
    @Test func `a hole that was not told is not shortened by a session that was live`() throws {
        let aged = try LiveRecord.error(.replayDataAgedOut, "Replay data aged out")
        let end = Self.time(30 * Self.hour)
        let statistic = LiveRecord.statistic(event: end.nanoseconds)
        let gateway = try ScriptedGateway([
            { side in
                try side.begin(LiveStream(), [Faults.book(0), try LiveRecord.replayed(.mbp10)])
                side.close()
            },
            { side in
                try side.begin(LiveStream(), [aged])
                side.close()
            },
            { side in
                // Live at the present, and the statistics that were asked for keep the hole of the books open.
                try side.begin(LiveStream(), [statistic, try LiveRecord.replayed(.statistics)])
                side.close()
            },
            { side in
                try side.begin(
                    LiveStream(), [statistic, try LiveRecord.replayed(.statistics), Faults.book(31 * Self.hour)])
                try side.waitForEnd()
            },
        ])
        var feed = try TestFeed.make(
            port: gateway.port,
            [
                LiveSubscription(.statistics, .rawSymbol, .named(["ESZ6"]), start: Timestamp(nanoseconds: 0)),
                LiveSubscription(.mbp10, .rawSymbol, .named(["ESZ6"]), start: Self.time(0)),
            ], clock: LiveClock(now: LiveClock.system.now, wallTime: { end }))
        var recorder = FeedRecorder()
        TestFeed.run(&feed, &recorder) { $1.records.contains(Faults.book(31 * Self.hour)) }
        feed.close(into: &recorder)
        _ = try gateway.finish()
        let hole = try #require(recorder.holes.first { $0.schema == .mbp10 })
        #expect(hole.from == Self.time(0) && hole.reason == .aged)
    }

    @Test func `of a tape that is served the time of day says nothing`() throws {
        let books = [Faults.book(30 * Self.hour), Faults.book(30 * Self.hour + 1)]
        let (starts, recorder, _) = try Self.play(ahead: .seconds(7_200), { side in
            try side.begin(LiveStream(start: Self.time(30 * Self.hour).nanoseconds), books)
            try side.waitForEnd()
        }, records: 4)
        #expect(starts[2] == [nil, nil])
        #expect(recorder.holes.map(\.schema) == [.status, .mbp10])
    }

    @Test func `a hole of status records is told with the first record of the present`() throws {
        let books = [Faults.book(30 * Self.hour), Faults.book(30 * Self.hour + 1)]
        let replayed = try LiveRecord.replayed(.statistics)
        let aged = try LiveRecord.error(.replayDataAgedOut, "Replay data aged out")
        let gateway = try ScriptedGateway([
            { side in
                try side.begin(LiveStream(), [aged])
                side.close()
            },
            { side in
                // A session that replays others: the stream's start says nothing of the status records.
                try side.begin(LiveStream(start: Faults.t0), [replayed] + books)
                try side.waitForEnd()
            },
        ])
        let wall = Self.time(30 * Self.hour)
        var feed = try TestFeed.make(
            port: gateway.port,
            Self.subscriptions() + [
                LiveSubscription(.statistics, .rawSymbol, .named(["ESZ6"]), start: Timestamp(nanoseconds: 0))
            ], clock: LiveClock(now: LiveClock.system.now, wallTime: { wall }))
        var recorder = FeedRecorder()
        TestFeed.run(&feed, &recorder) { $0.isWarm && $1.records.count == 2 }
        feed.close(into: &recorder)
        _ = try gateway.finish()
        #expect(Set(recorder.holes.map(\.schema)) == [.status, .mbp10])
        let first = try #require(recorder.entries.firstIndex(of: .record(books[0])))
        let entries = recorder.entries
        let holes = entries.indices.filter { if case .event(.hole) = entries[$0] { true } else { false } }
        #expect(holes.count == 2 && holes.allSatisfy { $0 < first })
        #expect(recorder.holes.allSatisfy { $0.to == wall }, "up to the present, whichever record told that")
    }
}
