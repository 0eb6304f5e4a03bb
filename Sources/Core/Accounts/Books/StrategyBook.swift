import Determinism
import Orders
import Units

/// The position of one strategy in one contract in lots, first in, first out, exact to 1e-9 of a dollar. Nothing is
/// ever rounded: a lot costs whole ticks times whole contracts.
///
/// At every moment `realised − openCost` equals what was sold less what was bought, at their prices.
public struct StrategyBook: Sendable {
    /// What is open, oldest first; all on one side.
    public private(set) var lots = AccountLimits.Lots()
    /// Positive is long.
    public private(set) var quantity = Quantity.zero
    /// What the open lots cost, signed like the quantity.
    public private(set) var openCost = Money.zero
    /// Profit of what was closed, before fees.
    public private(set) var realised = Money.zero
    /// Paid so far.
    public private(set) var fees = Money.zero
    /// Contracts ever bought and sold, crossings with other books among them.
    public private(set) var bought = Quantity.zero
    public private(set) var sold = Quantity.zero

    public init() {}

    @inlinable public var isFlat: Bool { quantity.contracts == 0 }
    /// The side of the order that would shrink the position; nil when flat.
    @inlinable public var exitSide: Side? {
        if quantity.contracts == 0 { return nil }
        return quantity.contracts > 0 ? .sell : .buy
    }

    /// Takes a trade in: it closes the oldest lots of the other side, and what is left opens a lot.
    public mutating func apply(_ trade: BookTrade, _ terms: ContractTerms) {
        precondition(trade.quantity.contracts > 0, "a trade has contracts")
        fees += trade.fee
        switch trade.side {
        case .buy: bought += trade.quantity
        case .sell: sold += trade.quantity
        }
        var left = trade.quantity.contracts
        while left > 0, !lots.isEmpty, lots[0].side != trade.side {
            let closed = min(left, lots[0].quantity.contracts)
            closeOldest(closed, at: trade.price, terms)
            left -= closed
        }
        quantity += trade.signedQuantity
        guard left > 0 else { return }
        openCost += terms.value(Quantity(trade.side.sign * left), at: trade.price)
        lots.append(
            Lot(
                sequence: trade.sequence, time: trade.time, side: trade.side, quantity: Quantity(left),
                price: trade.price))
    }

    /// Closes contracts of the oldest lot, at most all of it.
    private mutating func closeOldest(_ contracts: Int64, at price: Ticks, _ terms: ContractTerms) {
        let lot = lots[0]
        let signed = Quantity(lot.side.sign * contracts)
        let cost = terms.value(signed, at: lot.price)
        realised += terms.value(signed, at: price) - cost
        openCost -= cost
        if contracts == lot.quantity.contracts {
            lots.remove(at: 0)
        } else {
            lots[0].quantity -= Quantity(contracts)
        }
    }

    /// Profit of what is open if closed at these prices, before fees.
    @inlinable public func unrealised(at exit: ExitPrices, _ terms: ContractTerms) -> Money {
        terms.value(quantity, at: exit.price(for: quantity)) - openCost
    }

    /// Profit of what was closed, after all fees.
    @inlinable public var netRealised: Money { realised - fees }

    /// Profit after fees with the open part marked at the side it would exit at.
    @inlinable public func equity(at exit: ExitPrices, _ terms: ContractTerms) -> Money {
        netRealised + unrealised(at: exit, terms)
    }

    /// Whether the totals are those of the lots, and the lots are in order and on one side.
    public func isConsistent(_ terms: ContractTerms) -> Bool {
        var contracts: Int64 = 0
        var cost = Money.zero
        for i in lots.indices {
            let lot = lots[i]
            if lot.quantity.contracts < 1 || lot.side != lots[0].side { return false }
            if i > 0, lot.sequence <= lots[i - 1].sequence { return false }
            let signed = Quantity(lot.side.sign * lot.quantity.contracts)
            contracts += signed.contracts
            cost += terms.value(signed, at: lot.price)
        }
        return quantity.contracts == contracts && openCost == cost && bought - sold == quantity
    }
}

extension StrategyBook: PersistentState {
    public mutating func persist(_ archive: inout StateArchive) throws(StateArchive.Failure) {
        try lots.persist(&archive)
        try archive.field(&quantity)
        try archive.field(&openCost)
        try archive.field(&realised)
        try archive.field(&fees)
        try archive.field(&bought)
        try archive.field(&sold)
    }
}
