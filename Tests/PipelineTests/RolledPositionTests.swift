import DBN
import Determinism
import Features
import MarketCalendar
import Orders
import Risk
import Testing
import Units

@testable import Pipeline

/// A position and orders by hand over the roll of December 2023: MESZ3 until Friday the 8th, MESH4 from Sunday 18:00
/// on, 200 ticks above it.
@Suite struct RolledPositionTests {
    private static let second: UInt64 = 1_000_000_000
    private static let both = [("ESZ3", 1), ("ESH4", 2), ("MESZ3", 3), ("MESH4", 4)] as [(String, UInt32)]
    /// Without books of the micro the leader's own book fills the orders.
    private static let signalOnly = [("ESZ3", 1), ("ESH4", 2)] as [(String, UInt32)]

    private static func desk(_ contracts: [(String, UInt32)]) throws -> RollDesk {
        try RollDesk(plan: try MarketFoldTests.plan(contracts), features: try MarketFoldTests.configuration())
    }

    /// A record of every contract each second of [from, to).
    private static func play(
        _ desk: inout RollDesk, _ day: Int, _ from: (Int, Int, Int), seconds: Int, contracts: [(String, UInt32)]
    ) throws {
        let start = try MarketFoldTests.instant(day, from.0, from.1, from.2)
        for index in 0..<seconds {
            for (symbol, id) in contracts {
                let bid = (symbol.hasSuffix("Z3") ? 18_000 : 18_200) + index % 2
                desk.take(MarketFoldTests.book(id, start + UInt64(index) * second + UInt64(id) * 1_000, bid: bid))
            }
        }
    }

    private static func isOld(_ price: Ticks) -> Bool { price < Ticks(18_100) }

    @Test(arguments: [both, signalOnly])
    func `before the roll everything by hand is closed, and the lock ends with the new contract`(
        contracts: [(String, UInt32)]
    ) throws {
        var desk = try Self.desk(contracts)
        try Self.play(&desk, 8, (16, 54, 0), seconds: 50, contracts: contracts)
        #expect(desk.order(.buy, 2) == "approved")
        #expect(desk.order(.buy, 1, limit: 17_990) == "approved")
        try Self.play(&desk, 8, (16, 54, 50), seconds: 9, contracts: contracts)
        #expect(desk.gate.position.quantity == Quantity(2) && desk.changes.isEmpty)
        try Self.play(&desk, 8, (16, 54, 59), seconds: 20, contracts: contracts)
        #expect(desk.changes == ["FLATTENING contract_rolls", "LOCKED flat"])
        #expect(desk.order(.buy, 1) == "contract_rolls")
        #expect(desk.gate.isAtRest && desk.symbols == ["MESZ3"], "\(desk.symbols)")

        try Self.play(&desk, 10, (18, 0, 0), seconds: 5, contracts: contracts)
        #expect(desk.changes == ["FLATTENING contract_rolls", "LOCKED flat", "ACTIVE contract_rolls"])
        #expect(desk.symbols == ["MESH4"] && desk.gate.state == .active)
        #expect(desk.fills.allSatisfy { Self.isOld($0.price) } && desk.fills.count >= 2)
        #expect(desk.order(.buy, 1) == "approved")
        try Self.play(&desk, 10, (18, 0, 5), seconds: 3, contracts: contracts)
        #expect(desk.fills.last.map { !Self.isOld($0.price) } == true)
    }

    @Test func `an order alone is cancelled as well, and a restart does not end the lock`() throws {
        var desk = try Self.desk(Self.both)
        try Self.play(&desk, 8, (16, 54, 0), seconds: 50, contracts: Self.both)
        #expect(desk.order(.buy, 1, limit: 17_990) == "approved")
        try Self.play(&desk, 8, (16, 54, 50), seconds: 20, contracts: Self.both)
        #expect(desk.changes == ["FLATTENING contract_rolls", "LOCKED flat"] && desk.gate.working.isEmpty)
        try desk.restart()
        #expect(desk.gate.state == .locked)
    }

    @Test func `a restart just before the last minutes does not forget them`() throws {
        var desk = try Self.desk(Self.both)
        try Self.play(&desk, 8, (16, 54, 0), seconds: 50, contracts: Self.both)
        #expect(desk.order(.buy, 2) == "approved")
        try Self.play(&desk, 8, (16, 54, 50), seconds: 5, contracts: Self.both)
        try desk.restart()
        try Self.play(&desk, 8, (16, 54, 55), seconds: 20, contracts: Self.both)
        #expect(desk.changes == ["FLATTENING contract_rolls", "LOCKED flat"])
    }

