import Accounts
import Determinism
import Orders
import Units

/// Fills and terms for the tests of the books.
enum BookScript {
    /// MES: a tick of one contract is $1.25, a side costs $0.62.
    static let terms = ContractTerms(
        tickSize: TickSize(nanos: 250_000_000), multiplier: 5, feePerSide: Money(cents: 62))
    /// One contract at 20 000 ticks is worth $25 000.
    static let exit = ExitPrices(bid: Ticks(20_010), ask: Ticks(20_011))

    static let a = StrategyID.level
    static let b = StrategyID(rawValue: 2)

    static func time(_ second: UInt64) -> Timestamp { Timestamp(nanoseconds: second * 1_000_000_000) }

    static func fill(
        _ side: Side, _ contracts: Int64, at price: Int64, _ strategy: StrategyID = .account, fee: Money? = nil,
        second: UInt64 = 1
    ) -> Fill {
        Fill(
            sequence: 1, venueTime: time(second), time: time(second), order: .none, parent: .none, role: .entry,
            side: side, quantity: Quantity(contracts), price: Ticks(price),
            fee: fee ?? terms.fee(Quantity(contracts)), liquidity: .taker, strategy: strategy)
    }

    static func trade(
        _ sequence: UInt64, _ side: Side, _ contracts: Int64, at price: Int64, fee: Money = .zero
    ) -> BookTrade {
        BookTrade(
            sequence: sequence, time: time(sequence), side: side, quantity: Quantity(contracts), price: Ticks(price),
            fee: fee)
    }

    /// Price and contracts of the open lots, oldest first.
    static func lots(_ book: StrategyBook) -> [[Int64]] {
        book.lots.indices.map { [book.lots[$0].price.count, book.lots[$0].quantity.contracts] }
    }
}

extension Money {
    /// "12.5" in tests, where the text is written beside it.
    static func usd(_ text: String) -> Money { Money(text) ?? Money(nanos: .max) }
}
