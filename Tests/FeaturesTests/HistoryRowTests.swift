import CHeapCount
import DBN
import Determinism
import MarketCalendar
import MarketData
import Testing
import Units

@testable import Features

/// The rows that compare with past sessions: against FEATURES word for word, and what must hold on every tape.
@Suite struct HistoryRowTests {
    private static let history = TestHistory.patterned(seed: 8)
    private static let levelRows: [LevelFeature] = [.passiveDepthTimeOfDay, .volumeTimeOfDay]
    private static let marketRows: [MarketFeature] = [
        .microPriceOffset, .depthTimeOfDay, .messageRateTimeOfDay, .microPriceVelocity, .tradeIntensityTimeOfDay,
        .realizedVolatilityTimeOfDay, .sessionVolumeTimeOfDay,
    ]
    private static let columns: [Int] =
        LevelKind.allCases.flatMap { level in levelRows.map { FeatureSchema.offset(of: level) + $0.rawValue } }
        + marketRows.map { FeatureSchema.marketOffset + $0.rawValue }

    private static func configuration(_ history: SessionHistory? = history) throws -> FeatureConfiguration {
        var configuration = try TestSession.configuration(averageLength: 5)
        configuration.history = history
        return configuration
    }

    private static func faults(_ seed: UInt64, groups: Int = 1_400) -> [TapeRecord] {
        RandomTape(seed: seed, start: TestSession.open + TestSession.minute, groups: groups, withFaults: true).records
    }

    // MARK: Definitions

    private struct Event {
        var time: UInt64
        var records: Double
        var orders: Double
        var volume: Double
        var bandVolume: Double
        var depth: Double
        var twiceMid: Int32
        var bid: Int32
        var ask: Int32
        var spread: Int32
    }

    private struct Recorder: FeatureSink {
        var reference: Reference
        var checked = 0

        mutating func groupClosed(_ engine: borrowing ContractEngine) {
            let level = engine.level(.premarketHigh).pointee
            let trades = Array(engine.trades)
            let book = engine.book
            let inBand = trades.filter { abs($0.price - level.price.nearest) <= level.parameters.band }
            if level.isActive, reference.first == nil { reference.first = reference.events.count }
            reference.events.append(
                Event(
                    time: engine.group.time, records: Double(engine.group.recordCount),
                    orders: Double(Set(trades.map(\.aggressor)).count),
                    volume: Double(trades.map(\.size).reduce(0, +)),
                    bandVolume: Double(inBand.map(\.size).reduce(0, +)),
                    depth: Double(book.bid.topSize(10) + book.ask.topSize(10)), twiceMid: engine.mid.twiceMid,
                    bid: book.bid.pointee.bestSize, ask: book.ask.pointee.bestSize,
                    spread: book.ask.pointee.bestPrice - book.bid.pointee.bestPrice))
            guard reference.events.count % 100 == 0 else { return }
            checked += 1
            reference.check(Array(engine.vector), level: level, book: book.pointee)
        }

        mutating func secondEnded(_ engine: borrowing ContractEngine, time: UInt64) {}
    }

    private struct Reference {
        var seed: UInt64
        var profile: TimeOfDayProfile
        var table: MicroPriceTable
        var events: [Event] = []
        var first: Int?

        var time: UInt64 { events[events.count - 1].time }

        func mean(_ metric: ProfileMetric, at time: UInt64) -> Double {
            profile.mean(metric, Int((time - TestSession.open) / 300_000_000_000))
        }

        func rate60(from start: Int, _ value: (Event) -> Double) -> Double {
            let sum = events[start...].map {
                value($0) * DeterministicMath.exp2(-Double(time - $0.time) * 1e-9 / 60)
            }.reduce(0, +)
            let age = Double(time - events[start].time) * 1e-9
            return sum * DeterministicMath.ln2 / 60 / (1 - DeterministicMath.exp2(-age / 60))
        }

        var meanDepth: Double {
            let spans = (0..<events.count - 1).map { index in
                DeterministicMath.exp2(-Double(time - events[index + 1].time) * 1e-9 / 60)
                    - DeterministicMath.exp2(-Double(time - events[index].time) * 1e-9 / 60)
            }
            return zip(events, spans).map { $0.depth * $1 }.reduce(0, +) / spans.reduce(0, +)
        }

