import Accounts
import Determinism
import Orders
import Risk
import Testing
import Units

/// What a restart must not forget of the risk gate, field by field: each of these was once left out of a copy of it.
@Suite struct GateMemoryTests {
    @Test func `that an epoch was flat`() throws {
        var bench = GateBench()
        _ = bench.gate.requestFlatten(epoch: 3)
        bench.flat(at: "2", epoch: 3)
        _ = bench.changes()
        try bench.reload()
        _ = bench.gate.requestFlatten(epoch: 3)
        #expect(bench.changes() == [])
    }

    @Test func `the balance that a tier goes by`() throws {
        var bench = GateBench.tiered()
        try bench.reload()
        #expect(bench.order(.buy, 2) == nil)
    }

    @Test func `that the books are of the past`() throws {
        var bench = GateBench()
        bench.gate.feedChanged(isLive: false, hasPresentBooks: false)
        try bench.reload()
        #expect(bench.order(.buy) == .marketDataStale)
    }

    @Test func `that a flatten met a closed market`() throws {
        var bench = GateBench()
        bench.fill(.buy, strategy: .level, issuer: .strategy)
        _ = bench.gate.requestFlatten()
        bench.gate.apply(ExecutionNotice.told(.flattenBlocked, .operatorRequest, "3"))
        _ = bench.changes()
        try bench.reload()
        bench.book("5000.00x10 | 5000.25x10", at: "60010")
        #expect(bench.changes() == ["FLATTENING to FLATTENING flat_by"])
    }

    @Test func `what else is held of the same market`() throws {
        var bench = GateBench.exposed(10)
        try bench.reload()
        #expect(bench.order(.buy) == .correlatedExposure)
    }

    @Test func `which of execution's own orders were seen`() throws {
        var rules = RiskRules()
        rules.netsBooks = true
        var bench = GateBench(rules: rules)
        bench.fill(.buy, 2, strategy: .level, issuer: .strategy)
        let id = ClientOrderID(epoch: 1, issuer: .execution, count: 1)
        var intent = bench.intent(id, .sell, 1, at: "1", strategy: .level)
        intent.action = .close
        #expect(bench.review(intent) == nil)
        try bench.reload()
        #expect(bench.review(intent) == .duplicateID)
    }

    @Test func `that the account is held`() throws {
        var bench = GateBench()
        bench.gate.isHeld = true
        try bench.reload()
        #expect(bench.order(.buy) == .tradingState)
    }

    @Test func `when the market closed`() throws {
        var bench = GateBench()
        bench.fill(.buy)
        bench.quality(.closed, at: "10")
        bench.quality(.badBook, at: "30")
        try bench.reload()
        bench.tick("33")
        #expect(bench.gate.state == .reducing)
    }

    @Test func `at which mark it did`() throws {
        var bench = GateBench()
        bench.fill(.buy)
        bench.quality(.closed, at: "3")
        bench.book("5000.00x100 | 5000.25x100", at: "30")
        try bench.reload()
        bench.quality(.badBook, at: "31")
        bench.tick("39")
        #expect(bench.gate.state == .reducing)
    }

    @Test func `the highest equity of a programme`() throws {
        let rule = TrailingRule(amount: Money(cents: 3_000), high: .intraday)
        var rules = RiskRules()
        rules.programme = RulePack(startingBalance: Money(cents: 5_000_000), trailing: rule)
        var bench = GateBench(rules: rules)
        bench.fill(.buy, at: "5000.00")
        bench.book("5010.00x100 | 5010.25x100", at: "2")
        try bench.reload()
        bench.book("5004.00x100 | 5004.25x100", at: "3")
        #expect(bench.changes() == ["ACTIVE to FLATTENING rule_breach"])
    }
}
