import Orders
import Units

/// Whether the execution gateway may send `candidate` without an approval: true only if no combination of fills of it
/// and of everything working raises the position or turns its sign.
///
/// The candidate must be against the position, and everything that can fill on its side together must not exceed the
/// position (the worst case is that nothing on the other side fills). Linked orders share their quantity and count
/// once. Pure; O(n²) in the live orders.
public func mayShrink(position: Quantity, working: WorkingOrders, candidate: WorkingOrder) -> Bool {
    guard candidate.leaves > .zero, !working.isFull else { return false }
    guard position != .zero, (position > .zero) == (candidate.side == .sell) else { return false }
    var all = working
    all.append(candidate)
    return all.mostFilled(candidate.side) <= position.magnitude
}

/// The same where books net, for an order that the venue keeps to what is open when it fills (reduce-only): whatever
/// works beside it, it closes. It must be against the position and for no more of it.
public func mayReduce(position: Quantity, candidate: Order) -> Bool {
    guard candidate.isReduceOnly, candidate.role != .entry, candidate.quantity > .zero else { return false }
    guard position != .zero, (position > .zero) == (candidate.side == .sell) else { return false }
    return candidate.quantity <= position.magnitude
}

/// Whether the execution gateway may change one of its own live orders without an approval: its price, or its quantity
/// to less. It closes what it closed before, and no more of it.
public func mayAdjust(_ order: Order, to changed: Order) -> Bool {
    guard order.role != .entry, changed.quantity > .zero, changed.quantity <= order.quantity else { return false }
    var restored = changed
    restored.quantity = order.quantity
    restored.price = order.price
    restored.limit = order.limit
    restored.trail = order.trail
    return restored == order
}
