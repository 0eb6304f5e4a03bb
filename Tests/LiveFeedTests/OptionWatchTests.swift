import Configuration
import DBN
import Determinism
import MarketCalendar
import Testing
import Units

@testable import LiveFeed

@Suite struct OptionWatchTests {
    private static let future: UInt32 = 7

    private static func watch(index: (root: String, calendar: TradingCalendar)? = nil) -> OptionWatch {
        OptionWatch(futures: ["ES.c.0", "ES.c.1"], index: index, rules: OptionSelectionRules())
    }

    private static func take(_ watch: inout OptionWatch, _ record: [UInt8]) {
        MarketLog.view(record) { watch.take($0) }
    }

    private static func book(_ price: Int64, _ instrument: UInt32 = future) -> [UInt8] {
        var bytes = LiveRecord.book(instrument: instrument, event: MarketLog.start)
        LiveRecord.put(price * 1_000_000_000 - 125_000_000, &bytes, 48)
        LiveRecord.put(price * 1_000_000_000 + 125_000_000, &bytes, 56)
        return bytes
    }

    private static func option(_ symbol: String, strike: Int64, underlying: String = "ESZ6") throws -> [UInt8] {
        try LiveRecord.definition(
            instrument: UInt32(strike), event: MarketLog.start, symbol: symbol, kind: .call
        ) { record in
            record.underlying = underlying
            record.strikePrice = Price(nanos: strike * 1_000_000_000)
            record.expiration = Timestamp(nanoseconds: MarketLog.start + 86_400 * MarketLog.second)
        }
    }

    @Test func `definitions that come before the future has a name count`() throws {
        var watch = Self.watch()
        Self.take(&watch, try Self.option("A", strike: 5_000))
        Self.take(&watch, try Self.option("B", strike: 5_000, underlying: "NQZ6"))
        #expect(watch.additions(now: .zero) == [])
        Self.take(&watch, try LiveRecord.mapping(instrument: Self.future, "ES.c.0", "ESZ6"))
        #expect(watch.count == 1)
        #expect(!watch.isReady)
        Self.take(&watch, Self.book(5_000))
        #expect(watch.isReady)
        #expect(watch.forward == Price(nanos: 5_000_000_000_000))
        #expect(watch.additions(now: .zero) == ["A"])
    }

    /// Every state in which it can be saved: before the future has a name, before its price, after a choice.
    @Test(arguments: 0...8)
    func `one that was saved goes on as the one that was not`(savedAfter count: Int) throws {
        let records = [
            try Self.option("A", strike: 5_000), try LiveRecord.mapping(instrument: 3, "EARLY", "EARLY"),
            try LiveRecord.mapping(instrument: Self.future, "ES.c.0", "ESZ6"), try Self.option("B", strike: 5_010),
            Self.book(5_000), try LiveRecord.mapping(instrument: 4, "B", "B"), try Self.option("EARLY", strike: 5_020),
            try LiveRecord.mapping(instrument: 8, "ES.c.1", "ESH7"), Self.book(5_700),
        ]
        var (whole, saved) = (Self.watch(), Self.watch())
        for (place, record) in records.enumerated() {
            Self.take(&whole, record)
            Self.take(&saved, record)
            let now = Nanoseconds.seconds(Int64(place) * 20)
            #expect(saved.additions(now: now) == whole.additions(now: now))
            if place == count { saved = try Self.reloaded(saved) }
            #expect(saved.chosen == whole.chosen)
            #expect(saved.count == whole.count)
            #expect(saved.forward == whole.forward)
            #expect(saved.isReady == whole.isReady)
        }
        #expect(whole.chosen.sorted() == ["A", "B", "EARLY"])
    }

    private static func reloaded(_ saved: OptionWatch) throws -> OptionWatch {
        var (saved, loaded) = (saved, Self.watch())
        var archive = StateArchive()
        try saved.persist(&archive)
        var reading = StateArchive(loading: archive.finish())
        try loaded.persist(&reading)
        try reading.checkEnd()
        return loaded
    }

