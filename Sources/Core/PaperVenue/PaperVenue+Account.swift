import Orders
import Units

extension PaperVenue {
    /// Fills a part of an order, and reduces in one step the orders linked with it to what they may still fill
    /// together, and reduce-only orders to what is open then.
    mutating func fill(_ index: Int, _ quantity: Quantity, at price: Ticks, _ liquidity: Liquidity) {
        precondition(quantity > .zero, "a fill has contracts")
        precondition(quantity <= orders[index].leaves, "a fill never exceeds what is left")
        orders[index].leaves -= quantity
        orders[index].filled += quantity
        let order = orders[index].order, leaves = orders[index].leaves
        let fee = configuration.terms.fee(quantity)
        account.apply(
            Fill(
                sequence: sequence, venueTime: clock, time: clock, order: order.id, parent: order.parent,
                role: order.role, side: order.side, quantity: quantity, price: price, fee: fee, liquidity: liquidity,
                strategy: order.strategy),
            configuration.terms)
        tell(.filled, .none, order, quantity: quantity, price: price, fee: fee, liquidity, leaves: leaves)
        if leaves == .zero { finish(index, .filled, .none) }
        if order.link != .none { reduceLinked(with: index, quantity) }
        reduceToPosition()
    }

    private mutating func reduceLinked(with index: Int, _ quantity: Quantity) {
        guard let link = linkIndex(orders[index].order.link) else { return }
        let side = orders[index].order.side
        links[link].filled += quantity
        links[link].filledSide = side.rawValue
        // What they shared before, less what has filled.
        let remaining = max(mostLeft(of: orders[index].order), orders[index].leaves + quantity) - quantity
        for i in orders.indices where i != index && orders[i].order.link == orders[index].order.link {
            reduce(i, to: orders[i].order.side == side ? remaining : .zero, .linked)
        }
    }

    /// No reduce-only order may do more than close what is open.
    private mutating func reduceToPosition() {
        for i in orders.indices where orders[i].order.isReduceOnly {
            let isExit = orders[i].order.side == account.exitSide
            reduce(i, to: isExit ? account.quantity.magnitude : .zero, .reduceOnly)
        }
    }

    private mutating func reduce(_ index: Int, to most: Quantity, _ reason: VenueReason) {
        guard orders[index].phase != .done, orders[index].leaves > most else { return }
        if most == .zero {
            end(index, reason)
        } else {
            orders[index].leaves = most
            tell(.reduced, reason, orders[index].order, leaves: most)
        }
    }

    mutating func end(_ index: Int, _ reason: VenueReason) {
        orders[index].leaves = .zero
        tell(.cancelled, reason, orders[index].order)
        finish(index, .cancelled, reason)
    }

    private mutating func finish(_ index: Int, _ state: OrderState, _ reason: VenueReason) {
        orders[index].phase = .done
        isSweepDue = true
        ended.remember(
            EndedOrder(
                id: orders[index].order.id, side: orders[index].order.side, state: state, reason: reason,
                filled: orders[index].filled))
    }

    /// Takes out what is done, and links without orders.
    mutating func sweep() {
        guard isSweepDue else { return }
        isSweepDue = false
        var i = 0
        while i < orders.count {
            if orders[i].phase == .done { orders.remove(at: i) } else { i += 1 }
        }
        i = 0
        while i < links.count {
            if hasOrder(ofLink: links[i].id) { i += 1 } else { links.remove(at: i) }
        }
    }

    private func hasOrder(ofLink id: ClientOrderID) -> Bool {
        for i in orders.indices where orders[i].order.link == id { return true }
        return false
    }
}
