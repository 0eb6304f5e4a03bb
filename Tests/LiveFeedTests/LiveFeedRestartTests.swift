import DBN
import Foundation
import Testing
import Units

@testable import LiveFeed

/// Holes whose records nobody brings any more, and what a feed asks for after them: of the process that had them and of
/// one that came after it and has the tape alone.
@Suite struct LiveFeedRestartTests {
    private static let late = Timestamp(nanoseconds: Faults.t0 + 3_600 * MarketLog.second)
    /// Of the present after a hole, so long that a replay proves something.
    private static let present = [3_600_000, 3_606_000, 3_612_000].map { Faults.book($0) }
    /// From where on a replay proves that it is whole: all but the first of them.
    private static let boundary = late.nanoseconds + 5 * MarketLog.second

    enum Hole: CaseIterable, Sendable {
        case aged, unreplayed, skipped

        /// Sessions that leave this hole and give the present after it.
        func scripts(_ present: [[UInt8]]) throws -> [ScriptedGateway.Script] {
            let first = try Faults.session(Faults.books(0..<3)) { $0.close() }
            let last: ScriptedGateway.Script = { side in
                try side.begin(LiveStream(start: LiveFeedRestartTests.late.nanoseconds), present)
                try side.waitForEnd()
            }
            switch self {
            case .aged:
                let error = try LiveRecord.error(.replayDataAgedOut, "Replay data aged out")
                return [first, Self.failing(error, version: 3), last]
            case .unreplayed:
                let error = try LiveRecord.error(.unset, "Data for start is not available")
                let count = LiveFeed.fruitlessSessionsMax
                return [first] + [ScriptedGateway.Script](repeating: Self.failing(error, version: 1), count: count)
                    + [last]
            case .skipped:
                let error = try LiveRecord.error(.skippedRecordsAfterSlowReading, "Slow client detected for mbp-10")
                return [
                    try Faults.session(Faults.books(0..<3)) { side in
                        try side.send([error] + present)
                        try side.waitForEnd()
                    }
                ]
            }
        }

        static func failing(_ error: [UInt8], version: UInt8) -> ScriptedGateway.Script {
            { side in
                try side.begin(LiveStream(version: version), [error])
                side.close()
            }
        }

        var reason: FeedMark.Reason {
            switch self {
            case .aged: .aged
            case .unreplayed: .unreplayed
            case .skipped: .skipped
            }
        }
    }

    @Test(arguments: Hole.allCases)
    func `after a hole a new process asks for what is missing, and hands nothing on twice`(hole: Hole) throws {
        let again = Self.present.dropFirst() + [Faults.book(3_612_001)]
        let scripts = try hole.scripts(Self.present) + [Faults.session(Array(again), then: Faults.untilEnd)]
        let gateway = try ScriptedGateway(scripts)
        var first = try TestFeed.make(port: gateway.port)
        var recorder = FeedRecorder()
        TestFeed.run(&first, &recorder) { $1.records.count == 6 }
        let known = first.ledger
        // Killed: what it would say at its end is not on the tape.
        let ledger = recorder.ledger
        first.close(into: &recorder)
        #expect(recorder.holes.map(\.reason) == [hole.reason])
        #expect(recorder.holes.map(\.to) == [Self.late])
        #expect(known.resumeStart(.mbp10)?.nanoseconds == Self.boundary)
        #expect(ledger.resumeStart(.mbp10)?.nanoseconds == Self.boundary)

        var second = try TestFeed.make(port: gateway.port, ledger: ledger)
        var after = FeedRecorder()
        TestFeed.run(&second, &after) { feed, _ in feed.isWarm }
        second.close(into: &after)
        let lines = try gateway.finish()
        #expect(lines.last.map { Faults.start(of: $0[1]) } == "\(Self.boundary)")
        #expect(after.records == [Faults.book(3_612_001)])
        #expect(after.holes == [])
    }