        func offset(_ event: Event) -> Double {
            let row = (min(max(event.spread, 1), 2) - 1) * 10
            if event.bid == event.ask { return 0 }
            let small = min(event.bid, event.ask)
            let value = table.offsets[Int(row + min(10 * small / (event.bid + event.ask), 9))]
            return event.bid < event.ask ? value : -value
        }

        /// The last group before the end of a second of UTC.
        func last(in second: UInt64) -> Event? { events.last { $0.time < (second + 1) * 1_000_000_000 } }

        var volatility: Double {
            let end = time / 1_000_000_000
            guard end * 1_000_000_000 - events[0].time >= 300_000_000_000 else { return .nan }
            let newest = (end - 1) / 5 * 5
            let mids = (0...60).map { last(in: newest - 300 + UInt64($0) * 5)?.twiceMid }
            guard mids.filter({ $0 != nil }).count >= 55 else { return .nan }
            let variance = zip(mids, mids.dropFirst()).map { old, new -> Double in
                guard let old, let new else { return 0 }
                let change = DeterministicMath.log(Double(new) / Double(old))
                return change * change
            }.reduce(0, +)
            return (variance / mean(.realizedVariance, at: end * 1_000_000_000)).squareRoot()
        }

        var velocity: Double {
            let newest = time / 1_000_000_000 - 1
            guard let now = last(in: newest), let before = last(in: newest - 10) else { return .nan }
            let move = Double(now.twiceMid - before.twiceMid) / 2
            return (move + offset(now) - offset(before)) / 10
        }

        var usualVolume: Double {
            let bucket = Int((time - TestSession.open) / 300_000_000_000)
            let within = Double(time - TestSession.open) / 3e11 - Double(bucket)
            let start = bucket == 0 ? 0 : profile.mean(.cumulativeVolume, bucket - 1)
            return start + (profile.mean(.cumulativeVolume, bucket) - start) * within
        }

        func check(_ vector: [Double], level: LevelState, book: Book) {
            func same(_ name: String, _ found: Double, _ expected: Double) {
                let close = abs(found - expected) <= 1e-9 * max(1, abs(expected)) || found.isNaN && expected.isNaN
                #expect(close, "\(name): \(found), reference \(expected); seed \(seed), group \(events.count)")
            }
            func market(_ row: MarketFeature, _ expected: Double) { same("\(row)", vector[row], expected) }
            market(.messageRateTimeOfDay, rate60(from: 0) { $0.records } / mean(.messages, at: time))
            market(.tradeIntensityTimeOfDay, rate60(from: 0) { $0.orders } / mean(.aggressorOrders, at: time))
            let isOld = time - events[0].time >= 60_000_000_000
            market(.depthTimeOfDay, isOld ? meanDepth / mean(.depthTop10, at: time) : .nan)
            market(.sessionVolumeTimeOfDay, events.map(\.volume).reduce(0, +) / usualVolume)
            market(.microPriceOffset, offset(events[events.count - 1]))
            market(.microPriceVelocity, velocity)
            market(.realizedVolatilityTimeOfDay, volatility)
            guard let first, time - events[first].time >= 10_000_000_000 else { return }
            let volume = rate60(from: first) { $0.bandVolume } / mean(.tradedContracts, at: time)
            same("band volume", vector[.premarketHigh, .volumeTimeOfDay], volume)
            let side = level.test.approachSide
            let depth = vector[.premarketHigh, side > 0 ? .askDepthAtLevel : .bidDepthAtLevel]
            same(
                "passive depth", vector[.premarketHigh, .passiveDepthTimeOfDay],
                side == 0 ? .nan : depth / mean(side > 0 ? .askLevelSize : .bidLevelSize, at: time))
        }
    }

