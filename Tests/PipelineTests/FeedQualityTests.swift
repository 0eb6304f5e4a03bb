import DBN
import Determinism
import Features
import MarketCalendar
import Orders
import Risk
import Signals
import Testing
import Units

@testable import Pipeline

/// What an engine's rows say of the feed that they were made of.
@Suite struct FeedQualityTests {
    /// The quality that every row goes out with.
    struct Rows: ~Copyable, EngineOutput {
        var feed: DataQuality = []
        /// Without `noHistory`, which is that of a whole session.
        var qualities: [DataQuality] = []
        var lackHistory: [Bool] = []
        var signals: [(time: UInt64, quality: DataQuality)] = []
        var holes: [Range<UInt64>?] = []

        mutating func vector(_ engine: borrowing ContractEngine) {
            let quality = engine.rowQuality
            lackHistory.append(quality.contains(.noHistory))
            qualities.append(quality.subtracting(.noHistory).union(feed))
            holes.append(engine.newestHole)
        }
        mutating func secondVector(_ engine: borrowing ContractEngine, time: UInt64) {}
        mutating func announce(_ signal: Signal) {}
        mutating func announced() {}
        mutating func signal(_ signal: Signal, _ engine: borrowing ContractEngine) {
            signals.append((signal.time.nanoseconds, signal.quality))
        }
        mutating func feedChanged(_ quality: DataQuality) { feed = quality }
    }

    private static func pipeline() throws -> EnginePipeline<Rows> {
        EnginePipeline(
            plan: try MarketFoldTests.plan([("ESZ3", 1)]), features: try MarketFoldTests.configuration(),
            trading: EventClockTests.trading, output: Rows())
    }

    private static func take(_ bytes: [UInt8], _ pipeline: inout EnginePipeline<Rows>) {
        bytes.withUnsafeBytes { raw in
            if let base = raw.baseAddress { pipeline.take(RecordView(base), sequence: 0) }
        }
    }

    @Test func `rows are warming while the feed is behind, and replayed when a replay brings them`() throws {
        var pipeline = try Self.pipeline()
        var time = try MarketFoldTests.instant(8, 10, 0)
        let behind: DataQuality = [.warming, .replayed]
        let steps: [(FeedMark.Kind?, Schema?, DataQuality)] = [
            (nil, nil, []), (.down, nil, [.warming, .stale]),
            // While a feed is gone its books stay those of the past until they are replayed.
            (.replaying, .definition, behind), (.replaying, .mbp10, behind), (.replayed, .definition, behind),
            (.replayed, .mbp10, .warming), (.live, nil, []),
            // Options that are chosen later.
            (.replaying, .mbp1, .warming), (.replayed, .mbp1, .warming), (.live, nil, []),
            (.replaying, nil, behind), (.replayed, nil, .warming), (.live, nil, []),
            // They come too late, and in time again; also while options are still replayed, and over a session.
            (.behind, nil, [.warming, .stale]), (.abreast, nil, []), (.behind, nil, [.warming, .stale]),
            (.replaying, .mbp1, [.warming, .stale]), (.abreast, nil, .warming), (.behind, nil, [.warming, .stale]),
            (.live, nil, [.warming, .stale]), (.down, nil, [.warming, .stale]), (.replaying, .mbp10, behind),
            (.live, nil, []),
            (.refused, nil, [.warming, .stale]),
        ]
        for (kind, schema, _) in steps {
            time += 1_000_000
            if let kind { Self.take(try MarketFoldTests.mark(kind, schema, at: time), &pipeline) }
            Self.take(MarketFoldTests.book(1, time, bid: 18_000), &pipeline)
        }
        let found = pipeline.withOutput { $0.qualities }
        #expect(found == steps.map(\.2))
    }

    @Test(arguments: [0, 4, 5])
    func `rows have no history until the session that five are known before`(sessions: Int) throws {
        let friday = CivilDate(year: 2023, month: 12, day: 8)
        var features = try MarketFoldTests.configuration()
        // The last of them is this Friday's: it counts from Sunday evening on.
        features.history = SessionHistory(
            (0..<sessions).map { day in
                SessionRecord(
                    tradeDate: friday.adding(days: day + 1 - sessions), kind: .regular, isComplete: true,
                    bucketCount: SessionBuckets.count, regularGroups: 0,
                    values: [Double](repeating: 1, count: SessionBuckets.valueCount), microPrice: MicroPriceCounts())
            })
        var pipeline = EnginePipeline(
            plan: try MarketFoldTests.plan([("ESZ3", 1)]), features: features, trading: EventClockTests.trading,
            output: Rows())
        for time in [try MarketFoldTests.instant(8, 10, 0), try MarketFoldTests.instant(10, 18, 0, 1)] {
            Self.take(MarketFoldTests.book(1, time, bid: 18_000), &pipeline)
        }
        let (lackHistory, qualities) = pipeline.withOutput { ($0.lackHistory, $0.qualities) }
        // A row at the end of Friday's session and one on Sunday evening.
        #expect(lackHistory.first == true && lackHistory.last == (sessions < 5))
        #expect(qualities.allSatisfy { $0.isEmpty })
    }