    @Test func `in the week of the roll the chain is of both futures, each measured from its own`() throws {
        var watch = Self.watch()
        // Before any name: of the contract that ends, of the one that leads, and of one that nobody asks for.
        Self.take(&watch, try Self.option("ends", strike: 5_700))
        Self.take(&watch, try Self.option("leads", strike: 5_840, underlying: "ESH7"))
        Self.take(&watch, try Self.option("late", strike: 5_001, underlying: "ESM7"))
        Self.take(&watch, try LiveRecord.mapping(instrument: Self.future, "ES.c.0", "ESZ6"))
        Self.take(&watch, Self.book(5_000))
        #expect(watch.count == 1 && watch.isReady)
        Self.take(&watch, try LiveRecord.mapping(instrument: 8, "ES.c.1", "ESH7"))
        #expect(watch.count == 2 && !watch.isReady)
        #expect(watch.additions(now: .zero) == ["ends"])
        Self.take(&watch, Self.book(5_055, 8))
        #expect(watch.isReady && watch.forward == Price(nanos: 5_000_000_000_000))
        #expect(watch.additions(now: .seconds(10)) == ["leads"], "too far from the other one")
        // A week later the first place is the next contract's.
        Self.take(&watch, try LiveRecord.mapping(instrument: 8, "ES.c.0", "ESH7"))
        Self.take(&watch, try LiveRecord.mapping(instrument: 9, "ES.c.1", "ESM7"))
        Self.take(&watch, Self.book(5_110, 9))
        Self.take(&watch, try Self.option("next", strike: 5_850, underlying: "ESM7"))
        Self.take(&watch, try Self.option("lead", strike: 5_841, underlying: "ESH7"))
        #expect(watch.additions(now: .seconds(20)) == ["next", "lead"])
    }

    @Test func `it looks again when definitions or the price have changed, and no oftener than allowed`() throws {
        var watch = Self.watch()
        Self.take(&watch, try LiveRecord.mapping(instrument: Self.future, "ES.c.0", "ESZ6"))
        Self.take(&watch, Self.book(5_000))
        Self.take(&watch, try Self.option("near", strike: 5_000))
        Self.take(&watch, try Self.option("far", strike: 5_830))
        #expect(watch.additions(now: .zero) == ["near"])
        Self.take(&watch, try Self.option("new", strike: 5_010))
        #expect(watch.additions(now: .seconds(9)) == [])
        #expect(watch.additions(now: .seconds(10)) == ["new"])
        // Half of the drift, a percent, is 25 points.
        Self.take(&watch, Self.book(5_025))
        #expect(watch.additions(now: .seconds(30)) == [])
        Self.take(&watch, Self.book(5_026))
        #expect(watch.additions(now: .seconds(31)) == ["far"])
        #expect(watch.chosen == ["near", "far", "new"])
    }

    /// The market is closed from one book to the next: definitions tell the time meanwhile.
    @Test(arguments: [false, true])
    func `a contract that comes into the horizon while the market is closed is chosen`(isSaved: Bool) throws {
        let day = 86_400 * MarketLog.second
        func option(_ symbol: String, strike: Int64, after days: UInt64, said: UInt64 = 0) throws -> [UInt8] {
            try LiveRecord.definition(
                instrument: UInt32(strike), event: MarketLog.start + said * day, symbol: symbol, kind: .put
            ) { record in
                record.underlying = "ESZ6"
                record.strikePrice = Price(nanos: strike * 1_000_000_000)
                record.expiration = Timestamp(nanoseconds: MarketLog.start + days * day)
            }
        }
        var watch = Self.watch()
        Self.take(&watch, try LiveRecord.mapping(instrument: Self.future, "ES.c.0", "ESZ6"))
        Self.take(&watch, try option("in", strike: 5_000, after: 45))
        Self.take(&watch, try option("two days more", strike: 5_005, after: 47))
        Self.take(&watch, try option("four days more", strike: 5_010, after: 49))
        Self.take(&watch, Self.book(5_000))
        #expect(watch.additions(now: .zero) == ["in"])
        if isSaved { watch = try Self.reloaded(watch) }
        // Of a contract that is known already, and far away: nothing has changed but the time.
        Self.take(&watch, LiveRecord.book(instrument: 99, event: MarketLog.start + day))
        #expect(watch.additions(now: .seconds(10)) == [])
        Self.take(&watch, LiveRecord.book(instrument: 99, event: MarketLog.start + 3 * day))
        #expect(watch.additions(now: .seconds(20)) == ["two days more"])
        Self.take(&watch, try option("expired meanwhile", strike: 5_015, after: 2, said: 3))
        #expect(watch.additions(now: .seconds(30)) == [])
        Self.take(&watch, LiveRecord.book(instrument: 99, event: MarketLog.start + 4 * day))
        #expect(watch.additions(now: .seconds(40)) == ["four days more"])
    }

