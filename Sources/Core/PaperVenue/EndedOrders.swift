import Determinism
import Orders
import Units

/// What the venue remembers of an order that has ended.
@frozen public struct EndedOrder: Hashable, BitwiseCopyable, Sendable {
    public var id: ClientOrderID
    public var side: Side
    public var state: OrderState
    public var reason: VenueReason
    public var filled: Quantity
}

extension EndedOrder: BoundedElement {
    public static let blank = EndedOrder(id: .none, side: .buy, state: .rejected, reason: .none, filled: .zero)

    public mutating func persist(_ archive: inout StateArchive) throws(StateArchive.Failure) {
        try archive.field(&id)
        try archive.code(&side)
        try archive.code(&state)
        try archive.code(&reason)
        try archive.field(&filled)
    }
}

/// The last 1,024 orders that ended: filled, cancelled or rejected. An order that ended before them is unknown.
@frozen public struct EndedOrders: Sendable {
    public static let capacity = 1_024

    private var orders = BoundedList<1_024, EndedOrder>()
    /// Where the next one goes once the list is full.
    private var oldest = 0

    public init() {}

    public var count: Int { orders.count }

    mutating func remember(_ order: EndedOrder) {
        if !orders.isFull {
            orders.append(order)
            return
        }
        orders[oldest] = order
        oldest = (oldest + 1) % Self.capacity
    }

    /// O(n), asked once per submission and query.
    public func find(_ id: ClientOrderID) -> EndedOrder? {
        for index in orders.indices where orders[index].id == id { return orders[index] }
        return nil
    }
}

extension EndedOrders: PersistentState {
    public mutating func persist(_ archive: inout StateArchive) throws(StateArchive.Failure) {
        try orders.persist(&archive)
        try archive.bounded(&oldest, atMost: Self.capacity - 1)
    }
}
