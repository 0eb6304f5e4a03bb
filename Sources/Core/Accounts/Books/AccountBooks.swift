import Determinism
import Orders
import Units

/// The books of one account in one contract: one for each strategy, and the account's own (`StrategyID.account`) for
/// what a human orders and what no order explains. One book may be long while another is short.
///
/// A fold over fills. The sum of the books is the account at every moment, to the contract and to 1e-9 of a dollar
/// (`inconsistency`). Nothing allocates after the start, unless a copy of a book is kept while it changes.
public struct AccountBooks: Sendable {
    /// Told of each trade that a book gets.
    public typealias Report = (BookAllocation) -> Void

    public let terms: ContractTerms
    /// What the venue's fills come to.
    public private(set) var account = AccountLedger()
    /// Contracts that went from one book to another without the venue.
    public private(set) var crossed = Quantity.zero
    /// Trades of all books so far.
    public private(set) var tradeCount: UInt64 = 0
    /// By strategy.
    private var books: [StrategyBook]

    public init(terms: ContractTerms) {
        AccountLimits.verify()
        self.terms = terms
        // One by one: copies of one would share its memory until they change, and take their own then.
        books = (0..<StrategyID.capacity).map { _ in StrategyBook() }
    }

    public subscript(strategy: StrategyID) -> StrategyBook { books[Int(strategy.rawValue)] }
    public func quantity(of strategy: StrategyID) -> Quantity { books[Int(strategy.rawValue)].quantity }

    // MARK: Trades

    /// Takes in a fill of an order that one book sent: it is that book's (`fill.strategy`).
    public mutating func apply(_ fill: Fill, _ report: Report = { _ in }) {
        account.apply(fill, terms)
        record(.fill, fill.strategy, fill.side, fill.quantity, fill.price, fill.fee, fill.time, report)
    }

    /// Takes in a fill of an order that closes the account's position whoever holds it: a flatten, the account's stop.
    ///
    /// It closes the lots on the other side than the fill's, the oldest of all books first. What is beyond them (a fill
    /// that came too late) is the account's own book's. The fee is shared by contracts: the first n contracts of N bear
    /// ⌊fee · n / N⌋, so that the shares add up to the fee.
    public mutating func applyAccountClose(_ fill: Fill, _ report: Report = { _ in }) {
        account.apply(fill, terms)
        let total = fill.quantity.contracts
        var done: Int64 = 0
        var charged = Money.zero
        while done < total {
            let oldest = oldestLot(fill.side.opposite)
            let part = min(total - done, oldest?.quantity.contracts ?? total)
            done += part
            let due = Money(nanos: Int64(floored(Int128(fill.fee.nanos) * Int128(done), by: Int128(total))))
            record(
                .accountClose, oldest?.strategy ?? .account, fill.side, Quantity(part), fill.price, due - charged,
                fill.time, report)
            charged = due
        }
    }

    /// Crosses two books: `seller` sells to `buyer` what it wants to be rid of, at no fee and without the venue.
    /// Where books net; of two accounts at the venue neither would know.
    public mutating func transfer(
        from seller: StrategyID, to buyer: StrategyID, quantity: Quantity, price: Ticks, time: Timestamp,
        _ report: Report = { _ in }
    ) {
        precondition(seller != buyer, "two books cross")
        crossed += quantity
        record(.transfer, seller, .sell, quantity, price, .zero, time, report)
        record(.transfer, buyer, .buy, quantity, price, .zero, time, report)
    }

    /// Crosses long books with short ones, oldest lots first, until all that are not flat are on one side. After the
    /// account was closed at the venue, or both were, this leaves every book flat.
    public mutating func crossOpposed(at price: Ticks, time: Timestamp, _ report: Report = { _ in }) {
        while let long = oldestLot(.buy), let short = oldestLot(.sell) {
            transfer(
                from: long.strategy, to: short.strategy, quantity: min(long.quantity, short.quantity), price: price,
                time: time, report)
        }
    }

    private mutating func record(
        _ kind: AllocationKind, _ strategy: StrategyID, _ side: Side, _ quantity: Quantity, _ price: Ticks,
        _ fee: Money, _ time: Timestamp, _ report: Report
    ) {
        tradeCount += 1
        let trade = BookTrade(
            sequence: tradeCount, time: time, side: side, quantity: quantity, price: price, fee: fee)
        books[Int(strategy.rawValue)].apply(trade, terms)
        report(BookAllocation(strategy: strategy, kind: kind, trade: trade))
    }

    /// The oldest open lot on a side over all books, and whose it is.
    private func oldestLot(_ side: Side) -> (strategy: StrategyID, quantity: Quantity)? {
        var oldest = Lot.blank
        var owner: StrategyID?
        for i in books.indices where !books[i].isFlat {
            let lot = books[i].lots[0]
            if lot.side == side, owner == nil || lot.sequence < oldest.sequence {
                oldest = lot
                owner = StrategyID(rawValue: UInt8(i))
            }
        }
        return owner.map { ($0, oldest.quantity) }
    }
}

extension AccountBooks: PersistentState {
    /// The terms are configuration and not saved.
    public mutating func persist(_ archive: inout StateArchive) throws(StateArchive.Failure) {
        try archive.marker("account books")
        try account.persist(&archive)
        try archive.field(&crossed)
        try archive.field(&tradeCount)
        for i in books.indices { try books[i].persist(&archive) }
    }
}
