import Determinism
import Orders
import Units

/// An order that is not terminal.
@frozen public struct LiveOrder: Hashable, BitwiseCopyable, Sendable {
    public var order: Order
    public var state: OrderState
    /// What may still fill.
    public var leaves: Quantity
    public var isCancelSent: Bool
    /// Of an opening order: what its fills are protected with.
    public var stopDistance: Ticks
    public var targetDistance: Ticks
    public var timeStop: Nanoseconds

    init(_ order: Order, stopDistance: Ticks = .zero, targetDistance: Ticks = .zero, timeStop: Nanoseconds = .zero) {
        self.order = order
        state = .pending
        leaves = order.quantity
        isCancelSent = false
        self.stopDistance = stopDistance
        self.targetDistance = targetDistance
        self.timeStop = timeStop
    }

    var working: WorkingOrder {
        WorkingOrder(id: order.id, link: order.link, side: order.side, role: order.role, leaves: leaves)
    }
}

extension LiveOrder: BoundedElement {
    public static var blank: LiveOrder { LiveOrder(.blank) }

    public mutating func persist(_ archive: inout StateArchive) throws(StateArchive.Failure) {
        try order.persist(&archive)
        try archive.code(&state)
        try archive.field(&leaves)
        try archive.field(&isCancelSent)
        try archive.field(&stopDistance)
        try archive.field(&targetDistance)
        try archive.field(&timeStop)
    }
}
