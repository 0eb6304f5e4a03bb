@testable import Accounts
import Determinism
import Orders
import Testing
import Units

/// Lots in plain lists: what the books are held against.
private struct NaiveBook {
    /// One entry for each open contract, oldest first: its price in ticks.
    var open: [Int64] = []
    var isLong = true
    var realisedTicks: Int64 = 0
    var fees: Int64 = 0
    /// 1e-9 dollars, before fees.
    var cash: Int64 = 0

    static let nanosPerTick: Int64 = 1_250_000_000

    mutating func trade(_ side: Side, _ contracts: Int64, _ price: Int64, _ fee: Int64) {
        for _ in 0..<contracts {
            if !open.isEmpty, isLong != (side == .buy) {
                let paid = open.removeFirst()
                realisedTicks += isLong ? price - paid : paid - price
            } else {
                isLong = side == .buy
                open.append(price)
            }
        }
        fees += fee
        cash -= side.sign * contracts * price * NaiveBook.nanosPerTick
    }

    var contracts: Int64 { isLong ? Int64(open.count) : -Int64(open.count) }
}

/// Random trading of all books, with the plain lists beside it.
private struct RandomTrading {
    let seed: UInt64
    var books = AccountBooks(terms: BookScript.terms)
    var naive = (0..<StrategyID.capacity).map { _ in NaiveBook() }
    /// The account at average cost, as risk has had it.
    var position = Position()
    var random: SeededGenerator
    var price: Int64 = 20_000
    var closes = 0, transfers = 0, reversals = 0

    init(seed: UInt64) {
        self.seed = seed
        random = SeededGenerator(seed: seed)
    }

    mutating func step(_ second: UInt64) {
        price += Int64(random.below(9)) - 4
        switch random.below(20) {
        case 0: closeAccount(second)
        case 1, 2: cross(second)
        case 3 where random.below(40) == 0:
            let taken = takeReports { books, report in
                books.crossOpposed(at: Ticks(20_000), time: BookScript.time(second), report)
            }
            expect(books.opposed == .zero, taken)
        default: fill(second)
        }
    }

    /// A fill of any book, of any size, that leaves it within the largest position.
    private mutating func fill(_ second: UInt64) {
        let strategy = StrategyID(rawValue: UInt8(random.below(UInt64(StrategyID.capacity))))
        let side: Side = random.below(2) == 0 ? .buy : .sell
        let held = naive[Int(strategy.rawValue)].contracts
        let contracts = Int64(random.below(12)) + 1
        guard abs(held + side.sign * contracts) <= TradingLimits.positionContracts else { return }
        if held * side.sign < 0, abs(held) < contracts { reversals += 1 }
        let fill = BookScript.fill(
            side, contracts, at: price, strategy, fee: Money(nanos: Int64(random.below(9_000_000_000))),
            second: second)
        position.apply(fill, BookScript.terms)
        let taken = takeReports { books, report in books.apply(fill, report) }
        expect(taken == [strategy], taken)
    }

    /// Part or all of the account's position, closed at the venue.
    private mutating func closeAccount(_ second: UInt64) {
        guard let exitSide = position.exitSide else { return }
        let contracts = Int64(random.below(UInt64(position.quantity.contracts.magnitude))) + 1
        let fill = BookScript.fill(
            exitSide, contracts, at: price, fee: Money(nanos: Int64(random.below(9_000_000_000))), second: second)
        let onSide = naive.map { $0.contracts * exitSide.sign < 0 }
        position.apply(fill, BookScript.terms)
        let taken = takeReports { books, report in books.applyAccountClose(fill, report) }
        closes += 1
        expect(taken.allSatisfy { onSide[Int($0.rawValue)] }, taken)
    }