    @Test(arguments: [Hole.aged, .unreplayed])
    func `a process that ends right after a hole is followed from the hole's end`(hole: Hole) throws {
        let gateway = try ScriptedGateway(
            hole.scripts([]) + [Faults.session(Self.present, then: Faults.untilEnd)])
        var first = try TestFeed.make(port: gateway.port)
        var recorder = FeedRecorder()
        TestFeed.run(&first, &recorder) { $1.lives == 2 }
        let ledger = recorder.ledger
        first.close(into: &recorder)
        var second = try TestFeed.make(port: gateway.port, ledger: ledger)
        var after = FeedRecorder()
        TestFeed.run(&second, &after) { feed, _ in feed.isWarm }
        second.close(into: &after)
        let lines = try gateway.finish()
        #expect(lines.last.map { Faults.start(of: $0[1]) } == "\(Self.late.nanoseconds)")
        #expect(after.records == Self.present && after.holes == [])
    }

    @Test func `a schema that is new to a tape with records has no past`() throws {
        var ledger = ReplayLedger()
        _ = ledger.beginReplay(.mbp10, from: TestFeed.start)
        for record in Faults.books(0..<3) { _ = MarketLog.view(record) { ledger.take($0) } }
        _ = ledger.endReplay(.mbp10)
        let gateway = try ScriptedGateway([
            { side in
                try side.begin(LiveStream(start: Faults.t0), Faults.books(0..<4) + [Faults.finished()])
                try side.waitForEnd()
            }
        ])
        var feed = try TestFeed.make(
            port: gateway.port,
            [
                LiveSubscription(.mbp10, .rawSymbol, .named(["ESZ6"]), start: TestFeed.start),
                LiveSubscription(.mbp1, .rawSymbol, .named(["ESZ6 C5000"]), start: TestFeed.start),
            ], ledger: ledger)
        var recorder = FeedRecorder()
        TestFeed.run(&feed, &recorder) { feed, _ in feed.isWarm }
        feed.close(into: &recorder)
        let lines = try gateway.finish()[0]
        #expect(lines[1...2].map { Faults.start(of: $0) } == ["\(Faults.t0)", nil])
        #expect(recorder.records == Faults.books(3..<4))
        #expect(recorder.holes.map(\.schema) == [.mbp1] && recorder.holes.map(\.reason) == [.unreplayed])
    }

    // MARK: Skipped records

    private static func skipped() throws -> [UInt8] {
        try LiveRecord.error(.skippedRecordsAfterSlowReading, "Slow client detected for mbp-10", at: Faults.t0)
    }

    @Test func `a hole of skipped records reaches to the next record, and stands in front of it`() throws {
        let error = try Self.skipped()
        let other = LiveRecord.statistic(event: Faults.t0 + 50_000 * 1_000_000)
        let next = Faults.book(117_700)
        let gateway = try ScriptedGateway([
            try Faults.session(Faults.books(0..<3)) { side in
                try side.send([error, other, error, next])
                try side.waitForEnd()
            }
        ])
        var feed = try TestFeed.make(port: gateway.port)
        var recorder = FeedRecorder()
        TestFeed.run(&feed, &recorder) { $1.records.count == 5 }
        feed.close(into: &recorder)
        _ = try gateway.finish()
        let hole = FeedHole(
            schema: .mbp10, instrument: InstrumentID(0), from: Timestamp(nanoseconds: Faults.t0 + 2_000_000),
            to: Timestamp(nanoseconds: Faults.t0 + 117_700 * 1_000_000), reason: .skipped)
        #expect(recorder.holes == [hole])
        let place = try #require(recorder.entries.firstIndex(of: .event(.hole(hole))))
        #expect(recorder.entries[place + 1] == .record(next))
        let mark = try #require(recorder.marks.first { $0.kind == .gap })
        #expect(mark.to == hole.to && mark.from == hole.from)
        // Its place is that of the record before it, not of a record that is still to come.
        #expect(mark.time < hole.to)
    }

    @Test func `what was skipped before a break comes by the replay after it`() throws {
        let error = try Self.skipped()
        let (recorder, _) = try Faults.run([
            Faults.session(Faults.books(0..<3)) { side in
                try side.send([error])
                side.close()
            },
            Faults.session(Faults.books(0..<9), then: Faults.untilEnd),
        ])
        #expect(recorder.records == Faults.books(0..<9))
        #expect(recorder.holes == [])
        #expect(recorder.events.contains(.skippedRecords(text: "Slow client detected for mbp-10")))
    }

