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
    /// Between the fill and the protective stop; zero of what opens nothing and of what is known by its updates alone.
    var stopDistance: Ticks
    /// The same to the target; zero without one.
    var targetDistance: Ticks
    /// A price at which it may rest already, for a change to it was approved and has not been answered; zero for none.
    public var wantedPrice: Ticks
    /// What it may be for in all already, for the same reason; zero for no more than it is.
    public var wantedQuantity: Quantity

    init(_ order: Order) {
        type = order.type
        quantity = order.quantity
        filled = .zero
        limit = order.type == .limit ? order.price : order.limit
        trigger = order.type.hasTrigger ? order.price : .zero
        trail = order.trail
        stopDistance = .zero
        targetDistance = .zero
        wantedPrice = .zero
        wantedQuantity = .zero
    }

    init(_ intent: OrderIntent) {
        type = intent.type
        quantity = intent.quantity
        filled = .zero
        limit = intent.limit
        trigger = intent.trigger
        trail = intent.trail
        stopDistance = intent.stopDistance
        targetDistance = intent.targetDistance
        wantedPrice = .zero
        wantedQuantity = .zero
    }

    /// A change was approved: until it is settled, the larger quantity counts, and both prices.
    mutating func want(_ change: OrderIntent) {
        wantedPrice = type == .limit ? change.limit : .zero
        wantedQuantity = max(wantedQuantity, change.quantity)
    }

    /// The order as the execution gateway says it stands, after what was known of it. An update from before the gateway
    /// has seen an approved change settles nothing of it: one settles it that has what was wanted, or says why not.
    func updated(by update: OrderUpdate) -> PlacedOrder {
        var now = PlacedOrder(update.order)
        now.filled = filled
        now.stopDistance = stopDistance
        now.targetDistance = targetDistance
        // A linked order that filled says nothing of the change.
        if update.reason != .none, update.reason != .linked { return now }
        if update.order.price != wantedPrice { now.wantedPrice = wantedPrice }
        if update.order.quantity != wantedQuantity { now.wantedQuantity = wantedQuantity }
        return now
    }

    /// What may still fill, by a change that is not settled, of an order that the update tells of: of a linked one its
    /// pair may have filled a part.
    func wantedLeaves(beside update: OrderUpdate) -> Quantity {
        let all = wantedQuantity - filled
        guard update.order.role == .entry, update.order.link != .none else { return all }
        return min(all, update.leaves + max(.zero, wantedQuantity - update.order.quantity))
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
        try archive.field(&stopDistance)
        try archive.field(&targetDistance)
        try archive.field(&wantedPrice)
        try archive.field(&wantedQuantity)
    }
}
