import DBN
import MarketCalendar
import MarketData
import Testing
import Units

@testable import Features

/// A level's columns are about the level and nothing else, and the market's know nothing of levels.
@Suite struct LevelIndependenceTests {
    private static let seed: UInt64 = 83

    private static func books(_ groups: Int = 1_300) -> [TapeRecord] {
        EveryColumnTape.books(seed: seed, groups: groups)
    }

    private static func configuration(premarketEnd: Int = 5) throws -> FeatureConfiguration {
        let windows = try SessionWindows(
            premarketStart: TimeOfDay(hour: 18, minute: 2), premarketEnd: TimeOfDay(hour: 18, minute: premarketEnd),
            openingRangeStart: TimeOfDay(hour: 18, minute: 2), openingRangeMinutes: 6,
            rthOpen: TimeOfDay(hour: 18, minute: 5), rthClose: TimeOfDay(hour: 16, minute: 0),
            initialBalanceMinutes: 10)
        var configuration = try EveryColumnTape.configuration(seed: seed)
        configuration.calendar = .cmeEquityIndex(zone: try ZoneFile.newYork(), windows: windows)
        return configuration
    }

    private static func rows(_ books: [TapeRecord], _ configuration: FeatureConfiguration) throws -> [AllRows.Row] {
        let tape = try EveryColumnTape(seed: seed, books: books)
        var player = ChainPlayer(configuration)
        player.live(through: tape.days)
        var sink = AllRows()
        for record in tape.records { player.take(record, sink: &sink) }
        return sink.rows
    }

    // MARK: Two levels at one price

    private static let pairs: [(LevelKind, LevelKind)] = [
        (.premarketHigh, .openingRangeHigh), (.premarketLow, .openingRangeLow),
    ]

    @Test func `two levels of one price and one age have equal columns, those of options too`() throws {
        let rows = try Self.rows(Self.books(), try Self.configuration(premarketEnd: 8))
        var seen: Set<LevelFeature> = []
        for row in rows {
            for feature in LevelFeature.allCases {
                for (one, other) in Self.pairs {
                    let (a, b) = (row.values[one, feature], row.values[other, feature])
                    #expect(a.bitPattern == b.bitPattern, "seed \(Self.seed), \(one) \(feature): \(a) and \(b)")
                    if !a.isNaN { seen.insert(feature) }
                }
            }
        }
        let unseen = LevelFeature.allCases.filter { !seen.contains($0) }
        #expect(unseen.isEmpty, "seed \(Self.seed): \(unseen)")
    }

    /// Rows that know neither when a level became active nor what happened since.
    private static let timeless: [LevelFeature] = [
        .distance, .distanceInATR, .slope, .bidDepthInBand, .askDepthInBand, .bidDepthAtLevel, .askDepthAtLevel,
        .queueImbalance, .orderCountImbalance, .openInterestShare, .putCallOpenInterest, .gammaExposure,
        .gammaExposureShare, .touchProbability,
    ]
    /// The same once price has come from the same side to both.
    private static let sided: [LevelFeature] = [
        .approachVelocity5s, .approachVelocity30s, .approachAcceleration5s, .approachEfficiency60s,
        .passiveDepthToAverage, .passiveDepthTimeOfDay, .depthToLevel, .depthBeyond, .largestQueueOffset,
    ]

    @Test func `two levels of one price and different ages differ in what they have seen only`() throws {
        let rows = try Self.rows(Self.books(), try Self.configuration())
        // The extremes of the longer window lie in the shorter one on one side at least.
        var equal = 0
        for (early, late) in Self.pairs {
            let active = rows.filter { !$0.values[late, .distance].isNaN }
            guard active.allSatisfy({ $0.values[early, .distance] == $0.values[late, .distance] }) else { continue }
            equal += 1
            for row in active {
                let sameSide = row.values[early, .approachSide] == row.values[late, .approachSide]
                for feature in Self.timeless + (sameSide ? Self.sided : []) {
                    let (a, b) = (row.values[early, feature], row.values[late, feature])
                    #expect(a.bitPattern == b.bitPattern, "seed \(Self.seed), \(feature): \(a) and \(b)")
                }
            }
            #expect(active.contains { $0.values[early, .volumeShare] != $0.values[late, .volumeShare] })
        }
        #expect(equal > 0, "seed \(Self.seed): no extreme in common")
    }

    // MARK: What is far from a level

