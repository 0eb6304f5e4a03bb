import Accounts
import Orders
import Testing
import Units

@Suite struct StrategyBookTests {
    private let terms = BookScript.terms

    @Test func `the oldest lot is closed first`() {
        var book = StrategyBook()
        book.apply(BookScript.trade(1, .buy, 2, at: 20_000), terms)
        book.apply(BookScript.trade(2, .buy, 3, at: 20_008), terms)
        book.apply(BookScript.trade(3, .sell, 3, at: 20_010), terms)
        // Two made 10 ticks and one made 2.
        #expect(book.realised == terms.moneyPerTick * 22)
        #expect(BookScript.lots(book) == [[20_008, 2]])
        #expect(book.openCost == terms.moneyPerTick * (2 * 20_008))
        #expect(book.lots[0].sequence == 2 && book.lots[0].time == BookScript.time(2))
        #expect(book.isConsistent(terms))
    }

    @Test func `beyond the position a trade opens the other way`() {
        var book = StrategyBook()
        book.apply(BookScript.trade(1, .sell, 2, at: 20_000), terms)
        #expect(book.exitSide == .buy)
        book.apply(BookScript.trade(2, .buy, 5, at: 19_996), terms)
        #expect(book.realised == terms.moneyPerTick * 8)
        #expect(book.quantity == Quantity(3))
        #expect(book.exitSide == .sell)
        #expect(BookScript.lots(book) == [[19_996, 3]])
        #expect(book.bought == Quantity(5) && book.sold == Quantity(2))
    }

    @Test func `a long position is marked at the bid and a short one at the ask`() {
        let exit = ExitPrices(bid: Ticks(20_004), ask: Ticks(20_006))
        var book = StrategyBook()
        #expect(book.unrealised(at: exit, terms) == .zero)
        book.apply(BookScript.trade(1, .buy, 2, at: 20_000, fee: .usd("1.24")), terms)
        #expect(book.unrealised(at: exit, terms) == .usd("10"))
        #expect(book.equity(at: exit, terms) == .usd("8.76"))
        book.apply(BookScript.trade(2, .sell, 3, at: 20_000, fee: .usd("1.86")), terms)
        #expect(book.unrealised(at: exit, terms) == .usd("-7.5"))
        #expect(book.netRealised == .usd("-3.1"))
        book.apply(BookScript.trade(3, .buy, 1, at: 20_000), terms)
        #expect(book.isFlat && book.exitSide == nil && book.openCost == .zero)
        #expect(book.unrealised(at: exit, terms) == .zero)
    }

    @Test func `a book has room for as many lots as a position may have contracts`() throws {
        AccountLimits.verify()
        var book = StrategyBook()
        for i in 1...64 as ClosedRange<UInt64> {
            book.apply(BookScript.trade(i, .buy, 1, at: 20_000 + Int64(i)), terms)
        }
        #expect(book.lots.isFull && book.isConsistent(terms))
        book = try reloaded(book, into: StrategyBook())
        book.apply(BookScript.trade(65, .sell, 64, at: 20_000), terms)
        #expect(book.isFlat && book.realised == terms.moneyPerTick * -2_080)
    }

    @Test func `one lot more stops the process`() async {
        await #expect(processExitsWith: .failure) {
            var book = StrategyBook()
            for i in 1...65 as ClosedRange<UInt64> {
                book.apply(BookScript.trade(i, .buy, 1, at: 20_000), BookScript.terms)
            }
        }
    }

    @Test func `a trade without contracts stops the process`() async {
        await #expect(processExitsWith: .failure) {
            var book = StrategyBook()
            book.apply(BookScript.trade(1, .buy, 0, at: 20_000), BookScript.terms)
        }
    }
}
