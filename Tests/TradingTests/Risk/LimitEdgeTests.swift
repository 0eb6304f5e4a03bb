import Accounts
import Execution
import Orders
import Risk
import Testing
import Units

/// Limits and locks where two of them meet, or a day ends between.
@Suite struct LimitEdgeTests {
    @Test func `the high of the drawdown outlives a lock of the day`() {
        var bench = GateBench { $0.dailyLoss = Money(cents: 2_000) }
        bench.fill(.buy, at: "5000.00")
        bench.book("4996.00x10 | 4996.25x10", at: "2")
        bench.fill(.sell, at: "4996.00", time: "3", role: .close)
        bench.flat(at: "4")
        bench.beginNextTradeDate()
        #expect(bench.gate.arm() == .done && bench.gate.drawdown == .zero)
        bench.fill(.buy, at: "4999.00", time: "5")
        bench.fill(.sell, at: "4996.00", time: "6", role: .close)
        #expect(bench.gate.drawdown == Money(cents: 1_500))
        bench.beginNextTradeDate()
        #expect(bench.gate.drawdown == Money(cents: 1_500))
    }

    @Test func `a fill away from the book counts at the book at once`() {
        var bench = GateBench { $0.dailyLoss = Money(cents: 5_000) }
        bench.fill(.buy, at: "5010.00", time: "2")
        #expect(bench.changes() == ["ACTIVE to FLATTENING daily_loss"])
    }

    @Test func `a person's position is not closed by the strategy's hour`() {
        var bench = GateBench()
        bench.fill(.buy, strategy: .level, issuer: .strategy)
        bench.fill(.sell, at: "5000.00")
        bench.book("5000.00x100 | 5000.25x100", at: "59990")
        bench.fill(.buy, time: "59991")
        bench.book("5000.00x100 | 5000.25x100", at: "59999")
        bench.book("5000.00x100 | 5000.25x100", at: "60006")
        #expect(bench.changes().filter { $0.contains("FLAT") } == [])
    }

    @Test func `a flatten of the gateway's own that is blocked is no limit's lock`() {
        var bench = GateBench()
        bench.fill(.buy, strategy: .level, issuer: .strategy)
        bench.gate.apply(ExecutionNotice.told(.flattening, .stopLost, "2"))
        bench.gate.apply(ExecutionNotice.told(.flattenBlocked, .stopLost, "3"))
        bench.book("5000.00x10 | 5000.25x10", at: "60010")
        bench.fill(.sell, at: "5000.00", time: "60011", strategy: .level, role: .close, issuer: .execution)
        bench.flat(at: "60012")
        #expect(bench.gate.arm() == .done)
    }

    @Test func `of two accounts each is held to the tier, not their net`() {
        var rules = RiskRules()
        rules.hasTwoAccounts = true
        rules.programme = RulePack(
            startingBalance: Money(cents: 5_000_000),
            tiers: [ContractTier(balance: .zero, contracts: Quantity(3))])
        var bench = GateBench(rules: rules)
        bench.fill(.buy, 2, strategy: .level, issuer: .strategy)
        #expect(bench.changes() == [])
        bench.fill(.sell, 4, at: "5000.00")
        #expect(bench.changes() == ["ACTIVE to FLATTENING rule_breach"])
    }

    @Test func `a strategy's orders of a day begin anew with the next`() {
        var rules = RiskRules()
        rules[.level].tradesPerDay = 1
        var bench = GateBench(rules: rules)
        #expect(bench.order(.buy, issuer: .strategy, strategy: .level) == nil)
        #expect(bench.order(.buy, issuer: .strategy, strategy: .level) == .tradesPerDay)
        bench.beginNextTradeDate()
        #expect(bench.order(.buy, issuer: .strategy, strategy: .level) == nil)
    }

    @Test func `a tier goes by the balance with the profit that was carried`() {
        var bench = GateBench.tiered()
        var usage = DayUsage()
        usage.stamp = 7
        usage.tradeDate = Script.day.tradeDate
        usage.profit = Money(cents: -4_000)
        bench.gate.carry(usage)
        bench.beginNextTradeDate()
        #expect(bench.order(.buy, 2) == .positionLimit)
    }

    @Test func `accounts that hold each other in balance have a mark`() {
        var rules = RiskRules()
        rules.hasTwoAccounts = true
        var bench = GateBench(rules: rules)
        bench.fill(.buy, 3, strategy: .level, issuer: .strategy)
        bench.fill(.sell, 3, at: "5000.00")
        for time in 2...60 { bench.book("5000.00x100 | 5000.25x100", at: "\(time)") }
        #expect(bench.changes() == [])
    }