    @Test func `the wall clock tells the time until the first book, whatever it says`() throws {
        var watch = Self.watch()
        Self.take(&watch, try LiveRecord.mapping(instrument: Self.future, "ES.c.0", "ESZ6"))
        Self.take(&watch, try Self.option("A", strike: 5_000))
        watch.setTime(Timestamp(nanoseconds: MarketLog.start + 400 * 86_400 * MarketLog.second))
        Self.take(&watch, Self.book(5_000))
        #expect(watch.additions(now: .zero) == ["A"], "a tape of last year")
    }

    @Test func `what an earlier session subscribed to is chosen already`() throws {
        var watch = Self.watch()
        Self.take(&watch, try LiveRecord.mapping(instrument: 5_000, "A", "A"))
        Self.take(&watch, try Self.option("A", strike: 5_000))
        Self.take(&watch, try Self.option("B", strike: 5_001))
        Self.take(&watch, try Self.option("C", strike: 5_002))
        Self.take(&watch, try LiveRecord.mapping(instrument: Self.future, "ES.c.0", "ESZ6"))
        Self.take(&watch, try LiveRecord.mapping(instrument: 5_001, "B", "B"))
        // Of a family, not of the contract alone.
        Self.take(&watch, try LiveRecord.mapping(instrument: 5_002, "ES.OPT", "C"))
        #expect(watch.chosen == ["A", "B"])
        Self.take(&watch, Self.book(5_000))
        #expect(watch.additions(now: .zero) == ["C"])
        #expect(watch.chosen == ["A", "B", "C"])
    }

    @Test func `without a book the settlement tells where strikes are`() throws {
        var watch = Self.watch()
        Self.take(&watch, try LiveRecord.mapping(instrument: Self.future, "ES.c.0", "ESZ6"))
        var record = StatisticsRecord(
            header: RecordHeader(
                publisherID: 1, instrumentID: InstrumentID(Self.future),
                eventTime: Timestamp(nanoseconds: MarketLog.start)),
            receiveTime: Timestamp(nanoseconds: MarketLog.start), type: .settlementPrice)
        record.price = Price(nanos: 5_000_000_000_000)
        var bytes = [UInt8](repeating: 0, count: RecordByteCount.statistics)
        bytes.withUnsafeMutableBytes { raw in if let base = raw.baseAddress { record.write(to: base) } }
        Self.take(&watch, bytes)
        Self.take(&watch, try Self.option("A", strike: 5_000))
        watch.setTime(Timestamp(nanoseconds: MarketLog.start))
        #expect(watch.forward == record.price)
        #expect(!watch.isReady)
        #expect(watch.additions(now: .zero) == ["A"])
    }

    @Test func `an index's strikes are measured from the future`() throws {
        let calendar = TradingCalendar.cmeEquityIndex(zone: try ZoneData.newYork(), windows: .regular)
        var watch = Self.watch(index: ("SPXW", calendar))
        Self.take(&watch, try Self.option("SPXW  261218C05000000", strike: 5_000, underlying: "SPX"))
        #expect(watch.count == 1)
        Self.take(&watch, try LiveRecord.mapping(instrument: Self.future, "ES.c.0", "ESZ6"))
        Self.take(&watch, Self.book(5_100))
        #expect(watch.additions(now: .zero) == ["SPXW  261218C05000000"])
    }

    @Test func `families are those of the exchange`() {
        let parents = OptionFamilies.parents(futuresRoot: "ES")
        #expect(parents.count == 31)
        #expect(Set(parents).isSuperset(of: ["ES.OPT", "EW.OPT", "EW4.OPT", "E1A.OPT", "E5E.OPT"]))
        #expect(OptionFamilies.parents(futuresRoot: "CL") == ["CL.OPT"])
        #expect(OptionFamilies.parents(indexRoot: "SPXW") == ["SPXW.OPT"])
    }
}

@Suite struct FeedMergeTests {
    private static let now = Nanoseconds.seconds(1_000)

    private static func time(_ count: UInt64) -> Timestamp { Timestamp(nanoseconds: count) }

