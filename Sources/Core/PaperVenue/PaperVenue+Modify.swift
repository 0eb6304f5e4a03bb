import Orders
import Units

extension PaperVenue {
    /// Quantity (in all), price, limit and trail become those of the command's order; type, side, link and time in
    /// force stay. Less quantity at the same price keeps the place in the queue; more, or another price, goes to its
    /// end, and takes what it can first. A quantity that has filled already ends the order. Linked orders go on sharing
    /// their contracts, of which one that opens may want more, and a trailing stop does not go back.
    mutating func modify(_ command: VenueCommand) {
        let order = command.order
        guard let index = index(of: order.id), orders[index].phase != .taking else {
            refuse(.modifyRejected, ended.find(order.id) == nil ? .unknownOrder : .tooLate, order)
            return
        }
        if let reason = modifyRefusal(command, orders[index].order) {
            refuse(.modifyRejected, reason, orders[index].order)
            return
        }
        let leaves = allowed(order.quantity, orders[index])
        if leaves <= .zero {
            end(index, .requested)
            return
        }
        if orders[index].phase == .waiting {
            modifyStop(index, by: order, leaves)
        } else {
            modifyResting(index, by: order, leaves)
        }
    }

    private func modifyRefusal(_ command: VenueCommand, _ live: Order) -> VenueReason? {
        if let reason = sessionRefusal(command) { return reason }
        if let reason = marketRefusal { return reason }
        let order = command.order
        if order.type != live.type || order.side != live.side || !isWellFormed(order) { return .malformed }
        return nil
    }

    /// What may fill of an order that is to be for `quantity` in all. A linked or reduce-only order that was reduced
    /// does not grow back by a change that asks for no more than it was for.
    private func allowed(_ quantity: Quantity, _ order: VenueOrder) -> Quantity {
        var leaves = quantity - order.filled
        if let link = linkIndex(order.order.link) {
            var changed = order.order
            changed.quantity = quantity
            let grown = order.leaves + max(.zero, quantity - order.order.quantity)
            leaves = min(leaves, grown, share(of: changed, in: links[link]))
        }
        if order.order.isReduceOnly {
            leaves = min(leaves, account.quantity.magnitude)
            if quantity <= order.order.quantity { leaves = min(leaves, order.leaves) }
        }
        return leaves
    }

    private mutating func modifyStop(_ index: Int, by order: Order, _ leaves: Quantity) {
        let before = orders[index].order.price
        orders[index].order.quantity = order.quantity
        orders[index].leaves = leaves
        orders[index].order.limit = order.limit
        orders[index].order.trail = order.trail
        orders[index].order.price = order.price
        if order.type == .trailingStop {
            orders[index].order.raise(to: before)
            trail(index)
        }
        tellModified(orders[index])
        watch(index)
    }

    private mutating func modifyResting(_ index: Int, by order: Order, _ leaves: Quantity) {
        let before = orders[index]
        var changed = before
        changed.order.quantity = order.quantity
        changed.leaves = leaves
        changed.order.price = order.price
        changed.order.limit = order.limit
        tellModified(changed)
        if changed.limit == before.limit, leaves <= before.leaves {
            orders[index] = changed
            return
        }
        changed.phase = .taking
        changed.place = .unknown
        orders.remove(at: index)
        orders.append(changed)
        take(orders.count - 1)
    }

    private mutating func tellModified(_ changed: VenueOrder) {
        let reason = shortage(of: changed.order, filled: changed.filled, leaves: changed.leaves)
        tell(
            .modified, reason, changed.order, quantity: changed.order.quantity, price: changed.workingPrice,
            leaves: changed.leaves)
    }
}
