import Determinism
import Units

@frozen public enum VenueEventKind: UInt8, Hashable, BitwiseCopyable, Sendable, CaseIterable {
    case accepted = 1
    case rejected = 2
    case filled = 3
    /// A linked order filled in part: this one may now fill less.
    case reduced = 4
    case cancelled = 5
    /// The order to be cancelled is not live at the venue.
    case cancelRejected = 6
    case modified = 7
    /// The order goes on as it was, if it is live at all.
    case modifyRejected = 8
    /// A stop's price was reached: it is a market or limit order from here on.
    case triggered = 9
    /// Answers `queryOrder` and `queryOrders`.
    case orderStatus = 10
    /// Answers `queryPosition`: `quantity` is signed.
    case positionStatus = 11
    /// The last answer to `queryOrders`.
    case queryEnd = 12
}

/// What a venue tells the execution gateway.
@frozen public struct VenueEvent: Hashable, BitwiseCopyable, Sendable {
    /// Position in the account's stream, from 1 without gaps.
    public var sequence: UInt64
    /// When it happened, and when the gateway learns of it, on the venue's clock.
    public var time, deliveryTime: Timestamp
    public var kind: VenueEventKind
    public var reason: VenueReason
    public var order: ClientOrderID
    public var side: Side
    /// Of a fill; of a position, signed; of a change, and of the status of a live order, what it is for in all; else
    /// zero.
    public var quantity: Quantity
    public var price: Ticks
    public var fee: Money
    public var liquidity: Liquidity
    /// What may still fill.
    public var leaves: Quantity
    /// What has filled so far, of a status.
    public var filled: Quantity
    /// How the order stands, of a status; `unknown` when the venue has never heard of it.
    public var state: OrderState
    /// The query that this answers; else 0.
    public var query: UInt64
    /// The account that it happened in.
    public var account = VenueAccount.first

    public init(
        sequence: UInt64, time: Timestamp, deliveryTime: Timestamp, kind: VenueEventKind, reason: VenueReason,
        order: ClientOrderID, side: Side, quantity: Quantity, price: Ticks, fee: Money, liquidity: Liquidity,
        leaves: Quantity, filled: Quantity = .zero, state: OrderState = .unknown, query: UInt64 = 0
    ) {
        self.sequence = sequence
        self.time = time
        self.deliveryTime = deliveryTime
        self.kind = kind
        self.reason = reason
        self.order = order
        self.side = side
        self.quantity = quantity
        self.price = price
        self.fee = fee
        self.liquidity = liquidity
        self.leaves = leaves
        self.filled = filled
        self.state = state
        self.query = query
    }
}

extension VenueEvent: BoundedElement {
    public static let blank = VenueEvent(
        sequence: 0, time: .undefined, deliveryTime: .undefined, kind: .rejected, reason: .none, order: .none,
        side: .buy, quantity: .zero, price: .zero, fee: .zero, liquidity: .taker, leaves: .zero)

    public mutating func persist(_ archive: inout StateArchive) throws(StateArchive.Failure) {
        try archive.field(&sequence)
        try archive.field(&time)
        try archive.field(&deliveryTime)
        try archive.code(&kind)
        try archive.code(&reason)
        try archive.field(&order)
        try archive.code(&side)
        try archive.field(&quantity)
        try archive.field(&price)
        try archive.field(&fee)
        try archive.code(&liquidity)
        try archive.field(&leaves)
        try archive.field(&filled)
        try archive.code(&state)
        try archive.field(&query)
        try archive.code(&account)
    }
}