    private mutating func cross(_ second: UInt64) {
        let seller = Int(random.below(UInt64(StrategyID.capacity)))
        let buyer = (seller + 1 + Int(random.below(UInt64(StrategyID.capacity - 1)))) % StrategyID.capacity
        let contracts = Int64(random.below(4)) + 1
        guard naive[seller].contracts - contracts >= -64, naive[buyer].contracts + contracts <= 64 else { return }
        let at = Ticks(price)
        _ = takeReports { books, report in
            books.transfer(
                from: StrategyID(rawValue: UInt8(seller)), to: StrategyID(rawValue: UInt8(buyer)),
                quantity: Quantity(contracts), price: at, time: BookScript.time(second), report)
        }
        transfers += 1
    }

    /// Plays what is reported into the plain lists; gives back whose trades they were.
    private mutating func takeReports(_ body: (inout AccountBooks, AccountBooks.Report) -> Void) -> [StrategyID] {
        var reported: [BookAllocation] = []
        body(&books) { reported.append($0) }
        for allocation in reported {
            let trade = allocation.trade
            naive[Int(allocation.strategy.rawValue)].trade(
                trade.side, trade.quantity.contracts, trade.price.count, trade.fee.nanos)
        }
        return reported.map(\.strategy)
    }

    private func expect(_ holds: Bool, _ who: [StrategyID]) {
        #expect(holds, "seed \(seed), trade \(books.tradeCount), books \(who.map(\.rawValue))")
    }

    /// What must hold after every step.
    func check() {
        let place = "seed \(seed), trade \(books.tradeCount)"
        #expect(books.inconsistency == nil, "\(place)")
        #expect(books.account.quantity == position.quantity, "\(place)")
        let mark = Ticks(price)
        let equity = books.equity(at: ExitPrices(mark))
        #expect(equity == position.equity(at: mark, BookScript.terms), "\(place)")
        #expect(equity == books.sumOfBooks(at: ExitPrices(mark)), "\(place)")
        let exit = ExitPrices(bid: mark, ask: Ticks(price + 1))
        #expect(books.equity(at: exit) == books.sumOfBooks(at: exit) + books.opposedSpread(at: exit), "\(place)")
    }

    func checkBooks() {
        let place = "seed \(seed), trade \(books.tradeCount)"
        var worth = Money.zero
        books.forEachBook { strategy, book in
            let plain = naive[Int(strategy.rawValue)]
            #expect(book.quantity.contracts == plain.contracts, "\(place)")
            #expect(book.realised.nanos == plain.realisedTicks * NaiveBook.nanosPerTick, "\(place)")
            #expect(book.fees.nanos == plain.fees, "\(place)")
            let lots = BookScript.lots(book).flatMap { Array(repeating: $0[0], count: Int($0[1])) }
            #expect(lots == plain.open, "\(place)")
            // Realised and unrealised less fees is what came in and what the rest is worth.
            let marked = plain.cash + plain.contracts * price * NaiveBook.nanosPerTick - plain.fees
            #expect(book.equity(at: ExitPrices(Ticks(price)), BookScript.terms).nanos == marked, "\(place)")
            worth += Money(nanos: marked)
        }
        #expect(worth == books.equity(at: ExitPrices(Ticks(price))), "\(place)")
    }
}

@Suite struct AccountBooksPropertyTests {
    @Test(arguments: [1, 2, 3] as [UInt64])
    func `ten thousand random trades: the books are plain lists, and their sum the account`(seed: UInt64) throws {
        var trading = RandomTrading(seed: seed)
        for second in 1...10_000 as ClosedRange<UInt64> {
            trading.step(second)
            trading.check()
            if second % 50 == 0 { trading.checkBooks() }
            if second % 2_500 == 0 {
                trading.books = try reloaded(trading.books, into: AccountBooks(terms: BookScript.terms))
            }
        }
        #expect(trading.books.tradeCount > 8_000 && trading.closes > 100, "seed \(seed)")
        #expect(trading.transfers > 500 && trading.reversals > 500, "seed \(seed)")
    }
}
