import Accounts
import Orders
import Testing
import Units

@Suite struct BookRoutingTests {
    private let a = BookScript.a, b = BookScript.b

    private var books: AccountBooks {
        var books = AccountBooks(terms: BookScript.terms)
        books.apply(BookScript.fill(.buy, 3, at: 20_000, a))
        books.apply(BookScript.fill(.sell, 2, at: 20_000, b))
        books.apply(BookScript.fill(.sell, 1, at: 20_000))
        return books
    }

    @Test func `netting has one account for all`() {
        for strategy in [a, b, .account] {
            #expect(BookRouting.netting.account(of: strategy, holding: .buy) == .first)
            #expect(BookRouting.netting.account(of: strategy, holding: .sell) == .first)
        }
        #expect(BookRouting.netting.quantity(in: .first, books) == .zero)
        #expect(BookRouting.netting.quantity(in: .second, books) == .zero)
    }

    @Test func `two accounts hold what is long and what is short`() {
        let routing = BookRouting.twoAccounts(long: .all, short: StrategySet(b, .account))
        #expect(routing.account(of: a, holding: .buy) == .first)
        #expect(routing.account(of: a, holding: .sell) == nil)
        #expect(routing.account(of: b, holding: .buy) == .first)
        #expect(routing.account(of: b, holding: .sell) == .second)
        #expect(routing.quantity(in: .first, books) == Quantity(3))
        #expect(routing.quantity(in: .second, books) == Quantity(-3))
    }

    @Test func `a set has the strategies that it was made of`() {
        let set = StrategySet(.account, StrategyID(rawValue: 15))
        let members = (0..<16 as Range<UInt8>).filter { set.contains(StrategyID(rawValue: $0)) }
        #expect(members == [0, 15])
        #expect(!StrategySet.none.contains(.account))
    }
}
