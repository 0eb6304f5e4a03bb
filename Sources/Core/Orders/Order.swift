import Determinism
import Units

@frozen public enum OrderType: UInt8, Hashable, BitwiseCopyable, Sendable, CaseIterable {
    /// At the best prices there are; what the book cannot fill is cancelled.
    case market = 1
    /// At its price or better.
    case limit = 2
    /// Becomes a market order when the market trades at its price or beyond.
    case stop = 3
    /// Becomes a limit order at `Order.limit` when the market trades at its price or beyond.
    case stopLimit = 4
    /// A stop whose price follows the market at `Order.trail`, and never goes back.
    case trailingStop = 5

    /// It waits for a trigger price.
    @inlinable public var hasTrigger: Bool {
        switch self {
        case .stop, .stopLimit, .trailingStop: true
        case .market, .limit: false
        }
    }
}

@frozen public enum TimeInForce: UInt8, Hashable, BitwiseCopyable, Sendable, CaseIterable {
    /// Works until filled or cancelled.
    case goodTillCancelled = 1
    /// Fills what it can on arrival; the rest is cancelled.
    case immediateOrCancel = 2
    /// Fills whole on arrival, or not at all.
    case fillOrKill = 3
    /// Works until the trading session ends.
    case day = 4
}

/// What an order is for.
@frozen public enum OrderRole: UInt8, Hashable, BitwiseCopyable, Sendable, CaseIterable {
    /// Opens or enlarges a position: needs an approval.
    case entry = 1
    case protectiveStop = 2
    case target = 3
    /// Closes at the market.
    case close = 4
}

/// An order as it goes to a venue.
@frozen public struct Order: Hashable, BitwiseCopyable, Sendable {
    public static let blank = Order(
        id: .none, parent: .none, link: .none, role: .entry, side: .buy, quantity: .zero, type: .market, price: .zero,
        timeInForce: .goodTillCancelled)

    public var id: ClientOrderID
    /// The opening order whose position this one protects or closes; its own identity for an opening order.
    public var parent: ClientOrderID
    /// Orders of one link share their quantity: a fill of one reduces the others by as much, at the venue, atomically
    /// (one cancels other). `none` stands alone. A link is named by the order that begins it.
    public var link: ClientOrderID
    public var role: OrderRole
    public var side: Side
    /// Positive.
    public var quantity: Quantity
    public var type: OrderType
    /// Limit of a limit order, trigger of a stop; zero for a market order. Of a trailing stop: where it stands at the
    /// start; zero leaves that to the venue.
    public var price: Ticks
    /// Limit of a stop-limit order once triggered; zero for others.
    public var limit: Ticks
    /// Distance of a trailing stop from the best quote, of the side that it would take from, since it was entered; zero
    /// for others.
    public var trail: Ticks
    public var timeInForce: TimeInForce
    /// The venue never lets it enlarge or turn the position: it fills at most what is open.
    public var isReduceOnly: Bool
    /// Whose book its fills belong to.
    public var strategy: StrategyID
    /// The account at the venue that it is for.
    public var account = VenueAccount.first

    public init(
        id: ClientOrderID, parent: ClientOrderID, link: ClientOrderID, role: OrderRole, side: Side, quantity: Quantity,
        type: OrderType, price: Ticks, limit: Ticks = .zero, trail: Ticks = .zero, timeInForce: TimeInForce,
        isReduceOnly: Bool = false, strategy: StrategyID = .account
    ) {
        self.id = id
        self.parent = parent
        self.link = link
        self.role = role
        self.side = side
        self.quantity = quantity
        self.type = type
        self.price = price
        self.limit = limit
        self.trail = trail
        self.timeInForce = timeInForce
        self.isReduceOnly = isReduceOnly
        self.strategy = strategy
    }
}

extension Order: PersistentState {
    public mutating func persist(_ archive: inout StateArchive) throws(StateArchive.Failure) {
        try archive.field(&id)
        try archive.field(&parent)
        try archive.field(&link)
        try archive.code(&role)
        try archive.code(&side)
        try archive.field(&quantity)
        try archive.code(&type)
        try archive.field(&price)
        try archive.field(&limit)
        try archive.field(&trail)
        try archive.code(&timeInForce)
        try archive.field(&isReduceOnly)
        try archive.field(&strategy)
        try archive.code(&account)
    }
}
