import Determinism
import Units

/// Which way an order met its counterpart.
@frozen public enum Liquidity: UInt8, Hashable, BitwiseCopyable, Sendable, CaseIterable {
    /// It took what was resting.
    case taker = 1
    /// It was resting itself.
    case maker = 2
}

/// A part or all of one order filled at one price.
@frozen public struct Fill: Hashable, BitwiseCopyable, Sendable {
    /// Position in this run's stream of fills, from 1.
    public var sequence: UInt64
    /// Event time at the venue, and event time at which the gateway learned of it.
    public var venueTime, time: Timestamp
    public var order: ClientOrderID
    public var parent: ClientOrderID
    public var role: OrderRole
    public var side: Side
    /// Positive.
    public var quantity: Quantity
    public var price: Ticks
    /// For the whole quantity.
    public var fee: Money
    public var liquidity: Liquidity
    /// Whose book it belongs to.
    public var strategy: StrategyID
    /// The account at the venue that it happened in.
    public var account = VenueAccount.first

    public init(
        sequence: UInt64, venueTime: Timestamp, time: Timestamp, order: ClientOrderID, parent: ClientOrderID,
        role: OrderRole, side: Side, quantity: Quantity, price: Ticks, fee: Money, liquidity: Liquidity,
        strategy: StrategyID = .account
    ) {
        self.sequence = sequence
        self.venueTime = venueTime
        self.time = time
        self.order = order
        self.parent = parent
        self.role = role
        self.side = side
        self.quantity = quantity
        self.price = price
        self.fee = fee
        self.liquidity = liquidity
        self.strategy = strategy
    }

    /// Positive for a buy.
    @inlinable public var signedQuantity: Quantity { Quantity(side.sign * quantity.contracts) }
}

extension Fill: BoundedElement {
    public static let blank = Fill(
        sequence: 0, venueTime: .undefined, time: .undefined, order: .none, parent: .none, role: .entry, side: .buy,
        quantity: .zero, price: .zero, fee: .zero, liquidity: .taker)

    public mutating func persist(_ archive: inout StateArchive) throws(StateArchive.Failure) {
        try archive.field(&sequence)
        try archive.field(&venueTime)
        try archive.field(&time)
        try archive.field(&order)
        try archive.field(&parent)
        try archive.code(&role)
        try archive.code(&side)
        try archive.field(&quantity)
        try archive.field(&price)
        try archive.field(&fee)
        try archive.code(&liquidity)
        try archive.field(&strategy)
        try archive.code(&account)
    }
}

extension Fill: CanonicalBytes {
    public static let byteCount = 68

    /// ```
    ///  0          8            16     24   32       40     41     42         50      58    66          67         68
    ///  | sequence | venue time | time | id | parent | role | side | quantity | price | fee | liquidity | strategy |
    /// ```
    /// `sequence`, `id`, `parent` UInt64; times UInt64 ns; `quantity` contracts, `price` ticks, `fee` 1e-9 dollars
    /// Int64; `side` Int8; `role`, `liquidity`, `strategy` UInt8, the last with 128 more in the second account.
    public func write(into writer: inout CanonicalWriter) {
        writer.put(sequence)
        writer.put(venueTime.nanoseconds)
        writer.put(time.nanoseconds)
        writer.put(order.raw)
        writer.put(parent.raw)
        writer.put(role.rawValue)
        writer.put(side.rawValue)
        writer.put(quantity.contracts)
        writer.put(price.count)
        writer.put(fee.nanos)
        writer.put(liquidity.rawValue)
        writer.put(strategy.rawValue | account.strategyBit)
    }
}
