import DBN
import Determinism
import MarketCalendar
import MarketData
import Testing
import Units

@testable import Features

/// Sessions as they are collected, against numbers counted by hand. Regular hours begin five minutes after the open.
@Suite struct HistoryBuilderTests {
    private static func configuration() throws -> FeatureConfiguration {
        var configuration = try TestSession.configuration()
        configuration.collectsSessions = true
        return configuration
    }

    /// Ten levels of ten contracts below, ten of twenty above.
    private static func tape() -> TestTape {
        var tape = TestTape(origin: TestSession.open)
        tape.bids = (0..<10).map { .init(price: 20_000 - $0, size: 10, count: 1) }
        tape.asks = (0..<10).map { .init(price: 20_001 + $0, size: 20, count: 1) }
        return tape
    }

    private static func collect(_ tape: TestTape, _ configuration: FeatureConfiguration? = nil) throws
        -> CollectedSession
    {
        var engine = ContractEngine(configuration: try configuration ?? Self.configuration())
        // No vectors: a session has 82 800 seconds.
        engine.isLeading = false
        var sink = IdleSink()
        tape.play(&engine, sink: &sink)
        #expect(engine.takeEndedSessions().isEmpty, "the session is under way")
        engine.endTape(sink: &sink)
        let ended = engine.takeEndedSessions()
        #expect(engine.takeEndedSessions().isEmpty, "given away once")
        return try #require(ended.count == 1 ? ended[0] : nil)
    }

    private static func value(_ session: CollectedSession, _ metric: ProfileMetric, _ bucket: Int) -> Double {
        session.values[SessionBuckets.offset(metric, bucket)]
    }

    @Test func `rates, depths and volume of two buckets`() throws {
        var tape = Self.tape()
        tape.add(at: 0)
        tape.trade(at: 100, price: 20_001, size: 7, aggressor: .bid) { $0.asks[0].size = 13 }
        tape.add(at: 150, action: .trade, side: .ask, price: 20_000, size: 3, flags: [])
        tape.add(at: 150, action: .trade, side: .ask, price: 20_000, size: 1, flags: [])
        tape.bids[0].size = 4
        tape.add(at: 150, action: .trade, side: .none, price: 20_000, size: 2)
        // The edge belongs to the next bucket; with nine levels above there is no depth of ten.
        tape.asks.removeLast()
        tape.add(at: 300)
        tape.asks.append(.init(price: 20_010, size: 20, count: 1))
        tape.add(at: 450)
        tape.trade(at: 599, price: 20_001, size: 5, aggressor: .bid) { $0.asks[0].size = 8 }
        let session = try Self.collect(tape)
        #expect(Self.value(session, .tradedContracts, 0) == 13.0 / 300)
        #expect(Self.value(session, .aggressorOrders, 0) == 3.0 / 300, "bought, sold, unsigned")
        #expect(Self.value(session, .messages, 0) == 6.0 / 300)
        func near(_ metric: ProfileMetric, _ bucket: Int, _ expected: Double) {
            let found = Self.value(session, metric, bucket)
            #expect(abs(found - expected) < 1e-9 * expected, "\(metric) \(bucket): \(found), not \(expected)")
        }
        near(.depthTop10, 0, (300.0 * 100 + 293 * 50 + 287 * 150) / 300)
        near(.bidLevelSize, 0, (10.0 * 150 + 9.4 * 150) / 300)
        near(.askLevelSize, 0, (20.0 * 100 + 19.3 * 200) / 300)
        near(.depthTop10, 1, (287.0 * 149 + 282) / 150)
        near(.askLevelSize, 1, (173.0 / 9 * 150 + 19.3 * 149 + 18.8) / 300)
        #expect(Self.value(session, .tradedContracts, 1) == 5.0 / 300)
        #expect(Self.value(session, .messages, 1) == 4.0 / 300)
        #expect(Self.value(session, .cumulativeVolume, 0) == 13)
        #expect(Self.value(session, .cumulativeVolume, 1) == 18)
        #expect(Self.value(session, .cumulativeVolume, 275) == 18)
        // The market stands still to the close.
        #expect(Self.value(session, .depthTop10, 275) == 282 && Self.value(session, .messages, 275) == 0)
        #expect(session.bucketCount == 2 && !session.isComplete && session.regularGroups == 3)
        #expect(!session.reachesRegularClose)
    }

