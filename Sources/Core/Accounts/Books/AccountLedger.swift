import Determinism
import Orders
import Units

/// The account as the venue sees it: one net position, and the cash that the venue's fills moved. It knows no books, so
/// that the books can be held against it.
@frozen public struct AccountLedger: Hashable, BitwiseCopyable, Sendable {
    /// Positive is long.
    public private(set) var quantity = Quantity.zero
    /// What was sold less what was bought, at their prices, before fees.
    public private(set) var cash = Money.zero
    public private(set) var fees = Money.zero
    /// Contracts ever bought and sold at the venue.
    public private(set) var bought = Quantity.zero
    public private(set) var sold = Quantity.zero

    init() {}

    mutating func apply(_ fill: Fill, _ terms: ContractTerms) {
        precondition(fill.quantity.contracts > 0, "a fill has contracts")
        quantity += fill.signedQuantity
        cash -= terms.value(fill.signedQuantity, at: fill.price)
        fees += fill.fee
        switch fill.side {
        case .buy: bought += fill.quantity
        case .sell: sold += fill.quantity
        }
    }

    @inlinable public var isFlat: Bool { quantity.contracts == 0 }

    /// Profit after fees with the net position marked at the side it would exit at.
    @inlinable public func equity(at exit: ExitPrices, _ terms: ContractTerms) -> Money {
        cash + terms.value(quantity, at: exit.price(for: quantity)) - fees
    }
}

extension AccountLedger: PersistentState {
    public mutating func persist(_ archive: inout StateArchive) throws(StateArchive.Failure) {
        try archive.field(&quantity)
        try archive.field(&cash)
        try archive.field(&fees)
        try archive.field(&bought)
        try archive.field(&sold)
    }
}
