import MarketData
import Testing
import Units

@testable import Features

/// Records that come when their second has ended.
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
}
