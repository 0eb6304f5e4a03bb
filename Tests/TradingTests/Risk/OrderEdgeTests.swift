import Accounts
import Orders
import Risk
import Testing
import Units

/// Orders where one check alone stands between them and the market.
@Suite struct OrderEdgeTests {
    @Test func `a stop of the account closes the book that holds`() {
        var bench = GateBench()
        bench.fill(.buy, strategy: .level, issuer: .strategy)
        bench.fill(.sell, at: "5000.00", role: .protectiveStop, issuer: .execution)
        #expect(bench.gate.quantity(of: .level) == .zero && bench.gate.quantity(of: .account) == .zero)
    }

    @Test func `books that cancel out are settled at the price between`() {
        var rules = RiskRules()
        rules.netsBooks = true
        var bench = GateBench(rules: rules)
        bench.fill(.buy, strategy: .level, issuer: .strategy)
        bench.fill(.sell, at: "5000.00")
        bench.book("4990.00x100 | 4990.25x100", at: "2")
        bench.flat(at: "3")
        #expect(bench.gate.equity(of: .level) == -Script.terms.moneyPerTick * 41)
    }

    @Test func `of a change under way the largest quantity counts`() {
        var bench = GateBench { $0.position = Quantity(5) }
        let id = ClientOrderID(epoch: 1, issuer: .manual, count: 1)
        #expect(bench.order(.buy, 1, limit: "4990.00") == nil)
        for quantity in [5, 2] as [Int64] {
            var change = bench.intent(id, .buy, quantity, at: "1", limit: "4990.00")
            change.action = .modify
            #expect(bench.review(change) == nil)
        }
        bench.update(id, .buy, 1, limit: "4990.00", of: 1)
        #expect(bench.order(.buy, 1, limit: "4990.00") == .positionLimit)
    }

    @Test func `a change is held to correlated exposure`() {
        var bench = GateBench.exposed(12)
        #expect(bench.order(.buy, 2, limit: "4990.00") == nil)
        let id = ClientOrderID(epoch: 1, issuer: .manual, count: 1)
        var change = bench.intent(id, .buy, 3, at: "1", limit: "4990.00")
        change.action = .modify
        #expect(bench.review(change) == .correlatedExposure)
    }

    @Test func `worth is that of the higher of limit and market`() {
        var bench = GateBench { $0.notional = Money(cents: 2_500_000) }
        #expect(bench.order(.buy, limit: "4000.00") == .notional)
    }

    @Test(arguments: [OrderRole.close, .target])
    func `where no more orders fit, one that closes is refused too`(role: OrderRole) {
        var bench = GateBench()
        bench.fill(.buy, 2)
        for count in 1...256 as ClosedRange<UInt64> {
            let id = ClientOrderID(epoch: 1, issuer: .execution, count: count)
            bench.update(id, .sell, 1, role: role, limit: "5010.00", link: GatewayBench.own(1))
        }
        #expect(bench.order(.buy) == .tooManyOrders)
        #expect(bench.order(.sell) { $0.isReduceOnly = true } == .tooManyOrders)
    }

    @Test func `an open loss is no margin`() {
        let margin = Money(cents: 100_000)
        var rules = RiskRules()
        rules.margins = MarginTable(
            rows: [MarginRow(contract: .mes, initial: margin, maintenance: margin, intraday: margin)])
        var bench = GateBench(rules: rules) { $0.balance = Money(cents: 204_000) }
        bench.fill(.buy, at: "5000.00")
        bench.book("4990.00x100 | 4990.25x100", at: "2")
        #expect(bench.order(.buy, at: "2") == .margin)
    }

    @Test func `a strategy's market order against what a person holds is no close`() {
        var bench = GateBench()
        bench.fill(.buy, strategy: .level, issuer: .strategy)
        bench.fill(.buy)
        #expect(bench.order(.sell, 2, issuer: .strategy, strategy: .level) == .oppositeSide)
    }

    @Test func `a held account takes no close`() {
        var bench = GateBench()
        bench.fill(.buy)
        bench.gate.isHeld = true
        #expect(bench.close() == .tradingState)
    }

    @Test func `reduce-only orders keep to the session`() {
        var bench = GateBench()
        bench.fill(.buy, 2)
        #expect(bench.order(.sell, 1, at: "100000") { $0.isReduceOnly = true } == .sessionWindow)
    }

    @Test func `a stop reaches what rests beyond its trigger`() {
        var rules = RiskRules()
        rules.netsBooks = true
        var bench = GateBench(rules: rules) { $0.collar = Ticks(40) }
        bench.update(ClientOrderID(epoch: 1, issuer: .strategy, count: 9), .sell, 1, limit: "5012.00", strategy: .level)
        let reason = bench.order(.buy) {
            $0.type = .stop
            $0.trigger = Script.price("5008.00")
        }
        #expect(reason == .selfCross)
    }

    @Test func `a fill told after the close has the age of its mark`() {
        var bench = GateBench()
        bench.quality(.closed, at: "10")
        bench.fill(.buy, at: "5000.00", time: "40")
        bench.quality(.badBook, at: "50")
        #expect(bench.changes() == [])
        bench.tick("56")
        #expect(bench.changes() == ["ACTIVE to REDUCING no_valid_mark"])
    }

    @Test func `of a pair the two sides do not share a quantity`() {
        var bench = GateBench {
            $0.orderQuantity = Quantity(10)
            $0.position = Quantity(5)
        }
        let first = ClientOrderID(epoch: 1, issuer: .manual, count: 1)
        #expect(bench.order(.sell, 3, limit: "5010.00") { $0.link = first } == nil)
        #expect(bench.order(.buy, 6, limit: "4990.00") { $0.link = first } == .positionLimit)
    }

    @Test func `of a pair in one book another book may fill all of both`() {
        var rules = RiskRules()
        rules.netsBooks = true
        var bench = GateBench(rules: rules) { $0.position = Quantity(8) }
        let first = ClientOrderID(epoch: 1, issuer: .manual, count: 1)
        #expect(bench.order(.sell, 5, limit: "5010.00") { $0.link = first } == nil)
        #expect(bench.order(.buy, 5, limit: "4990.00") { $0.link = first } == nil)
        #expect(bench.order(.buy, 4, limit: "4985.00", issuer: .strategy, strategy: .level) == .positionLimit)
    }
}
