import Accounts
import Orders
import Risk
import Testing
import Units

/// A funded account's rules bite like the account's own limits, and what was broken is on record.
@Suite struct ProgrammeTests {
    static func bench(_ pack: RulePack, flatBy: String? = nil) -> GateBench {
        var rules = RiskRules()
        rules.programme = pack
        var day = Script.day
        if let flatBy { day.programmeFlatBy = Script.time(flatBy) }
        return GateBench(day: day, rules: rules) {
            $0.markReducing = .seconds(10_000)
            $0.markFlatten = .seconds(20_000)
        }
    }

    @Test(arguments: [(1_25 as Int64, true), (1_26, false)])
    func `the day's loss breaks the rule at its limit`(limit: Int64, breaks: Bool) throws {
        var bench = Self.bench(
            RulePack(startingBalance: Money(cents: 5_000_000), dailyLoss: Money(cents: limit)))
        bench.fill(.buy)
        #expect(bench.changes() == (breaks ? ["ACTIVE to FLATTENING rule_breach"] : []))
        #expect(bench.gate.ruleBreaches.map(\.rule) == (breaks ? [.dailyLoss] : []))
        guard breaks else { return }
        try bench.reload()
        // The way out costs more: the worst is on record, and the lock holds until the next trade date.
        bench.fill(.sell, at: "4999.00", time: "2", role: .close, issuer: .execution)
        bench.flat(at: "2")
        let record = try #require(bench.gate.ruleBreaches.first)
        #expect(record.first.excess == 0)
        #expect(record.worst.excess == Money(cents: 500).nanos)
        #expect(bench.gate.arm() == .lockedUntilNextTradeDate)
    }

    @Test(arguments: [(1_25 as Int64, true), (1_26, false)])
    func `the trailing drawdown is from the highest equity of the day`(limit: Int64, breaks: Bool) {
        var bench = Self.bench(
            RulePack(
                startingBalance: Money(cents: 5_000_000),
                trailing: TrailingRule(amount: Money(cents: limit), high: .intraday)))
        bench.fill(.buy, at: "5000.00")
        bench.book("5010.00x100 | 5010.25x100", at: "2")
        bench.book("5009.75x100 | 5010.00x100", at: "3")
        #expect(bench.changes() == (breaks ? ["ACTIVE to FLATTENING rule_breach"] : []))
    }

    /// Long one from 5000.00, 30 dollars above the floor before its fee.
    private static func trailing() -> GateBench {
        let rule = TrailingRule(amount: Money(cents: 3_000), high: .intraday)
        var bench = bench(RulePack(startingBalance: Money(cents: 5_000_000), trailing: rule))
        bench.fill(.buy, at: "5000.00")
        return bench
    }

    /// What is lost cannot be earned back under a lock: an arm would only be the way to the next breach.
    @Test func `below its floor it is over, on later trade dates too`() throws {
        var bench = Self.trailing()
        bench.book("4996.00x100 | 4996.25x100", at: "2")
        // 20.62 of 30.00, the fee included: nearer than the account's own limit.
        #expect(bench.gate.nearestDrawdown.fall == bench.gate.drawdown)
        #expect(bench.gate.nearestDrawdown.limit == Money(cents: 3_000))
        bench.book("4994.00x100 | 4994.25x100", at: "3")
        #expect(bench.changes() == ["ACTIVE to FLATTENING rule_breach"])
        bench.fill(.sell, at: "4994.00", time: "3", role: .close, issuer: .execution)
        bench.flat(at: "4")
        try bench.reload()
        for _ in 0..<2 {
            LockReasonTests.nextDay(&bench)
            #expect(bench.gate.arm() == .programmeOver)
            #expect(bench.gate.state == .locked)
        }
    }

    /// A mark counts, though the close was better.
    @Test func `a floor that was touched on the way out is broken`() throws {
        var bench = Self.trailing()
        bench.book("4994.00x100 | 4994.25x100", at: "2")
        bench.fill(.sell, at: "4999.00", time: "3", role: .close, issuer: .execution)
        bench.flat(at: "4")
        LockReasonTests.nextDay(&bench)
        try bench.reload()
        #expect(bench.gate.arm() == .programmeOver)
        let end = try #require(bench.gate.programmeEnd)
        #expect(end.floor == Money(cents: 4_997_000) && end.equity <= end.floor)
    }

    @Test func `what was not broken for good is armed on the next trade date`() {
        var bench = Self.bench(
            RulePack(
                startingBalance: Money(cents: 5_000_000), dailyLoss: Money(cents: 2_000),
                trailing: TrailingRule(amount: Money(cents: 100_000), high: .intraday)))
        bench.fill(.buy, at: "5000.00")
        bench.book("4994.00x100 | 4994.25x100", at: "2")
        bench.fill(.sell, at: "4994.00", time: "3", role: .close, issuer: .execution)
        bench.flat(at: "4")
        #expect(bench.gate.arm() == .lockedUntilNextTradeDate)
        LockReasonTests.nextDay(&bench)
        #expect(bench.gate.arm() == .done)
    }

    @Test func `its flat-by time bites people too, on the clock alone`() {
        var bench = Self.bench(RulePack(startingBalance: Money(cents: 5_000_000)), flatBy: "100")
        bench.fill(.buy)
        bench.tick("99.999999999")
        #expect(bench.changes() == [])
        bench.tick("100")
        #expect(bench.changes() == ["ACTIVE to FLATTENING rule_breach"])
        #expect(bench.gate.ruleBreaches.map(\.rule) == [.flatBy])
    }

    @Test func `without a programme nothing is on record`() {
        var bench = GateBench()
        bench.fill(.buy)
        #expect(bench.gate.programme == nil && bench.gate.ruleBreaches.isEmpty)
    }

    @Test func `from its flat-by time on nothing opens, what rests is cancelled, until the session ends`() throws {
        var bench = Self.bench(RulePack(startingBalance: Money(cents: 5_000_000)), flatBy: "100")
        bench.book("5000.00x100 | 5000.25x100", at: "99")
        #expect(bench.order(.buy, at: "99.999999999", issuer: .manual) == nil)
        #expect(bench.changes() == [])
        bench.tick("100")
        #expect(bench.changes() == ["ACTIVE to REDUCING flat_by"])
        try bench.reload()
        bench.book("5000.00x100 | 5000.25x100", at: "101")
        #expect(bench.order(.buy, at: "101", issuer: .manual) == .tradingState)
        #expect(bench.changes() == [])
        bench.beginNextDay()
        #expect(bench.changes() == ["REDUCING to ACTIVE flat_by"])
        // An order is the first to say what time it is.
        var silent = Self.bench(RulePack(startingBalance: Money(cents: 5_000_000)), flatBy: "4")
        #expect(silent.order(.buy, at: "4", issuer: .manual) == .tradingState)
    }
}
