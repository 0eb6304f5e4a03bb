import Accounts
import Orders
import Risk
import Testing
import Units

/// Two accounts at the risk gate: limits of both sides, margins added up, profit as both would leave.
@Suite struct TwoAccountRiskTests {
    private func bench(
        _ change: (inout RiskRules) -> Void = { _ in }, limits: (inout RiskLimits) -> Void = { _ in }
    ) -> GateBench {
        var rules = RiskRules()
        rules.hasTwoAccounts = true
        change(&rules)
        return GateBench(rules: rules) {
            $0.position = Quantity(10)
            limits(&$0)
        }
    }

    /// Level long 3 in the one account, the person's own book short 3 in the other.
    private func hold(_ bench: inout GateBench) {
        bench.fill(.buy, 3, strategy: .level, issuer: .strategy)
        bench.fill(.sell, 3, at: "5000.00")
    }

    @Test func `one book may be long while another is short, each within the limit`() {
        var bench = bench()
        bench.fill(.buy, 9, strategy: .level, issuer: .strategy)
        #expect(bench.order(.sell, 2) == nil)
        #expect(bench.order(.buy, 1, issuer: .strategy, strategy: .level) == nil)
        #expect(bench.order(.buy, 1, issuer: .strategy, strategy: .level) == .positionLimit)
    }

    @Test func `what the books hold is counted side by side, as the accounts have it`() {
        var bench = bench()
        bench.fill(.buy, 3, strategy: .level, issuer: .strategy)
        bench.fill(.sell, 2)
        #expect(bench.gate.held(long: true) == Quantity(3) && bench.gate.held(long: false) == Quantity(2))
        #expect(VenueAccount.holding(.buy) == .first && VenueAccount.holding(.sell) == .second)
    }

    @Test(arguments: [("9", true), ("8", false)])
    func `each account ties up a margin of its own`(thousands: String, passes: Bool) throws {
        let margin = Money(cents: 100_000)
        let row = MarginRow(contract: .mes, initial: margin, maintenance: margin, intraday: margin)
        var bench = bench { $0.margins = MarginTable(rows: [row]) } limits: {
            $0.balance = Money(cents: (Int64(thousands) ?? 0) * 100_000)
        }
        // Long 3 and short 3 tie up six, and a little is lost on the way: seven and eight are asked for.
        hold(&bench)
        #expect(bench.order(.sell, 2) == (passes ? nil : .margin))
    }

    @Test func `what is held in both accounts calls for margin though nothing is open in sum`() {
        let margin = Money(cents: 100_000)
        let row = MarginRow(contract: .mes, initial: margin, maintenance: margin, intraday: margin)
        var bench = bench { $0.margins = MarginTable(rows: [row]) } limits: { $0.balance = Money(cents: 500_000) }
        hold(&bench)
        #expect(bench.changes() == ["ACTIVE to FLATTENING maintenance_margin"])
    }

    @Test func `profit is what leaving both accounts would give`() {
        var bench = bench()
        hold(&bench)
        // Bought at 5000.25 and sold at 5000.00, to be sold at 5000.00 and bought at 5000.25: two ticks on three.
        #expect(bench.gate.position.isFlat)
        #expect(bench.gate.equity == -Script.terms.moneyPerTick * 6)
        bench.book("5000.00x100 | 5001.00x100", at: "2")
        #expect(bench.gate.equity == -Script.terms.moneyPerTick * 15)
        let books = bench.gate.equity(of: .level) + bench.gate.equity(of: .account)
        #expect(bench.gate.equity == books)
    }

    @Test func `a loss in both accounts together locks`() {
        var bench = bench(limits: { $0.dailyLoss = Script.terms.moneyPerTick * 15 })
        hold(&bench)
        #expect(bench.changes().isEmpty)
        bench.book("5000.00x100 | 5001.00x100", at: "2")
        #expect(bench.changes() == ["ACTIVE to FLATTENING daily_loss"])
    }

    @Test func `contracts that oppose each other grow old without a book`() {
        var bench = bench()
        hold(&bench)
        bench.quality(.noBook, at: "2")
        bench.tick("600")
        #expect(bench.changes().last?.hasSuffix("no_valid_mark") == true)
    }

    @Test func `a fill that closes an account closes the books on its side alone`() {
        var bench = bench()
        hold(&bench)
        bench.fill(.sell, 3, at: "5000.00", role: .close, issuer: .execution)
        #expect(bench.gate.quantity(of: .level) == .zero)
        #expect(bench.gate.quantity(of: .account) == Quantity(-3))
        bench.fill(.buy, 3, role: .close, issuer: .execution)
        #expect(bench.gate.quantity(of: .account) == .zero)
        #expect(bench.gate.held(long: true) == .zero && bench.gate.held(long: false) == .zero)
    }

    @Test func `the gateway asks for no close, and a person closes a part of the own book alone`() {
        var bench = bench()
        hold(&bench)
        #expect(bench.order(.sell, 1, issuer: .execution, strategy: .level) { $0.action = .close } == .malformed)
        #expect(bench.order(.buy, 2) { $0.isReduceOnly = true } == nil)
        #expect(bench.order(.sell, 2) { $0.isReduceOnly = true } == .reduceOnly)
    }

    @Test(arguments: [(Side.buy, nil), (.sell, RefusalReason.oppositeSide)])
    func `a pair is of one side: two accounts cannot link their orders`(second: Side, reason: RefusalReason?) {
        var bench = bench()
        let first = ClientOrderID(epoch: 1, issuer: .manual, count: 1)
        let prices = ["4990.00", second == .buy ? "4991.00" : "5010.00"]
        #expect(bench.order(.buy, 1, limit: prices[0]) { $0.link = first } == nil)
        #expect(bench.order(second, 1, limit: prices[1]) { $0.link = first } == reason)
    }

    @Test func `what both hold is saved`() throws {
        var bench = bench()
        hold(&bench)
        let equity = bench.gate.equity
        try bench.reload()
        #expect(bench.gate.equity == equity)
    }
}
