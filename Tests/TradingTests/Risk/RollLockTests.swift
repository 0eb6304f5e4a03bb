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

    /// - Parameter act: what happens while the position is held.
    private static func rolled(
        rules: RiskRules = RiskRules(), act: (inout GateBench) -> Void = { _ in }
    ) -> GateBench {
        var bench = GateBench(day: day, rules: rules)
        if rules.venue == .broker { _ = bench.gate.arm() }
        bench.book("5000.00x100 | 5000.25x100", at: "69990")
        bench.fill(.buy, time: "69991")
        bench.book("5000.00x100 | 5000.25x100", at: "69999.999999999")
        #expect(bench.gate.state == .active)
        act(&bench)
        let before = bench.gate.state
        _ = bench.changes()
        bench.tick("70000")
        #expect(bench.changes() == ["\(before.name) to FLATTENING contract_rolls"])
        bench.fill(.sell, at: "5000.00", time: "70000.5", role: .close)
        bench.flat(at: "70001")
        #expect(bench.changes() == ["FLATTENING to LOCKED flat"])
        return bench
    }

    /// Locked by a roll, saved and loaded, with an operator's request from before it, and with the same from under it.
    private static func asked(_ request: (inout RiskGate) -> OperatorOutcome) throws -> [GateBench] {
        var before = rolled { #expect(request(&$0.gate) == .done) }
        var under = rolled()
        #expect(request(&under.gate) == .done && under.gate.state == .locked)
        try before.reload()
        try under.reload()
        return [before, under]
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

    @Test func `a pause outlives it, from before or from under the lock`() throws {
        for var bench in try Self.asked({ $0.pause() }) {
            bench.gate.begin(Self.next)
            bench.book("5050.00x100 | 5050.25x100", at: "200001")
            #expect(bench.gate.state == .reducing && bench.order(.buy, at: "200001") == .tradingState)
            #expect(bench.gate.resume() == .done && bench.order(.buy, at: "200002") == nil)
        }
    }

    @Test func `a halt outlives it until an arm, from before or from under the lock`() throws {
        for var bench in try Self.asked({ $0.halt() }) {
            _ = bench.changes()
            bench.gate.begin(Self.next)
            #expect(bench.changes() == ["LOCKED to ACTIVE contract_rolls", "ACTIVE to HALTED contract_rolls"])
            #expect(bench.gate.arm() == .done && bench.gate.state == .active)
        }
    }

    @Test func `a question about the venue's position outlives it, and a contradiction locks for itself`() {
        func notice(_ kind: ExecutionNotice.Kind, _ reason: StateReason) -> ExecutionNotice {
            ExecutionNotice(kind: kind, reason: reason, time: Script.time("69995"), rounds: 0)
        }
        var asked = Self.rolled { $0.gate.apply(notice(.reconciliationQuestion, .reconciliation)) }
        asked.gate.begin(Self.next)
        #expect(asked.gate.state == .reducing)

        var bench = GateBench(day: Self.day)
        bench.book("5000.00x100 | 5000.25x100", at: "69990")
        bench.fill(.buy, time: "69991")
        bench.tick("70000")
        bench.gate.apply(notice(.flattening, .venueContradiction))
        bench.fill(.sell, at: "5000.00", time: "70000.5", role: .close)
        bench.flat(at: "70001")
        bench.gate.begin(Self.next)
        #expect(bench.gate.state == .locked && bench.gate.lockReason == .venueContradiction)
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