    @Test func `a limit that is passed on the next date locks that date`() {
        var bench = GateBench.flattening(loss: 1_000_000, drawdown: 5_000)
        bench.beginNextTradeDate()
        bench.fill(.sell, at: "4990.00", time: "2", role: .close)
        bench.flat(at: "3")
        #expect(bench.gate.arm() == .lockedUntilNextTradeDate)
    }

    @Test func `an account that is flat but not proven is not at rest`() {
        var bench = GateBench.flattening()
        bench.fill(.sell, at: "5000.00", time: "2", role: .close)
        #expect(!bench.gate.isAtRest)
        bench.flat(at: "3")
        #expect(bench.gate.isAtRest)
    }

    @Test func `a lock of a limit is no operator's lock because one was carried`() {
        var bench = GateBench.flattening(loss: 1_000_000, drawdown: 5_000)
        bench.fill(.sell, at: "4990.00", time: "2", role: .close)
        bench.flat(at: "3")
        var usage = DayUsage()
        usage.stamp = 7
        usage.tradeDate = Script.day.tradeDate
        usage.lockReason = .operatorRequest
        usage.lockDate = Script.day.tradeDate
        bench.gate.carry(usage)
        bench.flat(at: "4")
        #expect(bench.gate.arm() == .lockedUntilNextTradeDate)
    }

    @Test func `an arm ends a pause and a halt`() {
        var bench = GateBench()
        #expect(bench.gate.pause() == .done && bench.gate.halt() == .done && bench.gate.arm() == .done)
        #expect(bench.gate.state == .active)
    }

    @Test func `a broker's account beyond its daily loss is not armed`() {
        var rules = RiskRules()
        rules.venue = .broker
        var bench = GateBench(day: .none, hasBook: false, rules: rules) { $0.dailyLoss = Money(cents: 3_000) }
        var usage = DayUsage()
        usage.stamp = 7
        usage.tradeDate = Script.day.tradeDate
        usage.profit = Money(cents: -4_000)
        bench.gate.carry(usage)
        bench.gate.begin(Script.day)
        #expect(bench.gate.arm() == .lockedUntilNextTradeDate)
    }

    @Test func `a lock of a lost peer outlives that of the roll`() {
        var day = Script.day
        day.rollFlatBy = Script.time("70000")
        var rules = RiskRules()
        rules.peerLoss = .flattening
        var bench = GateBench(day: day, rules: rules)
        bench.book("5000.00x100 | 5000.25x100", at: "69990")
        bench.fill(.buy, time: "69991")
        bench.tick("70000")
        bench.fill(.sell, at: "5000.00", time: "70000.5", role: .close)
        bench.flat(at: "70001")
        #expect(bench.gate.state == .locked)
        #expect(bench.gate.losePeer() == .done)
        bench.flat(at: "70002")
        bench.beginNextDay()
        #expect(bench.gate.state == .locked)
    }

    @Test func `a high of the end of the day begins at the balance`() {
        let rule = TrailingRule(amount: Money(cents: 3_000), high: .endOfDay)
        var monitor = RulePackMonitor(RulePack(startingBalance: Money(cents: 5_000_000), trailing: rule))
        monitor.begin(
            tradeDate: 1, flatBy: .undefined, equity: Money(cents: 5_010_000), balance: Money(cents: 5_000_000))
        #expect(monitor.high == Money(cents: 5_000_000))
    }

    /// An operator's flatten that a closed market has stopped goes on when the account cannot carry the position.
    @Test func `a flatten that is stopped goes on when the margin is gone`() {
        func begun(isStopped: Bool) -> GateBench {
            var bench = SilentFeedTests.margins(balance: 250_500)
            bench.book("5000.00x100 | 5000.25x100", at: "60001")
            bench.fill(.buy, at: "5000.00", time: "60001")
            _ = bench.gate.requestFlatten()
            if isStopped { bench.gate.apply(ExecutionNotice.told(.flattenBlocked, .operatorRequest, "60001")) }
            _ = bench.changes()
            return bench
        }
        for (isStopped, told) in [(true, ["FLATTENING to FLATTENING maintenance_margin"]), (false, [])] {
            var bench = begun(isStopped: isStopped)
            bench.book("5000.00x10 | 5000.25x10", at: "60002")
            #expect(bench.changes() == [])
            bench.book("4998.00x10 | 4998.25x10", at: "60003")
            #expect(bench.changes() == told, "stopped: \(isStopped)")
        }
    }
}