    private static func limit(
        _ merge: FeedMerge, _ state: FeedState, held: UInt64? = nil, reached: UInt64? = nil, after: Int64 = 0
    ) -> Timestamp {
        merge.limit(
            of: 1, state, held: held.map(time), reached: reached.map(time) ?? .undefined, now: now + .seconds(after))
    }

    @Test func `a feed goes as far as the other has come`() {
        let merge = FeedMerge(now: Self.now)
        #expect(Self.limit(merge, .replaying) == Self.time(0))
        #expect(Self.limit(merge, .replaying, reached: 50) == Self.time(50))
        #expect(Self.limit(merge, .replaying, held: 60, reached: 50) == Self.time(60))
        #expect(Self.limit(merge, .live, held: 60, reached: 50) == .undefined)
        #expect(Self.limit(merge, .refused) == .undefined)
    }

    @Test func `the first session of the other is waited for, but not for long`() {
        let merge = FeedMerge(now: Self.now)
        for state in [FeedState.down, .connecting, .authenticating] {
            #expect(Self.limit(merge, state) == Self.time(0))
            #expect(Self.limit(merge, state, after: 16) == .undefined)
        }
    }

    @Test func `in a run that goes on nobody is waited for for long`() {
        let merge = FeedMerge(now: Self.now, isResumed: true)
        for state in [FeedState.down, .connecting, .authenticating, .replaying] {
            #expect(Self.limit(merge, state, reached: 50, after: 2) == Self.time(50))
            #expect(Self.limit(merge, state, reached: 50, after: 3) == .undefined)
        }
    }

    @Test func `once both were live neither waits again`() {
        var merge = FeedMerge(now: Self.now)
        merge.see(1, .live, now: Self.now)
        #expect(!merge.isOver)
        // It broke off before this one had caught up.
        #expect(Self.limit(merge, .down, reached: 50) == .undefined)
        #expect(Self.limit(merge, .replaying, reached: 50) == Self.time(50))
        merge.see(0, .live, now: Self.now)
        #expect(merge.isOver)
        #expect(Self.limit(merge, .replaying, reached: 50) == .undefined)
    }

    @Test func `a feed that is live does not wait long for one that comes late`() {
        var merge = FeedMerge(now: Self.now)
        merge.see(0, .live, now: Self.now)
        func limit(after seconds: Int64) -> Timestamp {
            merge.limit(of: 1, .replaying, held: nil, reached: Self.time(50), now: Self.now + .seconds(seconds))
        }
        #expect(limit(after: 15) == Self.time(50), "the end of a replay that both began with")
        #expect(limit(after: 16) == .undefined)
    }

    /// Two streams of seeded times, each with a replay that ends anywhere: what comes out is sorted.
    @Test(arguments: [1, 2, 3, 4, 5] as [UInt64])
    func `two replays come out in the order of time`(seed: UInt64) {
        var generator = seed
        func next(_ bound: UInt64) -> UInt64 {
            generator = generator &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return (generator >> 33) % bound
        }
        var streams: [[UInt64]] = [[], []]
        for place in 0..<2 { streams[place] = (0..<200).map { _ in next(10_000) }.sorted() }
        var positions = [0, 0]
        var arrived = [0, 0]
        var reached: [Timestamp] = [.undefined, .undefined]
        var handed: [UInt64] = []
        var merge = FeedMerge(now: Self.now)
        var rounds = 0
        while positions != [200, 200], rounds < 10_000 {
            rounds += 1
            for place in 0..<2 {
                arrived[place] = min(200, arrived[place] + Int(next(20)))
                let other = 1 - place
                func state(_ place: Int) -> FeedState { positions[place] == 200 ? .live : .replaying }
                merge.see(other, state(other), now: Self.now)
                let held = positions[other] < arrived[other] && reached[other].isDefined
                let limit = merge.limit(
                    of: other, state(other), held: held ? Self.time(streams[other][positions[other]]) : nil,
                    reached: reached[other], now: Self.now)
                while positions[place] < arrived[place] {
                    let time = Self.time(streams[place][positions[place]])
                    // The first record is always looked at, and then held.
                    if !reached[place].isDefined { reached[place] = Self.time(0) }
                    guard time <= limit else { break }
                    handed.append(time.nanoseconds)
                    reached[place] = time
                    positions[place] += 1
                }
            }
        }
        #expect(handed.count == 400, "seed \(seed)")
        #expect(handed == handed.sorted(), "seed \(seed)")
    }
}