    /// Level rows that are measured in the market's own units, or in shares of all that trades; and a test's excursion,
    /// which is as long as trades go while it lasts.
    private static let normalized: Set<LevelFeature> = [
        .distanceInATR, .passiveDepthToAverage, .volumeShare, .volumeBeyondShare, .penetrationOfTest,
        .penetrationOfSession,
    ]
    private static let reach = 10

    @Test func `what happens far from a level leaves its columns alone`() throws {
        var probe = LastRows()
        let books = Self.books()
        var player = Player(try Self.configuration())
        for record in books { player.take(record, sink: &probe) }
        let level = Int(player.engine.level(.premarketHigh).pointee.price.nearest)
        let (changed, inserted) = Self.changed(books, farFrom: level)
        let base = try Self.rows(books, try Self.configuration())
        let rows = try Self.rows(changed, try Self.configuration())
        let kept = rows.filter { !$0.isGroup || !inserted.contains($0.time) }
        let expected = base.filter { !$0.isGroup || !inserted.contains($0.time) }
        #expect(kept.count == expected.count && inserted.count > 20)
        var failures: [LevelFeature: String] = [:]
        var moved: Set<LevelFeature> = []
        var marketMoved = false
        for (a, b) in zip(expected, kept) {
            marketMoved = marketMoved || a.values[.bidDepthTop10] != b.values[.bidDepthTop10] && !a.values[.mid].isNaN
            for feature in LevelFeature.allCases {
                let (value, other) = (a.values[.premarketHigh, feature], b.values[.premarketHigh, feature])
                let isSame = value.isNaN && other.isNaN || abs(value - other) <= 1e-11 * max(1, abs(value))
                if isSame { continue }
                moved.insert(feature)
                if !Self.normalized.contains(feature) {
                    failures[feature] = failures[feature] ?? "\(feature) at \(a.time): \(value) and \(other)"
                }
            }
        }
        #expect(failures.isEmpty, "seed \(Self.seed): \(failures.values.sorted())")
        #expect(marketMoved && moved == Self.normalized, "seed \(Self.seed): \(moved)")
    }

    /// Other sizes at bids far below and offers far above a level, and trades forty ticks from it. Returns the times of
    /// the groups that the trades are.
    private static func changed(_ books: [TapeRecord], farFrom level: Int) -> ([TapeRecord], Set<UInt64>) {
        var result: [TapeRecord] = []
        var inserted: Set<UInt64> = []
        let from = TestSession.open + 9 * TestSession.minute
        for (index, record) in books.enumerated() {
            var record = record
            guard record.time >= from else {
                result.append(record)
                continue
            }
            for slot in record.bids.indices where record.bids[slot].price < level - reach {
                record.bids[slot].size += 7
            }
            for slot in record.asks.indices where record.asks[slot].price > level + reach {
                record.asks[slot].size += 7
            }
            let startsGroup = books[index - 1].flags.contains(.last)
            if startsGroup, record.action == .trade, index % 3 == 0, let previous = result.last {
                var trade = previous
                (trade.time, trade.received) = (record.time - 1, max(previous.received, record.received - 1))
                (trade.action, trade.side, trade.size) = (.trade, index % 2 == 0 ? .bid : .ask, 40)
                trade.price = index % 2 == 0 ? level + 40 : level - 40
                trade.flags = .last
                if trade.time > previous.time {
                    inserted.insert(trade.time)
                    result.append(trade)
                }
            }
            result.append(record)
        }
        return (result, inserted)
    }

    // MARK: The market

    @Test func `market columns are the same bits whatever a level is`() throws {
        let books = Self.books(900)
        let base = try Self.rows(books, try Self.configuration())
        var other = try Self.configuration()
        other.levels = LevelParameters(
            band: 7, touch: 1, reset: 13, beyond: 3, largeTrade: other.levels.largeTrade)
        (other.averageBarMinutes, other.averageLength) = (2, 3)
        other.options.nearLevelNanos = 30_000_000_000
        let rows = try Self.rows(books, other)
        #expect(base.count == rows.count)
        var levelsDiffer = false
        for (index, (a, b)) in zip(base, rows).enumerated() {
            for column in FeatureSchema.columns.indices
            where a.values[column].bitPattern != b.values[column].bitPattern {
                guard FeatureSchema.columns[column].level == nil else {
                    levelsDiffer = true
                    continue
                }
                let name = FeatureSchema.columns[column].name
                Issue.record("seed \(Self.seed), row \(index), \(name): \(a.values[column]) and \(b.values[column])")
                return
            }
        }
        #expect(levelsDiffer)
    }
}
