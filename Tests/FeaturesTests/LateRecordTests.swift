import DBN
import Determinism
import MarketData
import Testing
import Units

@testable import Features

/// Records that come when their second has ended, and groups that are open when it does.
@Suite struct LateRecordTests {
    typealias Desk = EngineScenarioTests.Desk
    private static let second: UInt64 = 1_000_000_000
    private static let minute = 60 * second

    @Test func `a record of a second that has ended is counted, and its trade goes to the next bar`() throws {
        var desk = try Desk()
        let start = desk.instant(3, 12, 0)
        desk.trade(start + 59 * Self.second, 100, bid: 99)
        desk.tick(start + Self.minute + 250_000_000)
        #expect(desk.player.engine.assembler.counters.late == 0)
        // Two records of one group.
        desk.trade(start + 59 * Self.second + 1, 104, bid: 99)
        #expect(desk.player.engine.assembler.counters.late == 2)
        desk.book(start + Self.minute, bid: 99)
        #expect(desk.player.engine.assembler.counters.late == 2)
    }

    @Test func `a group without its last record is closed with its second, whoever tells the time`() throws {
        var desk = try Desk()
        let start = desk.instant(3, 12, 0)
        desk.book(start + 100, bid: 99)
        desk.book(start + 900_000_000, bid: 105, flags: [])
        desk.tick(start + 1_249_999_999)
        #expect(desk.sink.rows.map(\.isGroup) == [true])
        desk.tick(start + 1_250_000_000)
        #expect(desk.sink.rows.map(\.isGroup) == [true, true, false])
        #expect(desk.last.values[.mid] == 105.5 * 0.25 && desk.mid.twiceMid == 211)
        #expect(desk.player.engine.assembler.counters.missingLast == 1)
        // One that lies after the end of a second is not yet over.
        desk.book(start + 1_240_000_000, bid: 107, flags: [])
        desk.tick(start + 1_260_000_000)
        #expect(desk.sink.rows.map(\.isGroup) == [true, true, false])
    }

    /// The rows of a tape, with the time told between its records and just before each of them, or not.
    private static func rows(_ records: [TapeRecord], seed: UInt64?) throws -> (rows: [AllRows.Row], missing: UInt64) {
        var player = Player(try TestSession.configuration())
        var sink = AllRows()
        var random = SeededGenerator(seed: seed ?? 0)
        for record in records {
            if seed != nil, record.received > player.clock {
                for _ in 0..<random.below(3) {
                    player.clock += random.below(record.received - player.clock)
                    player.engine.tick(clock: player.clock, sink: &sink)
                }
                if random.below(2) == 0 { player.engine.tick(clock: record.received, sink: &sink) }
            }
            player.take(record, sink: &sink)
        }
        return (sink.rows, player.engine.assembler.counters.missingLast)
    }

    @Test(arguments: [61, 62, 63] as [UInt64])
    func `whoever tells the time, rows are the same bits, although last records are missing`(seed: UInt64) throws {
        let records = RandomTape(
            seed: seed, start: TestSession.open + TestSession.minute, groups: 3_000, withFaults: true
        ).records
        let alone = try Self.rows(records, seed: nil)
        let told = try Self.rows(records, seed: seed)
        #expect(alone.missing > 10 && told.missing == alone.missing)
        #expect(alone.rows.count == told.rows.count)
        let firstDifference = zip(alone.rows, told.rows).enumerated().first { !($1.0 == $1.1) }?.offset
        #expect(firstDifference == nil, "seed \(seed)")
    }
}
