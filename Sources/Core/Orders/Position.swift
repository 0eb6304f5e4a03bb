import Determinism
import Units

/// The position in one contract at average cost, exact to 1e-9 of a dollar: at every moment `realised − (cost of what
/// is open)` equals minus the sum of what was bought less what was sold, and a flat position has no cost left.
@frozen public struct Position: Hashable, BitwiseCopyable, Sendable {
    /// Positive is long.
    public private(set) var quantity: Quantity = .zero
    /// What the open contracts cost, signed like the quantity.
    public private(set) var openCost: Money = .zero
    /// Profit of what was closed, before fees.
    public private(set) var realised: Money = .zero
    /// Paid so far.
    public private(set) var fees: Money = .zero
    /// Contracts ever bought and sold.
    public private(set) var bought: Quantity = .zero
    public private(set) var sold: Quantity = .zero

    public init() {}

    @inlinable public var isFlat: Bool { quantity.contracts == 0 }
    /// The side of the order that would shrink the position; nil when flat.
    @inlinable public var exitSide: Side? {
        if quantity.contracts == 0 { return nil }
        return quantity.contracts > 0 ? .sell : .buy
    }

    /// Takes a fill in. A partial close takes its share of the cost, rounded toward zero to 1e-9 dollars; the remainder
    /// stays with what is open, so that nothing is lost.
    public mutating func apply(_ fill: Fill, _ terms: ContractTerms) {
        precondition(fill.quantity.contracts > 0, "a fill has contracts")
        fees += fill.fee
        switch fill.side {
        case .buy: bought += fill.quantity
        case .sell: sold += fill.quantity
        }
        let open = quantity.contracts
        let change = fill.signedQuantity.contracts
        if open == 0 || (open > 0) == (change > 0) {
            openCost += terms.value(Quantity(change), at: fill.price)
            quantity += Quantity(change)
            return
        }
        let closed = min(open.magnitudeAsSigned, change.magnitudeAsSigned)
        let signedClosed = open > 0 ? closed : -closed
        let share = Money(nanos: Int64(Int128(openCost.nanos) * Int128(closed) / Int128(open.magnitudeAsSigned)))
        realised += terms.value(Quantity(signedClosed), at: fill.price) - share
        openCost -= share
        quantity -= Quantity(signedClosed)
        let beyond = Quantity(change + signedClosed)
        guard beyond != .zero else { return }
        openCost = terms.value(beyond, at: fill.price)
        quantity = beyond
    }

    /// Profit of what is open if closed at `mark`, before fees.
    @inlinable public func unrealised(at mark: Ticks, _ terms: ContractTerms) -> Money {
        terms.value(quantity, at: mark) - openCost
    }

    /// Profit after fees with the open part marked at `mark`. `mark` does not matter when flat.
    @inlinable public func equity(at mark: Ticks, _ terms: ContractTerms) -> Money {
        realised - fees + unrealised(at: mark, terms)
    }

    /// Profit of what was closed, after all fees.
    @inlinable public var netRealised: Money { realised - fees }

    /// States what always holds, for tests after every step.
    func checkInvariants() {
        precondition(bought - sold == quantity, "the position is the sum of its fills")
        precondition(!isFlat || openCost == .zero, "nothing open costs nothing")
    }
}

extension Position: PersistentState {
    public mutating func persist(_ archive: inout StateArchive) throws(StateArchive.Failure) {
        try archive.field(&quantity)
        try archive.field(&openCost)
        try archive.field(&realised)
        try archive.field(&fees)
        try archive.field(&bought)
        try archive.field(&sold)
    }
}
