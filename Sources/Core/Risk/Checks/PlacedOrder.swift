import Determinism
import Orders
import Units

/// A working order as a person can change it: what it was placed as, and what has filled of it.
@frozen public struct PlacedOrder: Hashable, BitwiseCopyable, Sendable {
    public var type: OrderType
    /// What it is for in all, and what has filled.
    public var quantity, filled: Quantity
    /// As of an intent: zero where its type has none.
    public var limit, trigger, trail: Ticks
    /// A price at which it may rest already, for a change to it was approved and has not been answered; zero for none.
    public var wantedPrice: Ticks

    init(_ order: Order) {
        type = order.type
        quantity = order.quantity
        filled = .zero
        limit = order.type == .limit ? order.price : order.limit
        trigger = order.type.hasTrigger ? order.price : .zero
        trail = order.trail
        wantedPrice = .zero
    }

    init(_ intent: OrderIntent) {
        type = intent.type
        quantity = intent.quantity
        filled = .zero
        limit = intent.limit
        trigger = intent.trigger
        trail = intent.trail
        wantedPrice = .zero
    }

    /// The order as the execution gateway says it stands, after what was known of it.
    func updated(by update: OrderUpdate) -> PlacedOrder {
        var now = PlacedOrder(update.order)
        now.filled = filled
        // What tells that the change has been taken, or will not come.
        let isSettled = update.order.price == wantedPrice || update.reason != .none
        now.wantedPrice = isSettled ? .zero : wantedPrice
        return now
    }

    /// A change would leave every price as it is.
    func hasPrices(of intent: OrderIntent) -> Bool {
        limit == intent.limit && trigger == intent.trigger && trail == intent.trail
    }

    /// A change would leave everything as it is.
    public func isAsked(by intent: OrderIntent) -> Bool { quantity == intent.quantity && hasPrices(of: intent) }
}

extension PlacedOrder: BoundedElement {
    public static var blank: PlacedOrder { PlacedOrder(Order.blank) }

    public mutating func persist(_ archive: inout StateArchive) throws(StateArchive.Failure) {
        try archive.code(&type)
        try archive.field(&quantity)
        try archive.field(&filled)
        try archive.field(&limit)
        try archive.field(&trigger)
        try archive.field(&trail)
        try archive.field(&wantedPrice)
    }
}
