import DBN
import Foundation
import Testing
import Units

@testable import LiveFeed

/// The gateway's errors, and what the feed makes of them.
@Suite struct LiveFeedErrorTests {
    @Test(arguments: [ErrorCode.authenticationFailed, .keyDeactivated])
    func `an error that time does not mend is the end`(code: ErrorCode) throws {
        let error = try LiveRecord.error(code, "n\u{1B}o")
        let gateway = try ScriptedGateway([
            { side in
                try side.begin(LiveStream(), [error])
                side.close()
            }
        ])
        var feed = try TestFeed.make(port: gateway.port)
        var recorder = FeedRecorder()
        TestFeed.run(&feed, &recorder) { feed, _ in feed.state == .refused }
        #expect(recorder.events.last == .refused(text: "no"), "without what a terminal would obey")
        _ = try gateway.finish()
    }

    @Test(arguments: [ErrorCode.internalError, .connectionLimitExceeded])
    func `an error that passes is tried again`(code: ErrorCode) throws {
        let error = try LiveRecord.error(code, "later")
        let (recorder, _) = try Faults.run([
            Faults.session(Faults.books(0..<2)) { side in
                try side.send([error])
                side.close()
            },
            Faults.session(Faults.books(0..<3), then: Faults.untilEnd),
        ])
        #expect(recorder.events.contains(.gatewayError(code: code, text: "later")))
        #expect(recorder.records == Faults.books(0..<3))
    }

    @Test func `what cannot be replayed any more is a hole, and the present goes on`() throws {
        let aged = try LiveRecord.error(.replayDataAgedOut, "Replay data aged out")
        let late = Timestamp(nanoseconds: Faults.t0 + 3_600 * MarketLog.second)
        let gateway = try ScriptedGateway([
            Faults.session(Faults.books(0..<3)) { $0.close() },
            { side in
                try side.begin(LiveStream(), [aged])
                side.close()
            },
            { side in
                try side.begin(LiveStream(start: late.nanoseconds), [Faults.book(3_600_000)])
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
                    schema: .mbp10, instrument: InstrumentID(0), from: Timestamp(nanoseconds: Faults.t0 + 2_000_000),
                    to: late, reason: .aged)
            ])
        #expect(recorder.events.contains(.replayAged(text: "Replay data aged out")))
        #expect(lines.map { Faults.start(of: $0[1]) } == ["\(Faults.t0)", "\(Faults.t0)", nil])
        #expect(feed.ledger.latest(.mbp10) == late)
    }

    @Test func `a gateway that ends every replay with an error gets none to do`() throws {
        let error = try LiveRecord.error(.unset, "Data for start is not available")
        // In the first version of DBN errors have no codes.
        let failing: ScriptedGateway.Script = { side in
            try side.begin(LiveStream(version: 1), [error])
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
            lines.map { Faults.start(of: $0[1]) != nil } == [Bool](repeating: true, count: count) + [false])
        #expect(recorder.failures.allSatisfy { $0.text == "Data for start is not available" })
        #expect(recorder.holes.map(\.reason) == [.unreplayed])
        #expect(recorder.holes.first?.from == TestFeed.start)
    }

    /// Soon after a subscription of the present nothing is proved; when a window has passed, a replay proves the rest.
    @Test(arguments: [false, true])
    func `a break in the present is a hole at first, and later is not`(isLater: Bool) throws {
        let window = UInt32(5_000)
        let first = isLater ? [Faults.book(0), Faults.book(window), Faults.book(2 * window)] : [Faults.book(0)]
        let last = Faults.book(2 * window + 1)
        let finished = try Faults.finished()
        let gateway = try ScriptedGateway([
            { side in
                try side.begin(LiveStream(start: Faults.t0), first)
                side.close()
            },
            { side in
                let isReplayed = try side.begin(LiveStream(start: Faults.t0 + 99))[0]["start"] != nil
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
        let boundary = Faults.t0 + UInt64(window) * 1_000_000
        #expect(Faults.start(of: lines[1][1]) == (isLater ? "\(boundary)" : nil))
    }

    @Test func `skipped records are holes of what may be skipped`() throws {
        let skipped = try LiveRecord.error(
            .skippedRecordsAfterSlowReading, "Slow client detected for mbp-10", at: Faults.t0 + 9_000_000)
        let unresolved = try LiveRecord.error(.symbolResolutionFailed, "Failed to resolve symbol XX")
        let warning = try LiveRecord.system(
            .slowReaderWarning, "Warning: slow reading, not keeping pace with mbp-10 data")
        let gateway = try ScriptedGateway([
            Faults.session(Faults.books(0..<3)) { side in
                try side.send([skipped, unresolved, warning] + Faults.books(9..<10))
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
                    schema: .mbp10, instrument: InstrumentID(0), from: Timestamp(nanoseconds: Faults.t0 + 2_000_000),
                    to: Timestamp(nanoseconds: Faults.t0 + 9_000_000), reason: .skipped)
            ])
        #expect(feed.ledger.resumeStart(.mbp10) == nil)
        #expect(recorder.events.contains(.notResolved(text: "Failed to resolve symbol XX")))
        #expect(recorder.events.contains(.slowReader(schema: .mbp10)))
        #expect(recorder.marks.contains { $0.kind == .slow && $0.schema == .mbp10 })
    }

    // MARK: A new process

    @Test func `a feed made anew from the tape asks for what is missing`() throws {
        let gateway = try ScriptedGateway([
            Faults.session(Faults.books(0..<5)) { $0.close() },
            Faults.session(Faults.books(0..<8), then: Faults.untilEnd),
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
        #expect(second.dataTime.nanoseconds == Faults.t0 + 4_000_000)
        var after = FeedRecorder()
        TestFeed.run(&second, &after) { feed, _ in feed.isWarm }
        second.close(into: &after)
        _ = try gateway.finish()
        #expect(recorder.records + after.records == Faults.books(0..<8))
        #expect(after.holes == [])
    }

    @Test func `no event, mark or error holds the key`() throws {
        let (recorder, _) = try Faults.run([
            Faults.session(Faults.books(0..<2)) { $0.reset() },
            Faults.session(Faults.books(0..<2), then: Faults.untilEnd),
        ])
        #expect(!"\(recorder.events) \(recorder.marks)".contains(TestKey.text))
    }
}