    @Test func `rows in a halt say so, and rows after the close do not`() throws {
        var pipeline = try Self.pipeline()
        let halt = try MarketFoldTests.instant(8, 16, 50)
        Self.take(MarketFoldTests.book(1, halt - 1_000_000_000, bid: 18_000), &pipeline)
        Self.take(MarketFoldTests.status(1, halt, .halt), &pipeline)
        for time in [halt + 1_000_000_000, try MarketFoldTests.instant(8, 17, 0, 1)] {
            Self.take(MarketFoldTests.book(1, time, bid: 18_000), &pipeline)
        }
        #expect(pipeline.withOutput { $0.qualities } == [[], .halted, .closed])
    }

    @Test func `rows have a gap from a hole's mark on until the next session`() throws {
        var pipeline = try Self.pipeline()
        let start = try MarketFoldTests.instant(8, 10, 0)
        Self.take(MarketFoldTests.book(1, start, bid: 18_000), &pipeline)
        Self.take(try Self.gap(from: start, to: start + 1_000_000_000), &pipeline)
        for time in [
            start + 1_000_000_000, try MarketFoldTests.instant(8, 16, 59), try MarketFoldTests.instant(10, 18, 0, 1),
        ] {
            Self.take(MarketFoldTests.book(1, time, bid: 18_000), &pipeline)
        }
        #expect(pipeline.withOutput { $0.qualities } == [[], .gap, .gap, []])
        let hole = start..<start + 1_000_000_000
        #expect(pipeline.withOutput { $0.holes } == [nil, hole, hole, hole])
    }

    static func gap(
        from: UInt64, to: UInt64, instrument: UInt32 = 0, schema: Schema = .mbp10, at time: UInt64? = nil
    ) throws -> [UInt8] {
        let stamp = Timestamp(nanoseconds: time ?? to)
        let mark = FeedMark(
            .gap, dataset: try #require(DatasetName("GLBX.MDP3")), time: stamp, wallTime: stamp, reason: .unproven,
            schema: schema, instrument: InstrumentID(instrument), from: Timestamp(nanoseconds: from),
            to: Timestamp(nanoseconds: to))
        var bytes = [UInt8](repeating: 0, count: RecordByteCount.system)
        bytes.withUnsafeMutableBytes { raw in raw.baseAddress.map { _ = mark.write(to: $0) } }
        return bytes
    }

    @Test func `a hole of another instrument or of what no row is made of is none`() throws {
        var pipeline = try Self.pipeline()
        let start = try MarketFoldTests.instant(8, 10, 0)
        Self.take(MarketFoldTests.book(1, start, bid: 18_000), &pipeline)
        Self.take(try Self.gap(from: start, to: start + 1, instrument: 7), &pipeline)
        Self.take(try Self.gap(from: start, to: start + 1, schema: .status), &pipeline)
        Self.take(MarketFoldTests.book(1, start + 2, bid: 18_000), &pipeline)
        #expect(pipeline.withOutput { $0.qualities } == [[], []])
        #expect(pipeline.market.columnsWithoutHistory(averageSpan: .hours(20)).allSatisfy { $0 != Self.volume })
        Self.take(try Self.gap(from: start, to: start + 3, instrument: 1), &pipeline)
        Self.take(MarketFoldTests.book(1, start + 3, bid: 18_000), &pipeline)
        #expect(pipeline.withOutput { $0.qualities.last } == .gap)
        let named = pipeline.market.columnsWithoutHistory(averageSpan: .hours(20))
        #expect(named.contains(Self.volume), "the status names it")
    }

