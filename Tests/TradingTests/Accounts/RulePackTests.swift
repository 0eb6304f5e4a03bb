import Accounts
import MarketCalendar
import Orders
import Testing
import Units

@Suite struct RulePackTests {
    private func monitor(_ pack: RulePack, flatBy: Timestamp = .undefined) -> RulePackMonitor {
        var monitor = RulePackMonitor(pack)
        monitor.begin(
            tradeDate: 20_240_305, flatBy: flatBy, equity: pack.startingBalance, balance: pack.startingBalance)
        return monitor
    }

    private func look(
        _ monitor: inout RulePackMonitor, equity: String, balance: String = "50000", second: UInt64 = 1,
        position: Int64 = 0
    ) -> RuleBreach? {
        monitor.evaluate(
            equity: .usd(equity), balance: .usd(balance), time: BookScript.time(second), position: Quantity(position))
    }

    @Test func `the day's loss breaks at its limit`() {
        var subject = monitor(RulePack(startingBalance: .usd("50000"), dailyLoss: .usd("1000")))
        #expect(look(&subject, equity: "49000.000000001") == nil)
        let breach = look(&subject, equity: "49000", second: 7)
        #expect(
            breach
                == RuleBreach(
                    rule: .dailyLoss, time: BookScript.time(7), tradeDate: 20_240_305, limit: 1_000_000_000_000,
                    observed: 1_000_000_000_000, excess: 0))
        #expect(look(&subject, equity: "48750.5")?.excess == 249_500_000_000)
        // A new day begins where the account stands.
        subject.begin(tradeDate: 20_240_306, flatBy: .undefined, equity: .usd("49000"), balance: .usd("49000"))
        #expect(look(&subject, equity: "48000.01") == nil)
        #expect(look(&subject, equity: "48000")?.tradeDate == 20_240_306)
        #expect(subject.records[0].count == 3 && subject.records[0].worst.excess == 249_500_000_000)
        #expect(subject.records[0].first == breach)
    }

    @Test func `an intraday drawdown follows equity, open profit included`() {
        let rule = TrailingRule(amount: .usd("2000"), high: .intraday)
        var subject = monitor(RulePack(startingBalance: .usd("50000"), trailing: rule))
        #expect(subject.floor == .usd("48000"))
        #expect(look(&subject, equity: "51500") == nil)
        #expect(subject.floor == .usd("49500"))
        #expect(look(&subject, equity: "49500.000000001") == nil)
        let breach = look(&subject, equity: "49500")
        #expect(breach?.rule == .trailingDrawdown && breach?.excess == 0)
        #expect(breach?.limit == Money.usd("49500").nanos && breach?.observed == Money.usd("49500").nanos)
        #expect(look(&subject, equity: "49400")?.excess == 100_000_000_000)
    }

    @Test func `an end-of-day drawdown follows the balance of day's ends`() {
        let rule = TrailingRule(amount: .usd("2000"), high: .endOfDay)
        var subject = monitor(RulePack(startingBalance: .usd("50000"), trailing: rule))
        #expect(look(&subject, equity: "53000", balance: "53000") == nil)
        #expect(subject.floor == .usd("48000"))
        #expect(look(&subject, equity: "48000.01") == nil)
        subject.begin(tradeDate: 20_240_306, flatBy: .undefined, equity: .usd("51000"), balance: .usd("51000"))
        #expect(subject.floor == .usd("49000"))
        // A lower end does not lower it.
        subject.begin(tradeDate: 20_240_307, flatBy: .undefined, equity: .usd("49500"), balance: .usd("49500"))
        #expect(subject.floor == .usd("49000"))
        #expect(look(&subject, equity: "49000")?.rule == .trailingDrawdown)
    }

    @Test(arguments: [TrailingRule.High.intraday, .endOfDay])
    func `a floor that is locked rises no further`(high: TrailingRule.High) {
        let rule = TrailingRule(amount: .usd("2000"), high: high, lock: .usd("100"))
        var subject = monitor(RulePack(startingBalance: .usd("50000"), trailing: rule))
        func reach(_ equity: String) {
            _ = look(&subject, equity: equity, balance: equity)
            subject.begin(tradeDate: 20_240_306, flatBy: .undefined, equity: .usd(equity), balance: .usd(equity))
        }
        reach("52099.99")
        #expect(subject.floor == .usd("50099.99"))
        reach("52100.01")
        #expect(subject.floor == .usd("50100"))
        reach("60000")
        #expect(subject.floor == .usd("50100"))
        #expect(look(&subject, equity: "50100.01") == nil)
        #expect(look(&subject, equity: "50100")?.rule == .trailingDrawdown)
    }

    @Test func `the balance says how many contracts`() {
        let tiers = [
            ContractTier(balance: .usd("48000"), contracts: Quantity(2)),
            ContractTier(balance: .usd("51500"), contracts: Quantity(3)),
        ]
        var subject = monitor(RulePack(startingBalance: .usd("50000"), tiers: tiers))
        #expect(look(&subject, equity: "50000", position: 2) == nil)
        let breach = look(&subject, equity: "50000", position: -3)
        #expect(breach?.rule == .contractCap)
        #expect(breach?.limit == 2 && breach?.observed == 3 && breach?.excess == 1)
        #expect(look(&subject, equity: "50000", balance: "51499.99", position: 3)?.limit == 2)
        #expect(look(&subject, equity: "50000", balance: "51500", position: 3) == nil)
        #expect(look(&subject, equity: "50000", balance: "51500", position: 4)?.limit == 3)
        #expect(look(&subject, equity: "50000", balance: "47999.99", position: 2) == nil)
        #expect(look(&subject, equity: "50000", balance: "47999.99", position: 3)?.limit == 2)
        let none = ContractTier(balance: .zero, contracts: .zero)
        subject = monitor(RulePack(startingBalance: .usd("50000"), tiers: [none] + tiers))
        #expect(look(&subject, equity: "50000", balance: "47999.99", position: 1)?.limit == 0)
        #expect(look(&subject, equity: "50000", balance: "47999.99", position: 0) == nil)
    }

    @Test func `no position from the flat-by time on`() {
        var subject = monitor(RulePack(startingBalance: .usd("50000")), flatBy: BookScript.time(100))
        #expect(look(&subject, equity: "50000", second: 99, position: 1) == nil)
        #expect(look(&subject, equity: "50000", second: 100) == nil)
        #expect(look(&subject, equity: "50000", second: 100, position: 1)?.excess == 0)
        let breach = look(&subject, equity: "50000", second: 103, position: -1)
        #expect(breach?.rule == .flatBy && breach?.excess == 3_000_000_000)
        #expect(subject.records[3].first.time == BookScript.time(100))
        #expect(subject.records[3].worst.time == BookScript.time(103))
        // What is held over the break is over its time by what was left of the session.
        let held = subject.evaluate(
            equity: .usd("50000"), balance: .usd("50000"), time: BookScript.time(3_705), position: Quantity(1),
            sessionClose: BookScript.time(105))
        #expect(held?.time == BookScript.time(105) && held?.excess == 5_000_000_000)
        let none = subject.evaluate(
            equity: .usd("50000"), balance: .usd("50000"), time: BookScript.time(200), position: Quantity(1),
            sessionClose: BookScript.time(90))
        #expect(none?.time == BookScript.time(100), "a time in the break is one all the same")
    }

    @Test(arguments: [
        // An ordinary day, 21:10 UTC; the day after Thanksgiving, 18:00 UTC; Thanksgiving itself.
        (20_241_202, "16:10", 1_733_173_800), (20_241_129, "16:10", 1_732_903_200),
        (20_241_129, "12:00", 1_732_899_600),
        (20_241_128, "16:10", 1_732_816_800), (20_241_128, "12:00", 1_732_813_200),
        // From 18:00 on it is the evening before.
        (20_241_202, "18:30", 1_733_095_800),
    ])
    func `flat-by is an instant of the session`(date: Int, time: String, expected: UInt64) throws {
        let zone = try TimeZoneRules(posixRule: "EST5EDT,M3.2.0,M11.1.0")
        let calendar = TradingCalendar.cmeEquityIndex(zone: zone, windows: .regular)
        let tradeDate = try #require(CivilDate(yyyymmdd: date))
        let session = try #require(calendar.session(tradeDate))
        var pack = RulePack(startingBalance: .usd("50000"), flatBy: TimeOfDay(time))
        #expect(pack.flatBy(in: session, calendar) == BookScript.time(expected))
        pack.flatBy = nil
        #expect(pack.flatBy(in: session, calendar) == .undefined)
    }

    @Test func `every broken rule is recorded and the first in order is given back`() throws {
        let tiers = [ContractTier(balance: .zero, contracts: Quantity(1))]
        let pack = RulePack(
            startingBalance: .usd("50000"), dailyLoss: .usd("1000"),
            trailing: TrailingRule(amount: .usd("2000"), high: .intraday), tiers: tiers)
        var subject = monitor(pack, flatBy: BookScript.time(100))
        #expect(look(&subject, equity: "49000.01", second: 99, position: 1) == nil)
        #expect(look(&subject, equity: "50000", second: 100, position: 1)?.rule == .flatBy)
        #expect(look(&subject, equity: "50000", second: 101, position: 2)?.rule == .contractCap)
        #expect(look(&subject, equity: "47000", second: 102, position: 2)?.rule == .dailyLoss)
        #expect(subject.records.indices.map { subject.records[$0].count } == [1, 1, 2, 3])
        let other = try reloaded(subject, into: RulePackMonitor(pack))
        #expect(other.records.indices.map { other.records[$0] } == subject.records.indices.map { subject.records[$0] })
        #expect(other.high == subject.high && other.floor == subject.floor && other.tradeDate == 20_240_305)
    }

    @Test func `a pack without rules is never broken`() {
        var subject = monitor(RulePack(startingBalance: .usd("50000")))
        #expect(look(&subject, equity: "-1000000", second: 1_000_000, position: 64) == nil)
        #expect(subject.floor == nil && subject.records.indices.allSatisfy { !subject.records[$0].isBroken })
    }

    @Test func `packs that make no sense are named`() {
        #expect(RulePack(startingBalance: .zero).problem == "startingBalance")
        #expect(RulePack(startingBalance: .usd("1"), dailyLoss: .zero).problem == "dailyLoss")
        let trailing = TrailingRule(amount: .zero, high: .intraday)
        #expect(RulePack(startingBalance: .usd("1"), trailing: trailing).problem == "trailing.amount")
        func tiers(_ list: (String, Int64)...) -> String? {
            let tiers = list.map { ContractTier(balance: .usd($0.0), contracts: Quantity($0.1)) }
            return RulePack(startingBalance: .usd("1"), tiers: tiers).problem
        }
        #expect(tiers(("1", 1), ("2", 1)) == nil)
        #expect(tiers(("1", 1), ("1", 1)) == "tiers.balance")
        #expect(tiers(("1", -1)) == "tiers.contracts")
    }
}