    @Test func `a bad book freezes trades and sizes, not messages and volume`() throws {
        var tape = Self.tape()
        tape.add(at: 0)
        tape.add(at: 100, flags: [.last, .maybeBadBook])
        tape.trade(at: 120, price: 20_001, size: 7, aggressor: .bid) { $0.asks[0].size = 13 }
        tape.add(at: 200, flags: [.last, .snapshot])
        let session = try Self.collect(tape)
        #expect(Self.value(session, .tradedContracts, 0) == 0 && Self.value(session, .aggressorOrders, 0) == 0)
        #expect(Self.value(session, .messages, 0) == 5.0 / 300)
        #expect(Self.value(session, .cumulativeVolume, 0) == 7)
        // 300 for a hundred seconds, 293 for the last hundred.
        #expect(abs(Self.value(session, .depthTop10, 0) - 296.5) < 1e-9)
        #expect(abs(Self.value(session, .askLevelSize, 0) - 19.65) < 1e-9)
    }

    @Test func `the variance of a bucket sums the squared returns that end in it`() throws {
        var tape = Self.tape()
        tape.add(at: 0)
        // After the point of second 10, before that of second 15; then in the second of the next bucket's first point.
        tape.bids[0].price = 19_999
        tape.add(at: 11.5)
        tape.bids[0].price = 20_000
        tape.add(at: 300.5)
        let session = try Self.collect(tape)
        let change = DeterministicMath.log(40_000.0 / 40_001)
        let back = DeterministicMath.log(40_001.0 / 40_000)
        #expect(Self.value(session, .realizedVariance, 0) == change * change)
        #expect(Self.value(session, .realizedVariance, 1) == back * back)
        #expect(Self.value(session, .realizedVariance, 2) == 0, "nothing moved")
    }

    @Test func `without a single return a bucket has no variance, and without a book no sizes`() throws {
        var tape = Self.tape()
        tape.add(at: 0)
        // The point of second 300 is the last one: its return still ends in the bucket.
        tape.add(at: 300.9, flags: [.last, .maybeBadBook])
        tape.add(at: 900.5, flags: [.last, .snapshot])
        let session = try Self.collect(tape)
        #expect(Self.value(session, .realizedVariance, 1) == 0)
        #expect(Self.value(session, .depthTop10, 1) == 300)
        #expect(Self.value(session, .realizedVariance, 2).isNaN && Self.value(session, .depthTop10, 2).isNaN)
        #expect(Self.value(session, .bidLevelSize, 2).isNaN && Self.value(session, .messages, 2) == 0)
        #expect(Self.value(session, .realizedVariance, 3) == 0)
    }

    @Test func `samples of the best prices in regular hours`() throws {
        var tape = Self.tape()
        // Before the regular open nothing is a sample.
        tape.bids[0].size = 90
        tape.add(at: 299)
        // A: share 10/30, state 3 of spread 1.
        tape.bids[0].size = 10
        tape.add(at: 300)
        // A deeper level changes: no sample.
        tape.bids[3].size = 11
        tape.add(at: 301)
        // B: share 60/80, state 7; the mid stands.
        tape.bids[0].size = 60
        tape.add(at: 302)
        // C: the ask goes, spread 2, share 60/80: state 17; the mid rises half a tick.
        tape.asks.removeFirst()
        tape.add(at: 303)
        // Spread 4 has no state: neither pair of it counts.
        tape.asks.removeFirst(2)
        tape.add(at: 304)
        // D: as A; it has no predecessor.
        tape.asks.insert(contentsOf: [.init(price: 20_001, size: 20, count: 1)], at: 0)
        tape.bids[0].size = 10
        tape.add(at: 305)
        // A bad book breaks the row.
        tape.add(at: 306, flags: [.last, .maybeBadBook])
        tape.add(at: 307, flags: [.last, .snapshot])
        // E: as B, with the snapshot's sample before it.
        tape.bids[0].size = 60
        tape.add(at: 308)
        let counts = try Self.collect(tape).microPrice
        var expected = MicroPriceCounts()
        expected.values.withUnsafeMutableBufferPointer { buffer in
            guard let base = buffer.baseAddress else { return }
            MicroPriceCounts.add(base, from: 3, to: 7, halfTicks: 0)
            MicroPriceCounts.add(base, from: 7, to: 17, halfTicks: 1)
            MicroPriceCounts.add(base, from: 3, to: 7, halfTicks: 0)
        }
        #expect(counts == expected)
    }