    @Test func `a pause before the roll is one after it`() throws {
        var desk = try Self.desk(Self.both)
        try Self.play(&desk, 8, (16, 54, 0), seconds: 30, contracts: Self.both)
        #expect(desk.order(.buy, 2) == "approved")
        try Self.play(&desk, 8, (16, 54, 30), seconds: 10, contracts: Self.both)
        desk.ask(.pause)
        try Self.play(&desk, 8, (16, 54, 40), seconds: 40, contracts: Self.both)
        try Self.play(&desk, 10, (18, 0, 0), seconds: 5, contracts: Self.both)
        #expect(desk.gate.state == .reducing && desk.order(.buy, 1) == "trading_state")
    }

    /// The kept contract is halted over the roll; then records are missing, its market trades again, and its next book
    /// comes later and 100 ticks lower.
    @Test(arguments: [0, 3, 4] as [UInt32])
    func `a hole is one of the contract whose records are missing`(instrument: UInt32) throws {
        var desk = try Self.desk(Self.both)
        try Self.play(&desk, 8, (16, 54, 0), seconds: 20, contracts: Self.both)
        #expect(desk.order(.buy, 2) == "approved")
        try Self.play(&desk, 8, (16, 54, 20), seconds: 30, contracts: Self.both)
        desk.take(MarketFoldTests.status(3, try MarketFoldTests.instant(8, 16, 54, 50), .halt))
        try Self.play(&desk, 8, (16, 54, 51), seconds: 30, contracts: Self.both)
        try Self.play(&desk, 10, (18, 0, 0), seconds: 10, contracts: Self.both)
        let time = try MarketFoldTests.instant(10, 18, 0, 9)
        desk.take(try FeedQualityTests.gap(from: time, to: time + 2 * Self.second, instrument: instrument))
        desk.take(MarketFoldTests.status(3, time + 2 * Self.second, .trading))
        try Self.play(&desk, 10, (18, 0, 12), seconds: 3, contracts: Self.both.filter { $0.0 != "MESZ3" })
        let isWhole = instrument == 4
        #expect((desk.gate.position.quantity == .zero) == isWhole, "closed in a book that is whole, and in no other")
        let start = try MarketFoldTests.instant(10, 18, 0, 15)
        for index in 0..<5 {
            desk.take(MarketFoldTests.book(3, start + UInt64(index) * Self.second, bid: 17_900))
        }
        #expect(desk.gate.position.quantity == .zero && desk.symbols == ["MESH4"])
        #expect(desk.fills.last?.price == Ticks(isWhole ? 18_001 : 17_900))
    }

    @Test func `an order that still works when the next contract leads is never filled at that one's prices`() throws {
        var desk = try Self.desk(Self.both)
        try Self.play(&desk, 8, (16, 50, 0), seconds: 5, contracts: Self.both)
        #expect(desk.order(.sell, 1, limit: 18_100) == "approved")
        try Self.play(&desk, 8, (16, 50, 5), seconds: 2, contracts: Self.both)
        try Self.play(&desk, 10, (18, 0, 0), seconds: 5, contracts: Self.both)
        #expect(desk.fills.isEmpty, "200 ticks higher it would be")
        // The last minutes are known to have been as soon as the next session's first record comes.
        #expect(desk.changes == ["FLATTENING contract_rolls", "LOCKED flat", "ACTIVE contract_rolls"])
        #expect(desk.symbols == ["MESH4"] && desk.gate.isAtRest)
    }

    @Test(arguments: [both, signalOnly])
    func `what is held when the next contract leads is marked and closed at its own prices`(
        contracts: [(String, UInt32)]
    ) throws {
        var desk = try Self.desk(contracts)
        // The tape has a hole where the last minutes were.
        try Self.play(&desk, 8, (16, 50, 0), seconds: 20, contracts: contracts)
        #expect(desk.order(.buy, 2) == "approved")
        try Self.play(&desk, 8, (16, 50, 20), seconds: 5, contracts: contracts)
        #expect(desk.gate.position.quantity == Quantity(2))

        let open = try MarketFoldTests.instant(10, 18, 0)
        desk.take(MarketFoldTests.book(2, open + 2_000, bid: 18_200))
        #expect(desk.symbols == ["MESZ3", "MESH4"] && desk.gate.restrictions.contains(.contract))
        #expect(desk.order(.buy, 1) == "contract_rolls")
        try Self.play(&desk, 10, (18, 0, 0), seconds: 10, contracts: contracts)
        // The seconds of the hole have no mark, and that lock is the account's.
        #expect(desk.changes == ["REDUCING no_valid_mark", "FLATTENING no_valid_mark", "LOCKED flat"])
        #expect(desk.fills.allSatisfy { Self.isOld($0.price) } && desk.fills.count >= 2)
        #expect(desk.equity.allSatisfy { $0 < .zero && $0 > Money(cents: -2_000) }, "no profit out of the roll")
        #expect(desk.symbols == ["MESH4"] && desk.gate.isAtRest)
        desk.arm()
        #expect(desk.order(.buy, 1) == "approved")
        try Self.play(&desk, 10, (18, 0, 10), seconds: 3, contracts: contracts)
        #expect(desk.fills.last.map { !Self.isOld($0.price) } == true)
    }