    @Test(arguments: [201, 202, 203] as [UInt64])
    func `rows are those of their definitions`(seed: UInt64) throws {
        let tape = RandomTape(
            seed: seed, start: TestSession.open + TestSession.minute, groups: 1_800, meanGap: 700_000_000,
            withFaults: false)
        let date = CivilDate(year: 2024, month: 1, day: 3)
        var player = Player(try Self.configuration())
        var recorder = Recorder(
            reference: Reference(
                seed: seed, profile: Self.history.profile(before: date),
                table: try #require(Self.history.microPrice(before: date))))
        for record in tape.records { player.take(record, sink: &recorder) }
        #expect(recorder.checked >= 10, "seed \(seed)")
        #expect(!player.engine.vector[FeatureSchema.marketOffset + MarketFeature.realizedVolatilityTimeOfDay.rawValue]
            .isNaN, "seed \(seed)")
    }

    // MARK: Properties

    @Test func `every row has a value with a history and none without`() throws {
        let tape = Self.faults(43)
        let rows = Player.rows(tape, try Self.configuration())
        let without = Player.rows(tape, try Self.configuration(nil))
        #expect(rows.count == without.count)
        for column in Self.columns {
            let values = rows.map { $0.values[column] }
            let name = FeatureSchema.columns[column].name
            #expect(values.contains { !$0.isNaN } && !values.contains { $0.isInfinite }, "\(name)")
            #expect(!without.contains { !$0.values[column].isNaN }, "\(name)")
        }
        // All other columns are the same bits: a comparison of whole rows, with these columns taken out.
        for index in stride(from: 0, to: rows.count, by: 11) {
            var (a, b) = (rows[index], without[index])
            // VPIN's buckets have the size that the history gives.
            for column in Self.columns + [FeatureSchema.marketOffset + MarketFeature.vpin.rawValue] {
                (a.values[column], b.values[column]) = (0, 0)
            }
            #expect(a == b, "row \(index)")
        }
    }

    @Test func `four sessions give no profile, but a micro-price`() throws {
        let four = SessionHistory(Array(Self.history.sessions.prefix(4)))
        let rows = Player.rows(Self.faults(43, groups: 800), try Self.configuration(four))
        let micro = [MarketFeature.microPriceOffset, .microPriceVelocity].map {
            FeatureSchema.marketOffset + $0.rawValue
        }
        for column in Self.columns where !micro.contains(column) {
            #expect(rows.allSatisfy { $0.values[column].isNaN }, "\(FeatureSchema.columns[column].name)")
        }
        for column in micro { #expect(rows.contains { !$0.values[column].isNaN }) }
    }

    @Test func `sessions of the day itself and of later ones change no bit`() throws {
        let tape = Self.faults(44, groups: 900)
        let today = TestHistory.session(CivilDate(year: 2024, month: 1, day: 3), value: 1e6)
        let later = TestHistory.session(CivilDate(year: 2024, month: 1, day: 4), value: 1e6)
        let rows = Player.rows(tape, try Self.configuration())
        let extended = SessionHistory(Self.history.sessions + [today, later])
        let again = Player.rows(tape, try Self.configuration(extended))
        #expect(rows.count == again.count && zip(rows, again).allSatisfy { $0 == $1 })
    }

    @Test func `the next session looks at the one before it`() throws {
        let open = TestSession.open + 86_400_000_000_000
        // The last ten minutes of one session, the first of the next.
        let tape = RandomTape(seed: 12, start: open - 4_200_000_000_000, groups: 60, withFaults: false).records
            + RandomTape(seed: 13, start: open + 1_000_000_000, groups: 60, withFaults: false).records
        let four = Array(Self.history.sessions.prefix(4))
        let fifth = TestHistory.session(CivilDate(year: 2024, month: 1, day: 3), value: 2)
        let rows = Player.rows(tape, try Self.configuration(SessionHistory(four + [fifth])))
        let column = FeatureSchema.marketOffset + MarketFeature.sessionVolumeTimeOfDay.rawValue
        #expect(rows.contains { $0.time < open } && rows.contains { $0.time > open })
        #expect(rows.allSatisfy { $0.time > open || $0.values[column].isNaN })
        #expect(rows.contains { $0.time > open && !$0.values[column].isNaN })
    }

    @Test func `saving and loading anywhere changes no bit`() throws {
        let seed: UInt64 = 29
        let tape = Self.faults(seed)
        let configuration = try Self.configuration()
        let expected = Player.rows(tape, configuration)
        var random = SeededGenerator(seed: seed)
        var player = Player(configuration)
        var sink = AllRows()
        for record in tape {
            player.take(record, sink: &sink)
            guard random.below(60) == 0 else { continue }
            var saving = StateArchive()
            try player.engine.persist(&saving)
            var next = Player(configuration)
            var loading = StateArchive(loading: saving.bytes)
            try next.engine.persist(&loading)
            try loading.checkEnd()
            (next.clock, next.sequence) = (player.clock, player.sequence)
            player = next
        }
        #expect(sink.rows.count == expected.count, "seed \(seed)")
        #expect(zip(sink.rows, expected).allSatisfy { $0 == $1 }, "seed \(seed)")
    }

    @Test func `mirrored prices and sides flip the micro-price and leave the ratios`() throws {
        let tape = Self.faults(45, groups: 1_600)
        let base = Player.rows(tape, try Self.configuration())
        let mirrored = Player.rows(tape.map(\.mirrored), try Self.configuration())
        #expect(base.count == mirrored.count)
        let partner: [LevelKind: LevelKind] = [
            .premarketHigh: .premarketLow, .premarketLow: .premarketHigh, .openingRangeHigh: .openingRangeLow,
            .openingRangeLow: .openingRangeHigh, .movingAverage: .movingAverage,
        ]
        func check(_ a: Double, _ b: Double, _ tolerance: Double, _ name: String) {
            let isSame = a.isNaN && b.isNaN || abs(a - b) <= tolerance * max(1, abs(a))
            if !isSame { Issue.record("\(name): \(a), mirrored \(b)") }
        }
        for (a, b) in zip(base, mirrored) {
            for row in Self.marketRows {
                let sign: Double = row == .microPriceOffset || row == .microPriceVelocity ? -1 : 1
                // The logarithms of a ratio and of its inverse differ in the last bit.
                check(a.values[row], sign * b.values[row], 1e-12, "\(row)")
            }
            for (level, other) in partner {
                for row in Self.levelRows { check(a.values[level, row], b.values[other, row], 0, "\(level) \(row)") }
            }
        }
    }

    @Test func `forty ticks higher only the volatility's ratio changes`() throws {
        let tape = Self.faults(46, groups: 1_000)
        let base = Player.rows(tape, try Self.configuration())
        let shifted = Player.rows(tape.map { $0.shifted(by: 40) }, try Self.configuration())
        let logarithmic = FeatureSchema.marketOffset + MarketFeature.realizedVolatilityTimeOfDay.rawValue
        // The micro-price's velocity is a difference of sums with the mid.
        let velocity = FeatureSchema.marketOffset + MarketFeature.microPriceVelocity.rawValue
        #expect(base.count == shifted.count)
        for column in Self.columns where column != logarithmic {
            let tolerance = column == velocity ? 1e-9 : 0
            let isSame = zip(base, shifted).allSatisfy { a, b in
                let (a, b) = (a.values[column], b.values[column])
                return a.isNaN && b.isNaN || abs(a - b) <= tolerance
            }
            #expect(isSame, "\(FeatureSchema.columns[column].name)")
        }
    }

    @Test(.enabled(if: lh_heap_count_enabled() != 0, "a sanitizer has its own allocator"))
    func `within a session the rows touch the heap not once`() throws {
        let bytes = Self.faults(47, groups: 1_200).flatMap(\.bytes)
        var calls: UInt64 = 0
        for _ in 0..<2 {
            var player = Player(try Self.configuration())
            var sink = IdleSink()
            calls = player.heapCalls(of: bytes, after: 300, sink: &sink)
            #expect(!player.engine.vector[Self.columns[Self.columns.count - 1]].isNaN)
        }
        #expect(calls == 0)
    }

    @Test func `between sessions no row compares with the profile`() throws {
        var tape = TestTape(origin: TestSession.open)
        tape.bids = (0..<10).map { .init(price: 20_000 - $0, size: 10, count: 1) }
        tape.asks = (0..<10).map { .init(price: 20_001 + $0, size: 20, count: 1) }
        tape.add(at: 82_700)
        tape.add(at: 82_799)
        var engine = ContractEngine(configuration: try Self.configuration())
        var sink = LastRows()
        tape.play(&engine, sink: &sink)
        #expect(!sink.group[.depthTimeOfDay].isNaN && !sink.group[.messageRateTimeOfDay].isNaN)
        // 17:00:05.
        tape.add(at: 82_805)
        engine = ContractEngine(configuration: try Self.configuration())
        tape.play(&engine, sink: &sink)
        #expect(Self.columns.allSatisfy { sink.group[$0].isNaN })
    }

    @Test func `volume buckets are a fiftieth of a usual session`() throws {
        let sessions = (0..<5).map { TestHistory.session(TestHistory.date($0), value: 10) }
        var engine = ContractEngine(configuration: try Self.configuration(SessionHistory(sessions)))
        #expect(engine.volumeBucketSize == 0, "no session yet")
        var tape = TestTape(origin: TestSession.open)
        tape.add(at: 1)
        var sink = IdleSink()
        tape.play(&engine, sink: &sink)
        // 2 760/50 = 55.2
        #expect(engine.volumeBucketSize == 55)
    }
}
