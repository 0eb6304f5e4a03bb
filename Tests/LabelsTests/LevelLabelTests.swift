import Features
import Labels
import Testing

/// Small paths by hand, FEATURES B.8.
@Suite struct LevelLabelTests {
    private static let second: UInt64 = 1_000_000_000

    private static func start(
        _ level: LevelKind = .premarketHigh, at time: UInt64 = 1_000, side: Int32 = 1,
        price: LevelPrice = LevelPrice(numerator: 100), atr: Double = .nan, limit: UInt64 = .max
    ) -> TestStart {
        TestStart(
            level: level, time: time * second, eventTime: time * second, received: time * second, sequence: 7,
            side: side, price: price, averageTrueRange: atr, limit: limit)
    }

    /// The labels of one start, by the end of their names.
    private static func labels(
        _ start: TestStart, _ trades: [(after: Double, price: Int32)], end: UInt64 = 2_000
    ) throws -> [String: Double] {
        var tracker = LabelTracker()
        tracker.pass(to: start.time, received: start.time)
        tracker.begin(start)
        for trade in trades {
            let time = start.time + UInt64(trade.after * 1e9)
            tracker.pass(to: time, received: time)
            tracker.trade(price: trade.price, time: time)
        }
        tracker.pass(to: end * second, received: end * second + 5)
        let row = try #require(tracker.finish().first)
        let names = LabelSchema.columns.map(\.name)
        return Dictionary(uniqueKeysWithValues: zip(names, row.values))
    }

    @Test func `there are sixty columns, all of them labels`() {
        #expect(LabelSchema.columns.count == 60)
        #expect(Set(LabelSchema.columns.map(\.name)).count == 60)
        #expect(LabelSchema.columns.allSatisfy { $0.name.hasPrefix("label_") })
    }

    @Test func `no column of the live vector is a label`() {
        #expect(FeatureSchema.columns.allSatisfy { !$0.name.hasPrefix("label_") })
        #expect(Set(FeatureSchema.columns.map(\.name)).isDisjoint(with: LabelSchema.columns.map(\.name)))
    }

    @Test func `the first barrier decides, the excursions go on`() throws {
        let labels = try Self.labels(Self.start(), [(0, 120), (1.5, 97), (3, 92), (4, 108), (130, 110), (481, 200)])
        #expect(labels["label_pm_high_outcome_120s_code"] == -1)
        #expect(labels["label_pm_high_seconds_to_outcome_120s"] == 3)
        #expect(labels["label_pm_high_max_favorable_excursion_120s_ticks"] == 8)
        #expect(labels["label_pm_high_max_favorable_excursion_240s_ticks"] == 10)
        #expect(labels["label_pm_high_max_adverse_excursion_480s_ticks"] == 8)
        #expect(labels["label_pm_low_outcome_120s_code"]?.isNaN == true)
    }

    @Test func `a test from above turns the signs, and a level may lie between ticks`() throws {
        let start = Self.start(
            .movingAverage, side: -1, price: LevelPrice(numerator: 201, denominator: 2), atr: 10.5)
        // H = 10: 10.5 goes to the even one. u = −(n − 100.5).
        #expect(start.barrier == 10)
        let labels = try Self.labels(start, [(120, 91), (120.5, 90)])
        #expect(labels["label_sma_90_outcome_120s_code"] == 0)
        #expect(labels["label_sma_90_seconds_to_outcome_120s"]?.isNaN == true)
        #expect(labels["label_sma_90_max_favorable_excursion_120s_ticks"] == 9.5)
        #expect(labels["label_sma_90_outcome_240s_code"] == 1)
        #expect(labels["label_sma_90_seconds_to_outcome_240s"] == 120.5)
        #expect(labels["label_sma_90_max_adverse_excursion_240s_ticks"] == 0)
    }

    @Test(arguments: [(8.5, 8), (9.5, 10), (3, 8), (11.2, 11), (.nan, 8)] as [(Double, Int64)])
    func `the barrier is one ATR to the even tick, at least eight`(atr: Double, barrier: Int64) {
        #expect(TestStart.barrier(averageTrueRange: atr) == barrier)
    }

    @Test func `a path into which a hole reaches is never known`() {
        var tracker = LabelTracker()
        let start = Self.start()
        tracker.begin(start)
        let later = Self.start(at: 1_301)
        // Told with the first group after it.
        tracker.lose(1_200 * Self.second..<1_300 * Self.second)
        tracker.pass(to: 1_301 * Self.second, received: 1_301 * Self.second)
        tracker.begin(later)
        tracker.pass(to: 9_000 * Self.second, received: 9_000 * Self.second)
        // Until 1 120, 1 240 and 1 480 s; of the other all is whole.
        #expect(tracker.finish().map { $0.known.map { $0 > 0 } } == [[true, false, false], [true, true, true]])
    }

    @Test func `what cuts a path short makes it unknown`() throws {
        let close = Self.labels
        let cut = try close(Self.start(limit: 1_240 * Self.second), [(1, 130)], 2_000)
        #expect(cut["label_pm_high_outcome_240s_code"] == 1)
        #expect(cut["label_pm_high_outcome_480s_code"]?.isNaN == true)
        let ended = try close(Self.start(), [(1, 130)], 1_240)
        #expect(ended["label_pm_high_outcome_120s_code"] == 1)
        #expect(ended["label_pm_high_outcome_240s_code"]?.isNaN == true, "a later trade of that instant may come")
        var tracker = LabelTracker()
        tracker.begin(Self.start())
        tracker.close(at: 1_200 * Self.second, received: 1_201 * Self.second)
        // The next day's first group does not complete what the market's close has cut.
        tracker.pass(to: 90_000 * Self.second, received: 90_000 * Self.second)
        #expect(tracker.finish().map { $0.known.map { $0 > 0 } } == [[true, false, false]])
        let sideless = try close(Self.start(side: 0), [(1, 130)], 2_000)
        #expect(sideless.values.allSatisfy { $0.isNaN })
    }

    @Test func `labels are known when a later group has come`() throws {
        var tracker = LabelTracker()
        tracker.begin(Self.start())
        tracker.pass(to: 1_120 * Self.second, received: 5)
        tracker.pass(to: 1_120 * Self.second + 1, received: 6)
        tracker.pass(to: 1_300 * Self.second, received: 7)
        #expect(tracker.finish().first?.known == [6, 7, 0])
    }
}
