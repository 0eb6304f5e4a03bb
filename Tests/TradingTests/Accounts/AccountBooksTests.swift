@testable import Accounts
import CHeapCount
import Determinism
import Orders
import Testing
import Units

@Suite struct AccountBooksTests {
    private typealias S = BookScript
    private let a = BookScript.a, b = BookScript.b

    /// Level long 3 at 20 000 and 20 004, the other short 2 at 20 002: the account is long one.
    private func opposed() -> AccountBooks {
        var books = AccountBooks(terms: S.terms)
        books.apply(S.fill(.buy, 2, at: 20_000, a))
        books.apply(S.fill(.sell, 2, at: 20_002, b))
        books.apply(S.fill(.buy, 1, at: 20_004, a))
        return books
    }

    @Test func `one book may be long while another is short`() {
        let books = opposed()
        #expect(books[a].quantity == Quantity(3) && books[b].quantity == Quantity(-2))
        #expect(books.quantity(of: .account) == .zero)
        #expect(books.account.quantity == Quantity(1))
        #expect(books.opposed == Quantity(2))
        #expect(books.inconsistency == nil)
    }

    @Test func `the account's equity is the books' and the spread that it need not pay`() {
        let books = opposed()
        // Level at the bid: 10 + 10 + 6 ticks; the other at the ask: 2 · −9; the account's long one at the bid.
        #expect(books[a].unrealised(at: S.exit, S.terms) == S.terms.moneyPerTick * 26)
        #expect(books[b].unrealised(at: S.exit, S.terms) == S.terms.moneyPerTick * -18)
        #expect(books.unrealised(at: S.exit) == S.terms.moneyPerTick * 8)
        #expect(books.opposedSpread(at: S.exit) == S.terms.moneyPerTick * 2)
        #expect(books.fees == .usd("3.1"))
        #expect(books.sumOfBooks(at: S.exit) == S.terms.moneyPerTick * 8 - .usd("3.1"))
        #expect(books.equity(at: S.exit) == S.terms.moneyPerTick * 10 - .usd("3.1"))
        // One price for all: the books are the account.
        let mark = ExitPrices(Ticks(20_010))
        #expect(books.sumOfBooks(at: mark) == books.equity(at: mark))
    }

    @Test func `a transfer moves a position at no fee and leaves the account as it was`() {
        var books = opposed()
        let before = books.account
        var reported: [BookAllocation] = []
        books.transfer(from: a, to: b, quantity: Quantity(1), price: Ticks(20_006), time: S.time(9)) {
            reported.append($0)
        }
        #expect(books.account == before)
        #expect(books[a].quantity == Quantity(2) && books[a].realised == S.terms.moneyPerTick * 6)
        #expect(books[b].quantity == Quantity(-1) && books[b].realised == S.terms.moneyPerTick * -4)
        #expect(S.lots(books[a]) == [[20_000, 1], [20_004, 1]])
        #expect(books.crossed == Quantity(1) && books.fees == .usd("3.1"))
        #expect(reported.map(\.strategy) == [a, b] && reported.map(\.trade.side) == [.sell, .buy])
        #expect(reported.allSatisfy { $0.kind == .transfer && $0.trade.fee == .zero })
        #expect(reported.map(\.trade.sequence) == [4, 5])
        #expect(books.inconsistency == nil)
    }

    @Test func `an account's close takes the oldest lots on the position's side`() {
        var books = AccountBooks(terms: S.terms)
        books.apply(S.fill(.buy, 2, at: 20_000, a))
        books.apply(S.fill(.buy, 2, at: 20_001, b))
        books.apply(S.fill(.buy, 1, at: 20_002, a))
        books.apply(S.fill(.sell, 1, at: 20_003))
        var reported: [BookAllocation] = []
        books.applyAccountClose(S.fill(.sell, 3, at: 20_010, fee: .usd("1.000000001"))) { reported.append($0) }
        // The account's own book is short: it is not on the position's side.
        #expect(books[a].quantity == Quantity(1) && books[b].quantity == Quantity(1))
        #expect(books.quantity(of: .account) == Quantity(-1))
        #expect(reported.map(\.strategy) == [a, b])
        #expect(reported.map(\.trade.quantity.contracts) == [2, 1])
        #expect(reported.map(\.trade.fee.nanos) == [666_666_667, 333_333_334])
        #expect(reported.allSatisfy { $0.kind == .accountClose })
        #expect(books.inconsistency == nil)
    }

