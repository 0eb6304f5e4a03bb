import Orders
import Units

extension RiskGate {
    /// Judges a modification of a working order to `quantity` contracts in all that may still fill, at `price` (zero
    /// for an order that does not rest). Nil is a yes, which counts.
    public mutating func reviewModification(
        of id: ClientOrderID, quantity: Quantity, price: Ticks
    ) -> RefusalReason? {
        guard let index = working.index(of: id) else { return .unknownOrder }
        if price < .zero || price.count > Int64(Int32.max) { return .malformed }
        if quantity.contracts < 1 || quantity > limits.orderQuantity { return .orderQuantity }
        if isHeld || state == .flattening || state == .locked { return .tradingState }
        let isMore = quantity > working[index].leaves && working[index].role == .entry
        if isMore, state != .active { return .tradingState }
        if limits.collar > .zero, isBeyondCollar(price) { return .priceCollar }
        var changed = working[index]
        changed.leaves = quantity
        changed.restingPrice = price
        let before = working[index]
        working[index] = changed
        if isMore, worst(changed.side) > limits.position {
            working[index] = before
            return .positionLimit
        }
        if modifyTimes.isFull(limits.modifyRate, at: clock) {
            working[index] = before
            return .modifyRate
        }
        modifyTimes.add(clock)
        return nil
    }

    /// The largest position on a side with everything that works on it; where books net, of the books on that side.
    private func worst(_ side: Side) -> Quantity {
        if rules.netsBooks { return held(long: side == .buy) + working.mostOpened(side) }
        return Quantity(position.quantity.contracts + side.sign * working.mostFilled(side).contracts).magnitude
    }

    /// Judges an operator's cancel of one order. Cancelling everything, and a flatten, is never judged.
    public mutating func reviewCancel() -> RefusalReason? {
        if cancelTimes.isFull(limits.cancelRate, at: clock) { return .cancelRate }
        cancelTimes.add(clock)
        return nil
    }
}
