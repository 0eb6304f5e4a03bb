import Accounts
import Orders
import Risk
import Testing
import Units

/// A live run goes on with what earlier runs of its trade date have used up, and under their lock.
@Suite struct CarriedDayTests {
    /// Lost 40.00 in two trades of the script's day, and is 50.00 below its highest.
    static func usage(_ change: (inout DayUsage) -> Void = { _ in }) -> DayUsage {
        var usage = DayUsage()
        usage.stamp = 7
        usage.tradeDate = Script.day.tradeDate
        usage.profit = Money(cents: -4_000)
        usage.drawdown = Money(cents: 5_000)
        usage.trades = 2
        change(&usage)
        return usage
    }

    /// Before its first session.
    static func bench(_ rules: RiskRules = RiskRules(), _ limits: (inout RiskLimits) -> Void = { _ in }) -> GateBench {
        GateBench(day: .none, hasBook: false, rules: rules, limits)
    }

    static func begin(_ bench: inout GateBench, daysLater: Int32 = 0) {
        var day = Script.day
        day.tradeDate += daysLater
        bench.gate.begin(day)
        bench.book("5000.00x100 | 5000.25x100", at: "1")
    }

    // MARK: What was used up

    @Test func `the same trade date goes on with its loss, its drawdown and its orders`() {
        var bench = Self.bench { $0.tradesPerDay = 3 }
        bench.gate.carry(Self.usage())
        #expect(bench.gate.dayProfit == .zero, "its session has not begun")
        Self.begin(&bench)
        #expect(bench.gate.dayProfit == Money(cents: -4_000) && bench.gate.drawdown == Money(cents: 5_000))
        #expect(bench.gate.runProfit == .zero)
        #expect(bench.order(.buy) == nil)
        #expect(bench.order(.buy) == .tradesPerDay)
    }

    @Test func `another trade date does not`() {
        for days in [-1, 1] as [Int32] {
            var bench = Self.bench()
            bench.gate.carry(Self.usage())
            Self.begin(&bench, daysLater: days)
            #expect(bench.gate.dayProfit == .zero && bench.gate.drawdown == .zero && bench.gate.tradesToday == 0)
        }
        // A replay that begins the evening before comes to it later.
        var bench = Self.bench()
        bench.gate.carry(Self.usage())
        Self.begin(&bench, daysLater: -1)
        Self.begin(&bench)
        #expect(bench.gate.dayProfit == Money(cents: -4_000) && bench.gate.tradesToday == 2)
        Self.begin(&bench, daysLater: 1)
        #expect(bench.gate.dayProfit == .zero && bench.gate.tradesToday == 0)
        #expect(bench.gate.drawdown == Money(cents: 5_000), "which no date ends")
    }

    @Test(arguments: [(5_000 as Int64, true), (5_001, false)])
    func `only the rest of the day's loss may be lost`(limit: Int64, isLost: Bool) {
        var bench = Self.bench { $0.dailyLoss = Money(cents: limit) }
        bench.gate.carry(Self.usage())
        Self.begin(&bench)
        // A point is five dollars: two more are lost.
        bench.fill(.buy, at: "5002.00")
        #expect(bench.changes() == (isLost ? ["ACTIVE to FLATTENING daily_loss"] : []))
        #expect(bench.gate.runProfit == Money(cents: -1_000))
    }

    @Test(arguments: [(6_000 as Int64, true), (6_001, false)])
    func `and only the rest of the drawdown`(limit: Int64, isLost: Bool) {
        var bench = Self.bench { $0.trailingDrawdown = Money(cents: limit) }
        bench.gate.carry(Self.usage())
        Self.begin(&bench)
        bench.fill(.buy, at: "5002.00")
        #expect(bench.changes() == (isLost ? ["ACTIVE to FLATTENING trailing_drawdown"] : []))
    }

    @Test func `what is carried over twice counts once`() throws {
        var bench = Self.bench()
        bench.gate.carry(Self.usage())
        try bench.reload()
        bench.gate.carry(Self.usage())
        Self.begin(&bench)
        try bench.reload()
        bench.gate.carry(Self.usage())
        #expect(bench.gate.dayProfit == Money(cents: -4_000) && bench.gate.drawdown == Money(cents: 5_000))
        #expect(bench.gate.tradesToday == 2)
    }

    @Test func `a run that goes on after another one has what both lost`() {
        var bench = GateBench()
        bench.fill(.buy, at: "5002.00")
        bench.fill(.sell, at: "5000.00", role: .close)
        #expect(bench.gate.dayProfit == Money(cents: -1_000))
        // The other one began with that, and lost 30 more.
        bench.gate.carry(Self.usage())
        #expect(bench.gate.dayProfit == Money(cents: -4_000) && bench.gate.runProfit == Money(cents: -1_000))
    }

    @Test func `what a run leaves is what the next one begins with`() throws {
        var bench = Self.bench()
        bench.gate.carry(Self.usage())
        #expect(bench.gate.usage == Self.usage(), "as long as its session has not begun")
        Self.begin(&bench)
        bench.order(.buy)
        bench.fill(.buy, at: "5002.00")
        let left = bench.gate.usage
        #expect(left.profit == Money(cents: -5_000) && left.drawdown == Money(cents: 6_000) && left.trades == 3)
        #expect(left.tradeDate == Script.day.tradeDate && !left.isLocked)
        var next = Self.bench()
        next.gate.carry(left)
        Self.begin(&next)
        #expect(next.gate.usage.hasSameContents(as: left))
    }

    // MARK: The lock

