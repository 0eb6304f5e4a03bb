import Determinism
import Units

/// One step in the life of an order as the execution gateway knows it. The first one of an order is `pending`: it was
/// sent.
@frozen public struct OrderUpdate: Hashable, BitwiseCopyable, Sendable {
    /// Position in this run's stream of updates, from 1.
    public var sequence: UInt64
    /// Event time and message time of the step.
    public var time: Timestamp
    public var messageTime: Timestamp
    public var order: Order
    public var state: OrderState
    public var reason: VenueReason
    /// What may still fill; zero once terminal.
    public var leaves: Quantity

    public init(
        sequence: UInt64, time: Timestamp, messageTime: Timestamp, order: Order, state: OrderState, reason: VenueReason,
        leaves: Quantity
    ) {
        self.sequence = sequence
        self.time = time
        self.messageTime = messageTime
        self.order = order
        self.state = state
        self.reason = reason
        self.leaves = leaves
    }

    /// The execution gateway issued the order without an approval: it can only shrink a position. A close that the
    /// venue does not keep to that has one: it closes a book.
    @inlinable public var isSelfIssued: Bool {
        order.id.issuer == .execution && (order.role != .close || order.isReduceOnly)
    }
}

extension OrderUpdate: BoundedElement {
    public static let blank = OrderUpdate(
        sequence: 0, time: .undefined, messageTime: .undefined, order: .blank, state: .pending, reason: .none,
        leaves: .zero)

    public mutating func persist(_ archive: inout StateArchive) throws(StateArchive.Failure) {
        try archive.field(&sequence)
        try archive.field(&time)
        try archive.field(&messageTime)
        try order.persist(&archive)
        try archive.code(&state)
        try archive.code(&reason)
        try archive.field(&leaves)
    }
}

extension OrderUpdate: CanonicalBytes {
    public static let byteCount = 88

    /// ```
    ///  0          8      16   24       32     40     41     42         50     51      59    60      61       62     70
    ///  | sequence | time | id | parent | link | role | side | quantity | type | price | tif | state | reason | left |
    ///  70      78      86       87         88
    ///  | limit | trail | reduce | strategy |
    /// ```
    /// `sequence`, `id`, `parent`, `link` UInt64; `time` (event) UInt64 ns; `quantity`, `left` contracts and `price`
    /// ticks (`limit`, `trail` too) Int64; `side` Int8; `role`, `type`, `tif`, `state`, `reason`, `reduce` (0 or 1) and
    /// `strategy` UInt8, the last with 128 more in the second account. Message time is left out: it is of the run, not
    /// of the decision.
    public func write(into writer: inout CanonicalWriter) {
        writer.put(sequence)
        writer.put(time.nanoseconds)
        writer.put(order.id.raw)
        writer.put(order.parent.raw)
        writer.put(order.link.raw)
        writer.put(order.role.rawValue)
        writer.put(order.side.rawValue)
        writer.put(order.quantity.contracts)
        writer.put(order.type.rawValue)
        writer.put(order.price.count)
        writer.put(order.timeInForce.rawValue)
        writer.put(state.rawValue)
        writer.put(reason.rawValue)
        writer.put(leaves.contracts)
        writer.put(order.limit.count)
        writer.put(order.trail.count)
        writer.put(UInt8(order.isReduceOnly ? 1 : 0))
        writer.put(order.strategy.rawValue | order.account.strategyBit)
    }
}