    @Test(arguments: [both, signalOnly], [false, true])
    func `over a halt the old contract stays until it can be closed, over restarts too`(
        contracts: [(String, UInt32)], restarts: Bool
    ) throws {
        let traded: UInt32 = contracts.count > 2 ? 3 : 1
        var desk = try Self.desk(contracts)
        desk.restarts = restarts
        try Self.play(&desk, 8, (16, 54, 0), seconds: 20, contracts: contracts)
        #expect(desk.order(.sell, 2) == "approved")
        try Self.play(&desk, 8, (16, 54, 20), seconds: 30, contracts: contracts)
        desk.take(MarketFoldTests.status(traded, try MarketFoldTests.instant(8, 16, 54, 50), .halt))
        try Self.play(&desk, 8, (16, 54, 51), seconds: 30, contracts: contracts)
        #expect(desk.changes == ["REDUCING no_valid_mark", "FLATTENING contract_rolls"])
        try Self.play(&desk, 10, (18, 0, 0), seconds: 20, contracts: contracts)
        #expect(desk.symbols == ["MESZ3", "MESH4"] && desk.gate.state == .flattening)
        #expect(desk.gate.position.quantity == Quantity(-2) && desk.fills.count == 1)
        #expect(desk.order(.buy, 1) == "contract_rolls")
        #expect(desk.order(.sell, 1) == "contract_rolls")
        desk.take(MarketFoldTests.status(traded, try MarketFoldTests.instant(10, 18, 0, 20), .trading))
        try Self.play(&desk, 10, (18, 0, 21), seconds: 10, contracts: contracts)
        #expect(desk.fills.count >= 2 && desk.fills.allSatisfy { Self.isOld($0.price) })
        #expect(desk.equity.allSatisfy { $0 > Money(cents: -2_000) && $0 < Money(cents: 2_000) })
        #expect(desk.symbols == ["MESH4"] && desk.gate.state == .active)
        #expect(desk.changes.suffix(2) == ["LOCKED flat", "ACTIVE contract_rolls"])
    }

    /// Halted at 16:58:50 with a position, whose flatten cannot close it then.
    private static func halted() throws -> RollDesk {
        var desk = try desk(both)
        try play(&desk, 6, (16, 58, 0), seconds: 20, contracts: both)
        #expect(desk.order(.buy, 2) == "approved")
        try play(&desk, 6, (16, 58, 20), seconds: 30, contracts: both)
        #expect(desk.gate.position.quantity == Quantity(2))
        desk.take(MarketFoldTests.status(3, try MarketFoldTests.instant(6, 16, 58, 50), .halt))
        try play(&desk, 6, (16, 58, 51), seconds: 2, contracts: both)
        #expect(desk.gate.bookQuality.contains(.halted) && !desk.gate.bookQuality.contains(.closed))
        desk.flatten()
        try play(&desk, 6, (16, 58, 53), seconds: 2, contracts: both)
        return desk
    }

    @Test func `an operator's flatten goes on by itself after a halt`() throws {
        var desk = try Self.halted()
        desk.take(MarketFoldTests.status(3, try MarketFoldTests.instant(6, 16, 58, 55), .trading))
        try Self.play(&desk, 6, (16, 58, 56), seconds: 8, contracts: Self.both)
        #expect(desk.gate.position.quantity == .zero)
    }

    @Test func `and not after a halt that ends in the close`() throws {
        var desk = try Self.halted()
        try Self.play(&desk, 6, (16, 58, 55), seconds: 70, contracts: Self.both)
        #expect(desk.gate.bookQuality.contains(.closed) && !desk.gate.bookQuality.contains(.halted))
        desk.take(MarketFoldTests.status(3, try MarketFoldTests.instant(6, 18, 0, 0), .trading))
        try Self.play(&desk, 6, (18, 0, 1), seconds: 8, contracts: Self.both)
        #expect(desk.gate.position.quantity == Quantity(2))
    }

    @Test func `the last session of a contract is the calendar's, whether or not the tape has the next one`() throws {
        let calendar = try MarketFoldTests.configuration().calendar
        func ends(_ contracts: [(String, UInt32)], _ leader: Int, _ day: Int) throws -> Bool {
            let noon = Timestamp(nanoseconds: try MarketFoldTests.instant(day, 12, 0))
            return try MarketFoldTests.plan(contracts).leadEnds(
                leader, with: calendar.sessionInForce(noon), calendar: calendar)
        }
        #expect(try ends(Self.signalOnly, 0, 8) && !ends(Self.signalOnly, 0, 7))
        #expect(try !ends(Self.signalOnly, 1, 11))
        #expect(try ends([("ESZ3", 1)], 0, 8), "the next one is traded elsewhere")
        #expect(try !ends([("ESH4", 1)], 0, 8), "it is the next one already")
    }
}