    @Test func `a limit's lock holds in the next run until the next trade date and an arm`() throws {
        var first = GateBench { $0.trailingDrawdown = Money(cents: 1_000) }
        first.fill(.buy, at: "5002.00")
        first.fill(.sell, at: "5000.00", role: .close)
        first.flat(at: "2")
        let left = first.gate.usage
        #expect(left.lockReason == .trailingDrawdown && left.lockDate == Script.day.tradeDate)

        var next = Self.bench { $0.trailingDrawdown = Money(cents: 1_000) }
        next.gate.carry(left)
        #expect(next.changes() == ["ACTIVE to FLATTENING trailing_drawdown"])
        // The lock word tells of it, too.
        _ = next.gate.requestFlatten(epoch: 2)
        next.flat(at: "1", epoch: 2)
        #expect(next.gate.arm() == .lockedUntilNextTradeDate, "before its first session")
        Self.begin(&next, daysLater: -1)
        #expect(next.gate.arm() == .lockedUntilNextTradeDate, "in the evening before")
        Self.begin(&next)
        try next.reload()
        #expect(next.gate.arm() == .lockedUntilNextTradeDate)
        #expect(next.gate.usage.lockReason == .trailingDrawdown)
        Self.begin(&next, daysLater: 1)
        #expect(next.gate.arm() == .done)
        #expect(next.gate.drawdown == .zero && !next.gate.usage.isLocked)
    }

    @Test func `an operator's lock is carried over as well, and an arm ends it without ending the drawdown`() {
        var bench = Self.bench()
        bench.gate.carry(
            Self.usage {
                $0.lockReason = .operatorRequest
                $0.lockDate = $0.tradeDate
            })
        bench.flat(at: "1")
        Self.begin(&bench)
        #expect(bench.gate.arm() == .done)
        #expect(bench.gate.drawdown == Money(cents: 5_000))
    }

    /// The level policy has lost its own limit in two trades.
    private static func withLockedStrategy() -> GateBench {
        var rules = RiskRules()
        rules[.level].dailyLoss = Money(cents: 3_000)
        var bench = bench(rules)
        bench.gate.carry(
            usage {
                $0[.level].profit = Money(cents: -3_000)
                $0[.level].trades = 2
                $0[.level].lockDate = $0.tradeDate
            })
        return bench
    }

    @Test func `a strategy's own loss, its orders and its lock go on`() {
        var bench = Self.withLockedStrategy()
        Self.begin(&bench)
        #expect(bench.gate.dayProfit(of: .level) == Money(cents: -3_000))
        #expect(bench.gate.strategies[.level].tradesToday == 2)
        #expect(bench.gate.strategies[.level].state == .locked)
        #expect(bench.gate.arm(.level) == .lockedUntilNextTradeDate)
        #expect(bench.gate.usage[.level].lockDate == Script.day.tradeDate)
        Self.begin(&bench, daysLater: 1)
        #expect(bench.gate.arm(.level) == .done)
    }

    @Test func `a strategy's lock of another date holds until an arm, and nothing else of that date counts`() throws {
        var bench = Self.withLockedStrategy()
        Self.begin(&bench, daysLater: 1)
        try bench.reload()
        #expect(bench.gate.strategies[.level].state == .locked)
        #expect(bench.gate.dayProfit(of: .level) == .zero && bench.gate.strategies[.level].tradesToday == 0)
        #expect(bench.order(.buy, issuer: .strategy, strategy: .level) == .tradingState)
        #expect(bench.gate.arm(.level) == .done)
        #expect(bench.order(.buy, issuer: .strategy, strategy: .level) == nil)
    }

    @Test(arguments: [(4_000 as Int64, true), (4_001, false)])
    func `a loss that a tighter limit is passed by locks before anything opens`(limit: Int64, isLost: Bool) {
        var bench = Self.bench { $0.dailyLoss = Money(cents: limit) }
        bench.gate.carry(Self.usage())
        Self.begin(&bench)
        #expect(bench.changes() == (isLost ? ["ACTIVE to FLATTENING daily_loss"] : []))
        #expect(bench.order(.buy) == (isLost ? .tradingState : nil))
        var deep = Self.bench { $0.trailingDrawdown = Money(cents: limit + 1_000) }
        deep.gate.carry(Self.usage())
        Self.begin(&deep)
        #expect(deep.changes() == (isLost ? ["ACTIVE to FLATTENING trailing_drawdown"] : []))
    }

    @Test func `a drawdown that is still being flattened when its date ends locks for that date alone`() {
        var bench = GateBench { $0.trailingDrawdown = Money(cents: 1_000) }
        bench.fill(.buy, at: "5002.00")
        #expect(bench.changes() == ["ACTIVE to FLATTENING trailing_drawdown"])
        Self.begin(&bench, daysLater: 1)
        bench.fill(.sell, at: "5000.00", role: .close)
        bench.flat(at: "2")
        #expect(bench.gate.lockDate == Script.day.tradeDate && bench.gate.arm() == .done)
    }

    @Test func `a programme's high goes on, and its balance has the loss`() {
        var rules = RiskRules()
        rules.programme = RulePack(
            startingBalance: Money(cents: 5_000_000),
            trailing: TrailingRule(amount: Money(cents: 10_000), high: .intraday))
        var bench = Self.bench(rules)
        bench.gate.carry(Self.usage { $0.programmeDrawdown = Money(cents: 9_000) })
        Self.begin(&bench)
        #expect(bench.gate.programme?.high == Money(cents: 5_005_000))
        bench.fill(.buy, at: "5002.00")
        #expect(bench.changes() == ["ACTIVE to FLATTENING rule_breach"])
    }

    @Test func `a broker's account that begins locked leaves no lock behind`() {
        var rules = RiskRules()
        rules.venue = .broker
        #expect(!Self.bench(rules).gate.usage.isLocked)
    }
}