    @Test func `a session is complete with its ends and 264 buckets`() throws {
        func session(without gaps: Set<Int>) throws -> CollectedSession {
            var tape = Self.tape()
            for bucket in 0..<276 where !gaps.contains(bucket) { tape.add(at: Double(bucket) * 300 + 200) }
            return try Self.collect(tape)
        }
        let whole = try session(without: [])
        #expect(whole.isComplete && whole.bucketCount == 276 && whole.reachesRegularClose)
        #expect(try session(without: Set(100..<112)).isComplete)
        #expect(try !session(without: Set(100..<113)).isComplete)
        #expect(try !session(without: [0]).isComplete && !session(without: [275]).isComplete)
        // Regular hours end at 16:00, bucket 264; the last group of bucket 262 is too early.
        #expect(try session(without: Set(264..<276)).reachesRegularClose)
        #expect(try !session(without: Set(263..<276)).reachesRegularClose)
    }

    @Test func `sessions follow each other, each with its own numbers`() throws {
        var tape = Self.tape()
        tape.add(at: 0)
        tape.trade(at: 100, price: 20_001, size: 7, aggressor: .bid) { $0.asks[0].size = 13 }
        // The next session opens 24 hours later.
        tape.add(at: 86_400 + 10)
        tape.trade(at: 86_400 + 100, price: 20_001, size: 4, aggressor: .bid) { $0.asks[0].size = 9 }
        var engine = ContractEngine(configuration: try Self.configuration())
        engine.isLeading = false
        var sink = IdleSink()
        tape.play(&engine, sink: &sink)
        engine.endTape(sink: &sink)
        let ended = engine.takeEndedSessions()
        #expect(ended.map(\.session.tradeDate.description) == ["2024-01-03", "2024-01-04"])
        let volumes: [Double] = ended.map { Self.value($0, .cumulativeVolume, 275) }
        let messages: [Double] = ended.map { Self.value($0, .messages, 0) }
        #expect(volumes == [7, 4])
        #expect(messages == [0.01, 0.01])
    }

    @Test func `a restart in the middle collects the same session`() throws {
        let seed: UInt64 = 91
        let tape = RandomTape(seed: seed, start: TestSession.open, groups: 2_000, withFaults: true).records
        let configuration = try Self.configuration()
        func collect(restarting: Bool) throws -> CollectedSession {
            var player = Player(configuration)
            player.engine.isLeading = false
            var sink = IdleSink()
            for (index, record) in tape.enumerated() {
                player.take(record, sink: &sink)
                guard restarting, index % 700 == 350 else { continue }
                var saved = StateArchive()
                try player.engine.persist(&saved)
                var fresh = ContractEngine(configuration: configuration)
                var archive = StateArchive(loading: saved.bytes)
                try fresh.persist(&archive)
                try archive.checkEnd()
                player.engine = fresh
            }
            player.engine.endTape(sink: &sink)
            return try #require(player.engine.takeEndedSessions().first)
        }
        let (straight, restarted) = (try collect(restarting: false), try collect(restarting: true))
        #expect(straight.values.map(\.bitPattern) == restarted.values.map(\.bitPattern), "seed \(seed)")
        #expect(straight.microPrice == restarted.microPrice && straight.regularGroups == restarted.regularGroups)
        #expect(straight.microPrice != MicroPriceCounts(), "the tape moved in regular hours")
    }
}