    @Test func `a hole that nothing follows is told at the end`() throws {
        let error = try Self.skipped()
        let gateway = try ScriptedGateway([
            try Faults.session(Faults.books(0..<3)) { side in
                try side.send([error])
                try side.waitForEnd()
            }
        ])
        var feed = try TestFeed.make(port: gateway.port)
        var recorder = FeedRecorder()
        TestFeed.run(&feed, &recorder) { $1.events.last == .skippedRecords(text: "Slow client detected for mbp-10") }
        #expect(recorder.holes == [])
        feed.close(into: &recorder)
        _ = try gateway.finish()
        #expect(recorder.holes.map(\.reason) == [.skipped])
        #expect(recorder.marks.suffix(2).map(\.kind) == [.gap, .down])
    }

    /// Of a replay in which records were skipped, what has not been repeated is doubted; nothing comes twice.
    @Test func `records skipped in a replay leave what was had before as it is`() throws {
        let error = try Self.skipped()
        let (recorder, _) = try Faults.run([
            Faults.session(Faults.books(0..<5)) { $0.close() },
            { side in
                try side.begin(LiveStream(), Faults.books(0..<2) + [error] + Faults.books(4..<8) + [Faults.finished()])
                try side.waitForEnd()
            },
        ])
        #expect(recorder.records == Faults.books(0..<8))
        #expect(Set(recorder.holes.map(\.reason)) == [.skipped, .unproven])
    }

    // MARK: Errors and refusals

    /// What a feed hands on behind so many sessions that an error came in that it would ask for no replay, had it ended
    /// them: each asks for the whole replay.
    private static func recorder(behind error: [UInt8], version: UInt8) throws -> FeedRecorder {
        let count = LiveFeed.fruitlessSessionsMax + 1
        let failing = [ScriptedGateway.Script](repeating: Hole.failing(error, version: version), count: count)
        let gateway = try ScriptedGateway(failing + [Faults.session(Faults.books(0..<3), then: Faults.untilEnd)])
        var feed = try TestFeed.make(port: gateway.port)
        var recorder = FeedRecorder()
        TestFeed.run(&feed, &recorder) { feed, _ in feed.isWarm }
        feed.close(into: &recorder)
        let lines = try gateway.finish()
        #expect(lines.allSatisfy { Faults.start(of: $0[1]) == "\(Faults.t0)" })
        return recorder
    }

    /// A gateway that does not know one symbol and loses its clients takes nobody's replay away.
    @Test(arguments: [1, 3] as [UInt8])
    func `an error that ends no session is not why it ended`(version: UInt8) throws {
        let error = try LiveRecord.error(
            version == 1 ? .unset : .symbolResolutionFailed, "Failed to resolve symbol 'XX'")
        let recorder = try Self.recorder(behind: error, version: version)
        #expect(recorder.holes == [] && recorder.records == Faults.books(0..<3))
        #expect(recorder.failures.allSatisfy { $0.text == "the gateway closed the session" })
        #expect(recorder.events.contains(.notResolved(text: "Failed to resolve symbol 'XX'")))
    }

    @Test func `an error without a code counts in the first version alone`() throws {
        let error = try LiveRecord.error(.unset, "something is wrong")
        let recorder = try Self.recorder(behind: error, version: 3)
        #expect(recorder.failures.allSatisfy { $0.text == "something is wrong" })
    }

    @Test func `who must not end tries again after a refusal, and misses nothing`() throws {
        let error = try LiveRecord.error(.keyDeactivated, "User or API key deactivated")
        let gateway = try ScriptedGateway([
            try Faults.session(Faults.books(0..<3)) { side in
                try side.send([error])
                side.close()
            },
            { side in
                try side.challenge()
                try side.send("success=0|error=Authentication failed.\n")
                side.close()
            },
            Faults.session(Faults.books(0..<6), then: Faults.untilEnd),
        ])
        var feed = try TestFeed.make(port: gateway.port)
        var recorder = FeedRecorder()
        for refusals in 1...2 {
            TestFeed.run(&feed, &recorder) { feed, _ in feed.state == .refused }
            #expect(recorder.marks.count { $0.kind == .refused } == refusals)
            feed.reopen(after: .milliseconds(20))
            #expect(feed.state == .down)
        }
        TestFeed.run(&feed, &recorder) { feed, _ in feed.isWarm }
        feed.reopen(after: .milliseconds(20))
        #expect(feed.state == .live)
        feed.close(into: &recorder)
        _ = try gateway.finish()
        #expect(recorder.records == Faults.books(0..<6) && recorder.holes == [])
    }
}
