import DBN
import Features
import MarketCalendar
import Testing
import Units

@testable import Pipeline

/// Which columns a run names that begins when the day is under way.
@Suite struct ColumnHistoryTests {
    private static let second: UInt64 = 1_000_000_000

    /// Books of trade date 2023-12-12, one a second from `start` on, as often as `count` says.
    private static func missing(from start: (hour: Int, minute: Int), seconds count: Int) throws -> [String] {
        var fold = MarketFold(
            plan: try MarketFoldTests.plan([("ESZ3", 1), ("MESZ3", 2)]),
            configuration: try MarketFoldTests.configuration())
        var told = MarketFoldTests.Told()
        let begin = try MarketFoldTests.instant(12, start.hour, start.minute)
        for index in 0..<count {
            let record = MarketFoldTests.book(1, begin + UInt64(index) * second, bid: 18_000 + index % 5)
            record.withUnsafeBytes { raw in
                guard let base = raw.baseAddress else { return }
                fold.take(RecordView(base), sequence: UInt64(index), sink: &told)
            }
        }
        // Three bars of two minutes, as the configuration says.
        return fold.columnsWithoutHistory(averageSpan: .minutes(6)).map { FeatureSchema.columns[$0].name }
    }

    private static func ofLevel(_ names: [String], _ level: LevelKind) -> Int {
        names.filter { $0.hasPrefix(level.name + "_") }.count
    }

    @Test func `a level whose window was missed is named with all of its columns, the others with none`() throws {
        let names = try Self.missing(from: (9, 31), seconds: 10)
        for kind in [LevelKind.premarketHigh, .premarketLow, .movingAverage] {
            #expect(Self.ofLevel(names, kind) == LevelFeature.count)
        }
        // Not due before 09:45.
        #expect(Self.ofLevel(names, .openingRangeHigh) == 0)
    }

    @Test func `a level that is there is named only with what needs earlier sessions`() throws {
        let names = try Self.missing(from: (9, 31), seconds: 1_000)
        #expect(Self.ofLevel(names, .premarketHigh) == LevelFeature.count)
        let past = LevelFeature.allCases.map(\.definition).filter(\.needsPastSessions)
        let rows = past.map { "or_high_" + $0.name }
        #expect(!rows.isEmpty)
        #expect(names.filter { $0.hasPrefix("or_high_") } == rows)
        #expect(Self.ofLevel(names, .movingAverage) == rows.count)
    }

    @Test func `market columns that need earlier sessions are named, no others`() throws {
        let names = try Self.missing(from: (9, 31), seconds: 10)
        let market = Set(MarketFeature.allCases.filter { $0.definition.needsPastSessions }.map(\.definition.name))
        let found = names.filter { name in LevelKind.allCases.allSatisfy { !name.hasPrefix($0.name + "_") } }
        #expect(found.count > 5)
        #expect(market.isSuperset(of: found))
    }

    @Test func `nothing is named before the first record`() throws {
        #expect(try Self.missing(from: (9, 31), seconds: 0) == [])
    }
}