    @Test func `what a close has beyond the position is the account's own`() {
        var books = opposed()
        books.applyAccountClose(S.fill(.sell, 5, at: 20_010))
        #expect(books[a].isFlat && books[b].quantity == Quantity(-2))
        #expect(books.quantity(of: .account) == Quantity(-2))
        #expect(books.account.quantity == Quantity(-4))
        #expect(books.inconsistency == nil)
    }

    @Test func `after the venue's close, books that are left cross until all are flat`() {
        var books = opposed()
        books.applyAccountClose(S.fill(.sell, 1, at: 20_010))
        #expect(books.account.isFlat && books[a].quantity == Quantity(2) && books[b].quantity == Quantity(-2))
        books.crossOpposed(at: Ticks(20_010), time: S.time(9))
        for strategy in [a, b, .account] { #expect(books[strategy].isFlat) }
        // 10 and 10 at the close and the crossing, 6 of the newest lot; the other lost 8 twice.
        #expect(books[a].realised == S.terms.moneyPerTick * 26)
        #expect(books[b].realised == S.terms.moneyPerTick * -16)
        #expect(books.crossed == Quantity(2))
        #expect(books.inconsistency == nil)
        #expect(books.equity(at: S.exit) == books.sumOfBooks(at: S.exit))
    }

    @Test func `crossing stops when one side is used up`() {
        var books = opposed()
        books.crossOpposed(at: Ticks(20_010), time: S.time(9))
        #expect(S.lots(books[a]) == [[20_004, 1]])
        #expect(books[b].isFlat && books.opposed == .zero)
    }

    /// Bytes of the account in an archive: marker (8 + 13), then quantity, cash, fees, bought, sold.
    @Test(arguments: [
        (0, BooksInconsistency.quantity), (1, .cash), (2, .fees), (3, .turnover), (4, .turnover), (5, .turnover),
    ])
    func `an account that is not the sum of its books is found out`(field: Int, expected: BooksInconsistency) throws {
        var bytes = try saved(opposed())
        bytes[21 + 8 * field] ^= 1
        var books = AccountBooks(terms: S.terms)
        var archive = StateArchive(loading: bytes)
        try books.persist(&archive)
        #expect(books.inconsistency == expected)
        #expect(!books.isConsistent)
    }

    @Test func `lots that do not make the book's totals are found out`() throws {
        var bytes = try saved(opposed())
        // Behind marker, account, crossed and count: the account's own empty book (count and six fields), then the
        // count of level's lots, and sequence, time and side of the first of them.
        let quantity = 21 + 5 * 8 + 16 + 7 * 8 + 8 + 17
        #expect(bytes[quantity] == 2)
        bytes[quantity] = 1
        var books = AccountBooks(terms: S.terms)
        var archive = StateArchive(loading: bytes)
        try books.persist(&archive)
        #expect(books.inconsistency == .lots)
    }

    @Test func `a book does not cross with itself`() async {
        await #expect(processExitsWith: .failure) {
            var books = AccountBooks(terms: BookScript.terms)
            books.transfer(
                from: .level, to: .level, quantity: Quantity(1), price: Ticks(1), time: BookScript.time(1))
        }
    }

    @Test(.enabled(if: lh_heap_count_enabled() != 0, "heap calls are not counted under a sanitizer"))
    func `nothing is allocated after the start`() {
        var books = AccountBooks(terms: S.terms)
        var equity = Money.zero
        func play() {
            for i in 0..<StrategyID.capacity {
                let strategy = StrategyID(rawValue: UInt8(i))
                books.apply(S.fill(i % 3 == 0 ? .sell : .buy, Int64(i % 4 + 1), at: 20_000 + Int64(i), strategy))
            }
            books.applyAccountClose(S.fill(.sell, books.account.quantity.contracts, at: 20_005))
            books.crossOpposed(at: Ticks(20_005), time: S.time(2))
            equity += books.equity(at: S.exit) + books.sumOfBooks(at: S.exit) + books.opposedSpread(at: S.exit)
        }
        // The first use of a generic type makes its metadata.
        play()
        let before = lh_heap_calls()
        play()
        let calls = lh_heap_calls() - before
        #expect(calls == 0)
        #expect(books.account.isFlat && books.isConsistent)
        #expect(equity != .zero)
    }
}
