import Accounts
import Orders
import Risk
import Testing
import Units

/// Books that net, and pairs, at the risk gate.
@Suite struct NetRiskTests {
    private func bench(position: Int64 = 10) -> GateBench {
        var rules = RiskRules()
        rules.netsBooks = true
        return GateBench(rules: rules) { $0.position = Quantity(position) }
    }

    /// Level long 3, the account's own book short 3: net zero.
    private func opposed() -> GateBench {
        var bench = bench()
        bench.fill(.buy, 3, strategy: .level, issuer: .strategy)
        bench.fill(.sell, 3, at: "5000.00")
        return bench
    }

    private func closeBook(
        _ bench: inout GateBench, _ side: Side, _ quantity: Int64, _ strategy: StrategyID
    ) -> RefusalReason? {
        bench.order(side, quantity, issuer: .execution, strategy: strategy) { $0.action = .close }
    }

    @Test func `books that cancel out begin a day where the last book was, not where the account was last marked`() {
        var bench = opposed()
        bench.book("5020.00x10 | 5020.25x10", at: "99999")
        bench.quality(.closed, at: "100000")
        bench.beginNextDay()
        bench.book("5020.00x10 | 5020.25x10", at: "200001")
        #expect(bench.gate.dayProfit(of: .level) == .zero && bench.gate.dayProfit(of: .account) == .zero)
        bench.book("5021.00x10 | 5021.25x10", at: "200002")
        #expect(bench.gate.dayProfit(of: .level) == Money(cents: 1_500))
        #expect(bench.gate.dayProfit(of: .account) == Money(cents: -1_500))
    }

    // MARK: Closes of books

    @Test(arguments: [(Int64(3), true), (4, false)])
    func `a close of a book is for what it holds, at most`(quantity: Int64, passes: Bool) {
        var bench = opposed()
        #expect(closeBook(&bench, .sell, quantity, .level) == (passes ? nil : .nothingToClose))
    }

    @Test func `a close of a book is against it`() {
        var bench = opposed()
        #expect(closeBook(&bench, .buy, 1, .level) == .nothingToClose)
        #expect(closeBook(&bench, .buy, 3, .account) == nil)
    }

    @Test func `nobody closes a book under the lock, nor twice under one identity`() {
        var bench = opposed()
        #expect(closeBook(&bench, .sell, 1, .level) == nil)
        bench.gate.isHeld = true
        #expect(closeBook(&bench, .sell, 1, .level) == .tradingState)
        bench.gate.isHeld = false
        var again = bench.intent(
            ClientOrderID(epoch: 1, issuer: .execution, count: 1), .sell, 1, at: "1", strategy: .level)
        again.action = .close
        #expect(bench.review(again) == .duplicateID)
    }

    @Test(arguments: [false, true])
    func `the execution gateway asks for nothing else, and where books do not net for nothing at all`(nets: Bool) {
        var rules = RiskRules()
        rules.netsBooks = nets
        var bench = GateBench(rules: rules)
        bench.fill(.buy, 3, strategy: .level)
        #expect(bench.order(.sell, 1, issuer: .execution, strategy: .level) == .malformed)
        #expect(closeBook(&bench, .sell, 1, .level) == (nets ? nil : .malformed))
    }

    @Test(arguments: [TradingState.reducing, .halted, .flattening])
    func `a book may be closed as long as the account is not flattened as a whole`(state: TradingState) {
        var bench = opposed()
        switch state {
        case .reducing: _ = bench.gate.pause()
        case .halted: _ = bench.gate.halt()
        default: _ = bench.gate.requestFlatten()
        }
        #expect(closeBook(&bench, .sell, 3, .level) == (state == .flattening ? .tradingState : nil))
    }

    // MARK: What the books may come to

    @Test(arguments: [(Int64(2), true), (3, false)])
    func `what is long is limited apart from what is short`(quantity: Int64, passes: Bool) {
        var bench = bench(position: 5)
        bench.fill(.buy, 3, strategy: .level, issuer: .strategy)
        bench.fill(.sell, 5, at: "5000.00", strategy: StrategyID(rawValue: 2))
        #expect(bench.gate.position.quantity == Quantity(-2))
        #expect(bench.order(.buy, quantity) == (passes ? nil : .positionLimit))
    }

    @Test func `working entries count with the books on their side`() {
        var bench = bench(position: 5)
        bench.fill(.sell, 4, at: "5000.00", strategy: .level, issuer: .strategy)
        #expect(bench.order(.sell, 1, limit: "5001.00") == nil)
        #expect(bench.order(.sell, 1, limit: "5001.00") == .positionLimit)
        #expect(bench.order(.buy, 5, limit: "4999.00", strategy: StrategyID(rawValue: 2)) == nil)
    }

