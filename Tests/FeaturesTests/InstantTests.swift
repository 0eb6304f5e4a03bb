import DBN
import Determinism
import Features
import MarketData
import Testing

/// Rows at instants inside a second: they are there, right, and change nothing else.
@Suite struct InstantTests {
    private static let quarter: UInt64 = 250_000_000

    /// All rows, and those of quarter seconds apart from them.
    struct QuarterRows: FeatureSink {
        var all = AllRows()
        var quarters: [AllRows.Row] = []
        /// Groups and seconds seen before each quarter.
        var before: [Int] = []

        mutating func groupClosed(_ engine: borrowing ContractEngine) { all.groupClosed(engine) }
        mutating func secondEnded(_ engine: borrowing ContractEngine, time: UInt64) {
            all.secondEnded(engine, time: time)
        }
        func instantDue(after time: UInt64) -> UInt64 {
            (max(time, quarters.last?.time ?? 0) / InstantTests.quarter + 1) * InstantTests.quarter
        }
        mutating func instantPassed(_ engine: borrowing ContractEngine, time: UInt64) {
            quarters.append(AllRows.Row(isGroup: false, time: time, values: Array(engine.vector)))
            before.append(all.rows.count)
        }
    }

    private static func play(_ records: [TapeRecord], _ configuration: FeatureConfiguration) -> QuarterRows {
        var player = Player(configuration)
        var sink = QuarterRows()
        for record in records { player.take(record, sink: &sink) }
        return sink
    }

    @Test(arguments: [43, 44, 45] as [UInt64])
    func `groups and seconds are the same bits with and without`(seed: UInt64) throws {
        let configuration = try TestSession.configuration()
        let records = RandomTape(
            seed: seed, start: TestSession.open + TestSession.minute, groups: 2_600, withFaults: true
        ).records
        let without = Player.rows(records, configuration)
        let with = Self.play(records, configuration)
        #expect(with.all.rows.count == without.count)
        let firstDifference = zip(with.all.rows, without).enumerated().first { !($1.0 == $1.1) }?.offset
        #expect(firstDifference == nil, "seed \(seed)")
        #expect(with.quarters.count > 2_000, "seed \(seed): \(with.quarters.count)")
    }

    @Test func `every quarter of a second gives one row, before the group that ends it`() throws {
        let records = RandomTape(
            seed: 46, start: TestSession.open + TestSession.minute, groups: 800, withFaults: true
        ).records
        let sink = Self.play(records, try TestSession.configuration())
        let times = sink.quarters.map(\.time)
        #expect(times.allSatisfy { $0 % Self.quarter == 0 && $0 % (4 * Self.quarter) != 0 })
        let first = try #require(times.first), last = try #require(times.last)
        let expected = stride(from: first, through: last, by: Int(Self.quarter)).filter { $0 % (4 * Self.quarter) != 0 }
        #expect(times == expected)
        for (row, count) in zip(sink.quarters, sink.before) {
            let seconds = sink.all.rows[..<count].filter { !$0.isGroup }
            if let second = seconds.last { #expect(second.time < row.time) }
            #expect(row.time < (seconds.last?.time ?? first) + 4 * Self.quarter)
        }
    }

    @Test func `sums decay to the instant, and a mid is held for a second`() throws {
        var tape = TestTape(origin: TestSession.open + 60_000_000_000)
        tape.bids = [.init(price: 20_000, size: 10, count: 2)]
        tape.asks = [.init(price: 20_001, size: 10, count: 2)]
        tape.add(at: 0.1)
        tape.bids[0].size = 30
        tape.add(at: 0.2, side: .bid, price: 20_000, size: 20)
        tape.asks = []
        tape.add(at: 0.3, action: .cancel, side: .ask, price: 20_001, size: 10)
        tape.add(at: 2.9, side: .bid, price: 20_000, size: 1)
        var engine = ContractEngine(configuration: try TestSession.configuration())
        var sink = QuarterRows()
        tape.play(&engine, sink: &sink)
        let rows = Dictionary(uniqueKeysWithValues: sink.quarters.map { (($0.time - tape.origin) / 1_000_000, $0) })
        #expect(rows.keys.sorted() == [250, 500, 750, 1_250, 1_500, 1_750, 2_250, 2_500, 2_750])
        let early = try #require(rows[500]), late = try #require(rows[1_250])
        let ratio = late.values[.orderFlowImbalance10] / early.values[.orderFlowImbalance10]
        #expect(abs(ratio - DeterministicMath.exp2(-0.75 / 10)) < 1e-12, "\(ratio)")
        #expect(late.values[.mid] == 20_000.5 * 0.25)
        #expect(rows[1_500]?.values[.mid].isNaN == true)
    }
}