    @Test func `a hole of options is one of every session that it reaches into, and of no other`() throws {
        let ends = [
            (try MarketFoldTests.instant(7, 16, 55), [true, false, false]),
            (try MarketFoldTests.instant(7, 18, 10), [true, true, false]),
        ]
        for (end, wanted) in ends {
            var pipeline = try Self.pipeline()
            let told = try MarketFoldTests.instant(7, 16, 50)
            Self.take(MarketFoldTests.book(1, told, bid: 18_000), &pipeline)
            Self.take(try Self.gap(from: told, to: end, schema: .cmbp1, at: told), &pipeline)
            let days = [
                told + 1, try MarketFoldTests.instant(7, 18, 0, 1), try MarketFoldTests.instant(10, 18, 0, 1),
            ]
            let found = days.map { time in
                Self.take(MarketFoldTests.book(1, time, bid: 18_000), &pipeline)
                return pipeline.market.columnsWithoutHistory(averageSpan: .hours(20)).contains(Self.putCallVolume)
            }
            #expect(found == wanted)
            // It is told when the next session is under way already.
            Self.take(
                try Self.gap(from: told, to: end, schema: .cmbp1, at: days[2] + 1), &pipeline)
            Self.take(MarketFoldTests.book(1, days[2] + 2, bid: 18_000), &pipeline)
            let named = pipeline.market.columnsWithoutHistory(averageSpan: .hours(20))
            #expect(!named.contains(Self.putCallVolume))
        }
    }

    private static var putCallVolume: Int { FeatureSchema.marketOffset + MarketFeature.putCallVolume.rawValue }
    private static var volume: Int { FeatureSchema.marketOffset + MarketFeature.sessionVolume.rawValue }

    @Test func `a fold that is saved and loaded around a hole goes on with the same bits`() throws {
        let start = try MarketFoldTests.instant(8, 15, 58)
        var records: [[UInt8]] = []
        for second in 0..<40 as Range<UInt64> {
            records.append(MarketFoldTests.book(1, start + second * 1_000_000_000, bid: 18_000 + Int(second % 5)))
            if second == 20 {
                let from = start + second * 1_000_000_000
                records.append(try Self.gap(from: from, to: from + 900_000_000))
            }
        }
        var vectors: [[[UInt64]]] = []
        for step in [records.count, 1] {
            var fold = MarketFold(
                plan: try MarketFoldTests.plan([("ESZ3", 1)]), configuration: try MarketFoldTests.configuration())
            var told = MarketFoldTests.Told()
            for (index, bytes) in records.enumerated() {
                bytes.withUnsafeBytes { raw in
                    if let base = raw.baseAddress { fold.take(RecordView(base), sequence: UInt64(index), sink: &told) }
                }
                guard index % step == 0 else { continue }
                var saving = StateArchive()
                try fold.persist(&saving)
                var next = MarketFold(
                    plan: try MarketFoldTests.plan([("ESZ3", 1)]), configuration: try MarketFoldTests.configuration())
                var loading = StateArchive(loading: saving.bytes)
                try next.persist(&loading)
                try loading.checkEnd()
                fold = next
            }
            vectors.append(told.vectors)
        }
        #expect(vectors[0] == vectors[1])
        #expect(vectors[0].last.map { Double(bitPattern: $0[Self.volume]).isNaN } == true)
    }

    @Test func `a signal shortly behind a hole has a gap, and a later one of the same level has none`() throws {
        var trading = EventClockTests.trading
        (trading.signals.threshold, trading.signals.weightNeeded, trading.signals.hold) = (0, 0, .zero)
        var pipeline = EnginePipeline(
            plan: try MarketFoldTests.plan([("ESZ3", 1)]), features: try MarketFoldTests.configuration(),
            trading: trading, output: Rows())
        let open = try MarketFoldTests.instant(8, 9, 30)
        let second: UInt64 = 1_000_000_000
        Self.take(MarketFoldTests.book(1, open - 20 * second, bid: 18_000), &pipeline)
        // Price goes away from the pre-market level and comes back: a test of it.
        for minute in [1, 2, 3, 5] as [UInt64] {
            let time = open + minute * 60 * second
            if minute == 2 { Self.take(try Self.gap(from: time - 10 * second, to: time), &pipeline) }
            Self.take(MarketFoldTests.book(1, time + 5 * second, bid: 18_020), &pipeline)
            Self.take(MarketFoldTests.book(1, time + 30 * second, bid: 18_000), &pipeline)
        }
        let signals = pipeline.withOutput { $0.signals }
        for (minute, quality) in [1: [], 2: .gap, 3: .gap, 5: []] as [UInt64: DataQuality] {
            let found = signals.filter { ($0.time - open) / (60 * second) == minute }
            #expect(!found.isEmpty && found.allSatisfy { $0.quality == quality }, "minute \(minute)")
        }
    }

    // MARK: The book that fills the orders

    private static func risk(_ symbols: [(String, UInt32)]) throws -> StageFold<RiskFollower> {
        StageFold(
            plan: try MarketFoldTests.plan(symbols), features: try MarketFoldTests.configuration(),
            trading: EventClockTests.trading, stage: RiskFollower(EventClockTests.trading))
    }

    private static func take(_ bytes: [UInt8], _ fold: inout StageFold<RiskFollower>) {
        bytes.withUnsafeBytes { raw in
            if let base = raw.baseAddress { fold.take(RecordView(base), sequence: 0) }
        }
    }

