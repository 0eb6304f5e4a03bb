import Orders
import Units

/// What the sum of the books and the account do not agree in. Each is a bug.
@frozen public enum BooksInconsistency: String, Hashable, BitwiseCopyable, Sendable, CaseIterable {
    /// A book's totals are not those of its lots.
    case lots
    /// The books' positions do not add up to the account's.
    case quantity
    /// Realised profit less the cost of what is open is not what the fills moved.
    case cash
    case fees
    /// Contracts bought or sold, crossings aside, are not those of the venue's fills.
    case turnover
}

extension AccountBooks {
    // MARK: What it is worth

    /// Profit of what was closed, in all books, before fees.
    public var realised: Money { sum { $0.realised } }
    /// Paid so far.
    public var fees: Money { account.fees }

    /// Profit of what is open, each book marked at the side it would exit at, before fees.
    public func unrealised(at exit: ExitPrices) -> Money { sum { $0.unrealised(at: exit, terms) } }

    /// The account's profit after fees, its net position marked at the side it would exit at: what the venue would say.
    public func equity(at exit: ExitPrices) -> Money { account.equity(at: exit, terms) }

    /// The sum of the books' profits after fees. Books on opposite sides would each pay the spread to leave, while the
    /// account need not: this is `equity` less `opposedSpread`, exactly.
    func sumOfBooks(at exit: ExitPrices) -> Money { realised - fees + unrealised(at: exit) }

    /// Contracts of books that other books hold the other way: the smaller of all long and all short ones.
    public var opposed: Quantity {
        var long: Int64 = 0
        var short: Int64 = 0
        forEachBook { _, book in
            long += max(0, book.quantity.contracts)
            short += max(0, -book.quantity.contracts)
        }
        return Quantity(min(long, short))
    }

    /// The spread on `opposed`.
    func opposedSpread(at exit: ExitPrices) -> Money { terms.value(opposed, at: exit.ask - exit.bid) }

    // MARK: Consistency

    /// Whether the books add up to the account.
    public var isConsistent: Bool { inconsistency == nil }

    /// The first thing that does not add up; nil when all does. For tests and simulations, after every step.
    public var inconsistency: BooksInconsistency? {
        var areLotsSound = true
        var quantity = Quantity.zero
        var (cash, fees) = (Money.zero, Money.zero)
        var (bought, sold) = (-crossed, -crossed)
        forEachBook { _, book in
            if !book.isConsistent(terms) { areLotsSound = false }
            quantity += book.quantity
            cash += book.realised - book.openCost
            fees += book.fees
            bought += book.bought
            sold += book.sold
        }
        if !areLotsSound { return .lots }
        if quantity != account.quantity { return .quantity }
        if cash != account.cash { return .cash }
        if fees != account.fees { return .fees }
        return bought == account.bought && sold == account.sold ? nil : .turnover
    }

    private func sum(_ amount: (borrowing StrategyBook) -> Money) -> Money {
        var total = Money.zero
        forEachBook { _, book in total += amount(book) }
        return total
    }

    /// Every book, by strategy.
    public func forEachBook(_ body: (StrategyID, borrowing StrategyBook) -> Void) {
        for index in 0..<StrategyID.capacity {
            let strategy = StrategyID(rawValue: UInt8(index))
            body(strategy, self[strategy])
        }
    }
}
