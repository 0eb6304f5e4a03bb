import Orders
import Risk
import Testing
import Units

/// What a roll locks ends by itself, and nothing else does.
@Suite struct RollLockTests {
    private static var day: TradingDay {
        var day = Script.day
        day.rollFlatBy = Script.time("70000")
        return day
    }

    private static var next: TradingDay {
        var day = Script.day
        day.tradeDate += 3
        day.sessionOpen = Script.time("200000")
        day.sessionClose = Script.time("300000")
        return day
    }

    private static func rolled(rules: RiskRules = RiskRules()) -> GateBench {
        var bench = GateBench(day: day, rules: rules)
        if rules.venue == .broker { _ = bench.gate.arm() }
        bench.book("5000.00x100 | 5000.25x100", at: "69990")
        bench.fill(.buy, time: "69991")
        bench.book("5000.00x100 | 5000.25x100", at: "69999.999999999")
        #expect(bench.gate.state == .active)
        _ = bench.changes()
        bench.tick("70000")
        #expect(bench.changes() == ["ACTIVE to FLATTENING contract_rolls"])
        bench.fill(.sell, at: "5000.00", time: "70000.5", role: .close)
        bench.flat(at: "70001")
        #expect(bench.changes() == ["FLATTENING to LOCKED flat"])
        return bench
    }

    @Test func `the lock holds for the rest of the session and ends with it, saved and loaded`() throws {
        var bench = Self.rolled()
        bench.tick("99000")
        try bench.reload()
        #expect(bench.gate.state == .locked && bench.order(.buy, at: "99000") == .contractRolls)
        bench.gate.begin(Self.next)
        #expect(bench.changes() == ["LOCKED to ACTIVE contract_rolls"])
        bench.book("5050.00x100 | 5050.25x100", at: "200001")
        #expect(bench.order(.buy, at: "200001") == nil)
    }

    @Test func `an operator's flatten in between holds until an arm`() {
        var bench = Self.rolled()
        _ = bench.gate.requestFlatten()
        bench.flat(at: "70002")
        bench.gate.begin(Self.next)
        #expect(bench.gate.state == .locked)
        #expect(bench.gate.arm() == .done)
    }

    @Test func `the lock word holds`() {
        var bench = Self.rolled()
        bench.gate.isHeld = true
        bench.gate.begin(Self.next)
        #expect(bench.gate.state == .locked)
    }

    @Test func `a day's loss on the way out locks for itself`() {
        var bench = GateBench(day: Self.day)
        bench.book("5000.00x100 | 5000.25x100", at: "69990")
        bench.fill(.buy, 5, time: "69991")
        bench.tick("70000")
        bench.book("4900.00x100 | 4900.25x100", at: "70001")
        bench.fill(.sell, 5, at: "4900.00", time: "70002", role: .close)
        bench.flat(at: "70003")
        bench.gate.begin(Self.next)
        #expect(bench.gate.state == .locked)
    }

    @Test func `a broker's account needs no new token`() {
        var rules = RiskRules()
        rules.venue = .broker
        var bench = Self.rolled(rules: rules)
        bench.gate.begin(Self.next)
        bench.book("5050.00x100 | 5050.25x100", at: "200001")
        #expect(bench.gate.state == .active && bench.order(.buy, at: "200001") == nil)
    }

    @Test func `a working order is cancelled, a flat account is left alone`() {
        var bench = GateBench(day: Self.day)
        bench.tick("70001")
        #expect(bench.changes() == [])
        bench.update(bench.next(.manual), .buy, 1, limit: "4990.00")
        bench.tick("70002")
        #expect(bench.changes() == ["ACTIVE to FLATTENING contract_rolls"])
    }

    @Test func `a contract that is kept restricts until another is traded, whose book is unknown`() {
        var bench = GateBench()
        bench.fill(.buy, time: "2")
        bench.gate.keepContract()
        #expect(bench.changes() == ["ACTIVE to REDUCING contract_rolls"])
        #expect(bench.order(.buy, at: "3") == .contractRolls && !bench.gate.isAtRest)
        bench.book("5000.00x100 | 5000.25x100", at: "3")
        #expect(bench.changes() == ["REDUCING to FLATTENING contract_rolls"])
        bench.fill(.sell, at: "5000.00", time: "4", role: .close)
        bench.flat(at: "5")
        #expect(bench.changes() == ["FLATTENING to LOCKED flat"] && bench.gate.isAtRest)
        bench.gate.changeContract()
        #expect(bench.changes() == ["LOCKED to ACTIVE contract_rolls"])
        #expect(bench.order(.buy, at: "6") == .noBook)
    }
}
