import Accounts
import Risk
import Testing
import Units

@testable import Orders

/// Prices that a book may list, and that no account can be worth: a record of the tape must not end the process that
/// reads it, for the next one reads it again.
@Suite struct ImplausiblePriceTests {
    /// ES: twelve and a half dollars a tick.
    private static let terms = ContractTerms(
        tickSize: TickSize(nanos: 250_000_000), multiplier: 50, feePerSide: Money(cents: 225))
    /// 500 million ticks; a book lists up to 2²⁹.
    private static let wild = Ticks(500_000_000)
    /// Nine billion dollars, close to the end of the range.
    private static let edge = Money(nanos: 9_000_000_000_000_000_000)

    @Test func `a short position outlives an ask of half a billion ticks, and is flattened by it`() {
        var bench = GateBench(terms: Self.terms)
        bench.fill(.sell, 2, at: "5000.00")
        bench.book("5000.00x100 | 125000000.00x100", at: "2")
        #expect(bench.gate.equity < -Self.edge)
        #expect(bench.changes() == ["ACTIVE to FLATTENING daily_loss"])
        bench.tick("3")
        bench.book("5000.00x100 | 5000.25x100", at: "4")
        #expect(bench.gate.equity == Money(cents: -2_500))
    }

    @Test func `a day may begin at such a price, and the account be saved at it`() throws {
        var bench = GateBench(terms: Self.terms)
        bench.fill(.buy, 3, at: "5000.00")
        bench.book("125000000.00x100 | 125000000.25x100", at: "2")
        #expect(bench.gate.equity > Self.edge)
        var next = Script.day
        next.tradeDate += 1
        bench.gate.begin(next)
        #expect(bench.gate.dayProfit == .zero)
        try bench.reload()
        bench.book("5000.00x100 | 5000.25x100", at: "4")
        #expect(bench.gate.equity == .zero && bench.gate.drawdown > Self.edge)
        #expect(bench.changes().last == "ACTIVE to FLATTENING daily_loss")
    }

    @Test func `two accounts outlive a spread of half a billion ticks`() {
        var rules = RiskRules()
        rules.hasTwoAccounts = true
        var bench = GateBench(rules: rules, terms: Self.terms)
        bench.fill(.buy, 2, at: "5000.25", strategy: .level)
        bench.fill(.sell, 2, at: "5000.00", strategy: .account)
        bench.book("5000.00x100 | 125000000.00x100", at: "2")
        #expect(bench.gate.equity < -Self.edge)
        bench.book("5000.00x100 | 5000.25x100", at: "3")
        #expect(bench.gate.equity == Money(cents: -5_000))
    }

    @Test func `what is filled at such a price is booked at the end of the range`() {
        var position = Position(), book = StrategyBook(), books = AccountBooks(terms: Self.terms)
        for (number, side) in [(1, Side.sell), (2, .buy), (3, .buy), (4, .sell)] as [(UInt64, Side)] {
            let price = number == 2 || number == 3 ? Self.wild : Ticks(20_000)
            var fill = OrdersTests.fill(side, 2, price.count)
            fill.fee = Self.terms.fee(fill.quantity)
            position.apply(fill, Self.terms)
            book.apply(
                BookTrade(
                    sequence: number, time: fill.time, side: side, quantity: fill.quantity, price: price,
                    fee: fill.fee), Self.terms)
            books.apply(fill)
            position.checkInvariants()
        }
        #expect(position.isFlat && position.realised < -Self.edge && position.netRealised < -Self.edge)
        #expect(book.isFlat && book.openCost == .zero && book.netRealised < -Self.edge)
        #expect(books.equity(at: ExitPrices(Self.wild)) < -Self.edge)
    }

    @Test func `a flatten's slippage ends at the end of the range`() {
        var certificate = FlattenCertificate()
        certificate.bid = Ticks(20_000)
        certificate.ask = Ticks(20_001)
        for _ in 0..<2 {
            certificate.add(Quantity(2), .buy, at: Self.wild, moneyPerTick: Self.terms.moneyPerTick)
        }
        #expect(certificate.slippage > Self.edge)
    }
}