    @Test(arguments: [[("ESZ3", 1 as UInt32)], [("ESZ3", 1), ("MESZ3", 3)]])
    func `the traded book is none from a hole's mark to its next group`(symbols: [(String, UInt32)]) throws {
        var fold = try Self.risk(symbols)
        let start = try MarketFoldTests.instant(8, 10, 0)
        let traded = symbols.count == 1 ? 1 : 3 as UInt32
        for id in [1, 3] as [UInt32] { Self.take(MarketFoldTests.book(id, start, bid: 18_000), &fold) }
        #expect(fold.quote().quality == [])
        if symbols.count > 1 {
            Self.take(try Self.gap(from: start, to: start + 5, instrument: 1), &fold)
            #expect(fold.quote().quality == [], "the other contract's hole")
        }
        Self.take(try Self.gap(from: start, to: start + 5), &fold)
        #expect(fold.quote().quality == [.gap, .badBook])
        #expect(fold.read { $0.gate.bookQuality } == [.gap, .badBook])
        Self.take(MarketFoldTests.book(traded, start + 5, bid: 18_000), &fold)
        #expect(fold.quote().quality == [] && fold.read { $0.gate.bookQuality } == [])
    }

    @Test(arguments: [[("ESZ3", 1 as UInt32)], [("ESZ3", 1), ("MESZ3", 3)]])
    func `Friday's traded book is none on Sunday until its first group`(symbols: [(String, UInt32)]) throws {
        var fold = try Self.risk(symbols)
        let traded = symbols.count == 1 ? 1 : 3 as UInt32
        let friday = try MarketFoldTests.instant(8, 16, 59)
        for id in [1, 3] as [UInt32] { Self.take(MarketFoldTests.book(id, friday, bid: 18_000), &fold) }
        let sunday = try MarketFoldTests.instant(10, 18, 0, 1)
        if traded == 3 {
            Self.take(MarketFoldTests.book(1, sunday, bid: 18_000), &fold)
            Self.take(MarketFoldTests.book(1, sunday + 3_000_000_000, bid: 18_000), &fold)
            #expect(!fold.quote().quality.hasUsableBook, "open, and nothing has come")
            #expect(fold.quote().quality == .stale)
        }
        Self.take(MarketFoldTests.book(traded, sunday + 4_000_000_000, bid: 18_000), &fold)
        #expect(fold.quote().quality == [])
    }

    @Test(arguments: [(5_000, 5_000, 5_000), (60_000, 300_000, 60_000), (60_000, 5_000, 5_000), (250, 5_000, 1_000)])
    func `a mark lives until the feed is stale, a second at least, and no longer than a position may lack one`(
        stale: Int64, reducing: Int64, life: Int64
    ) throws {
        var trading = EventClockTests.trading
        trading.limits.marketDataAge = .milliseconds(stale)
        trading.limits.markReducing = .milliseconds(reducing)
        var watch = MarketWatch(
            plan: try MarketFoldTests.plan([("ESZ3", 1)]), calendar: try MarketFoldTests.configuration().calendar,
            configuration: trading)
        let heard = try MarketFoldTests.instant(8, 10, 0), end = heard + UInt64(life) * 1_000_000
        let (lives, outlives) = (
            watch.keepMark(secondEnded: end, heard: heard), watch.keepMark(secondEnded: end + 1, heard: heard)
        )
        #expect(lives && !outlives)
    }

    /// Another feed goes on, so that seconds end: none of them says that the book still stands.
    @Test(arguments: [(FeedCondition.live, true), (.lost, false)])
    func `while the feed is gone no second marks its book`(feed: FeedCondition, lives: Bool) throws {
        var watch = MarketWatch(
            plan: try MarketFoldTests.plan([("ESZ3", 1)]), calendar: try MarketFoldTests.configuration().calendar,
            configuration: EventClockTests.trading)
        watch.feedChanged(feed)
        let heard = try MarketFoldTests.instant(8, 10, 0)
        let isKept = watch.keepMark(secondEnded: heard, heard: heard)
        #expect(isKept == lives)
    }

    @Test func `a restart knows where the feed stood`() throws {
        var pipeline = try Self.pipeline()
        let time = try MarketFoldTests.instant(8, 10, 0)
        Self.take(MarketFoldTests.book(1, time, bid: 18_000), &pipeline)
        Self.take(try MarketFoldTests.mark(.replaying, at: time), &pipeline)
        var archive = StateArchive()
        try pipeline.persist(&archive)
        var again = try Self.pipeline()
        var load = StateArchive(loading: archive.bytes)
        try again.persist(&load)
        try load.checkEnd()
        #expect(again.feedQuality == [.warming, .replayed])
    }
}
