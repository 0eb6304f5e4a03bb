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
}