    @Test func `an order for the whole book against it is a close, whatever others hold`() {
        var bench = opposed()
        #expect(bench.order(.buy, 3) == nil)
        #expect(bench.gate.working.isEmpty)
    }

    @Test func `reduce-only orders are not taken`() {
        var bench = opposed()
        #expect(bench.order(.buy, 1, limit: "4999.00") { $0.isReduceOnly = true } == .reduceOnly)
    }

    @Test func `a strategy that others hide is flat by its time all the same`() {
        var bench = opposed()
        #expect(bench.gate.position.isFlat && bench.gate.looksAtEveryUpdate)
        let late = bench.gate.day.flatBy + .seconds(6)
        bench.gate.advance(to: late)
        #expect(bench.gate.state == .flattening)
    }

    @Test func `after a flatten every book is flat`() {
        var bench = opposed()
        _ = bench.gate.requestFlatten()
        bench.flat(at: "2")
        #expect(bench.gate.quantity(of: .level) == .zero && bench.gate.quantity(of: .account) == .zero)
        #expect(bench.gate.books.inconsistency == nil)
    }

    // MARK: Pairs

    private func paired(
        _ bench: inout GateBench, _ side: Side, _ quantity: Int64 = 1, link: ClientOrderID? = nil,
        strategy: StrategyID = .account
    ) -> RefusalReason? {
        bench.order(side, quantity, limit: side == .buy ? "4999.00" : "5001.00", strategy: strategy) {
            $0.link = link ?? $0.id
        }
    }

    private let first = ClientOrderID(epoch: 1, issuer: .manual, count: 1)

    @Test func `one opposes the other only when it is not of the pair`() {
        var bench = GateBench()
        #expect(paired(&bench, .buy) == nil)
        #expect(bench.order(.sell, limit: "5001.00") == .oppositeSide)
        #expect(paired(&bench, .sell, link: first) == nil)
    }

    @Test func `a pair is begun before it is joined`() {
        var bench = GateBench()
        #expect(paired(&bench, .buy, link: ClientOrderID(epoch: 1, issuer: .manual, count: 99)) == .unknownOrder)
        #expect(bench.order(.buy, limit: "4999.00") == nil)
        let alone = ClientOrderID(epoch: 1, issuer: .manual, count: 2)
        #expect(paired(&bench, .buy, link: alone) == .unknownOrder)
        #expect(paired(&bench, .buy) == nil)
        let begun = ClientOrderID(epoch: 1, issuer: .manual, count: 4)
        #expect(paired(&bench, .buy, link: begun) == nil)
        #expect(paired(&bench, .buy, link: begun, strategy: .level) == .unknownOrder)
    }

    @Test func `orders of a pair count once`() {
        var bench = GateBench { $0.position = Quantity(3) }
        #expect(paired(&bench, .buy, 2) == nil)
        #expect(paired(&bench, .buy, 3, link: first) == nil)
        #expect(paired(&bench, .buy, 4, link: first) == .positionLimit)
        #expect(bench.order(.buy, 1, limit: "4999.00") == .positionLimit)
    }

    @Test func `a change of one of a pair is judged for what its pair has left it`() {
        let second = ClientOrderID(epoch: 1, issuer: .manual, count: 2)
        var bench = GateBench { $0.position = Quantity(4) }
        #expect(paired(&bench, .buy, 4) == nil && paired(&bench, .buy, 4, link: first) == nil)
        for id in [first, second] { bench.update(id, .buy, 4, limit: "4999.00", link: first) }
        bench.fill(.buy, 2)
        for id in [first, second] { bench.update(id, .buy, 2, limit: "4999.00", link: first, of: 4) }
        #expect(bench.modify(5, "4999.00", id: second) == .positionLimit)
        #expect(bench.modify(3, "4999.00", id: second) == nil)
        // Not answered yet: an update of before the change counts what was left, and no more.
        bench.update(second, .buy, 2, limit: "4999.00", link: first, of: 4)
        #expect(bench.gate.workingOrder(second)?.order.leaves == Quantity(2))
        #expect(bench.modify(4, "4998.75", id: second) == nil)
        _ = bench.gate.pause()
        #expect(bench.modify(3, "4998.75", id: second) == .tradingState)
        #expect(bench.modify(3, "4999.00", id: second) == nil)
    }

    @Test func `an order that cannot wait is not one of a pair`() {
        var bench = GateBench()
        #expect(bench.order(.buy) { $0.link = $0.id } == .malformed)
        #expect(
            bench.order(.buy, limit: "4999.00") {
                $0.link = $0.id
                $0.timeInForce = .immediateOrCancel
            } == .malformed)
    }
}
