import Orders
import Units

extension PaperVenue {
    /// The group's trades: they eat queues, go through prices and trigger stops.
    mutating func trade(_ update: MarketUpdate) {
        for i in orders.indices { orders[i].traded = 0 }
        guard update.quality.isDisjoint(with: .notTrading) else { return }
        for trade in update.trades {
            // Contracts of the trade at its price that our own older orders have not taken.
            var left = Int64(trade.size)
            for i in orders.indices where orders[i].phase == .resting {
                switch orders[i].order.type {
                case .stop: if orders[i].order.triggers(at: trade.price) { orders[i].phase = .taking }
                case .limit: if update.quality.hasUsableBook { meet(trade, i, &left) }
                case .market, .stopLimit, .trailingStop: break
                }
            }
        }
    }

    private mutating func meet(_ trade: MarketTrade, _ index: Int, _ left: inout Int64) {
        let resting = orders[index]
        let price = resting.order.price
        let isThrough = resting.order.side == .buy ? trade.price < price : trade.price > price
        if isThrough {
            fill(index, resting.leaves, at: price, .maker)
            return
        }
        guard trade.price == price, Int64(trade.aggressor) == -resting.order.side.sign else { return }
        orders[index].traded += left
        guard resting.ahead != VenueOrder.aheadUnknown else { return }
        let eaten = min(resting.ahead, left)
        orders[index].ahead -= eaten
        let quantity = min(left - eaten, resting.leaves.contracts)
        guard quantity > 0 else { return }
        left -= quantity
        fill(index, Quantity(quantity), at: price, .maker)
    }

    /// The book becomes the group's.
    mutating func follow(_ update: MarketUpdate) {
        let before = book
        book.replace(by: update)
        guard book.quality.hasUsableBook else { return }
        for i in orders.indices where orders[i].phase == .resting && orders[i].order.type == .limit {
            queue(i, before)
            walk(i, to: orders[i].order.price, liquidity: .maker)
        }
    }

    /// Cancels shrink what is ahead in proportion to what was left after the trades; nobody is ever behind more than is
    /// displayed.
    private mutating func queue(_ index: Int, _ before: VenueBook) {
        let resting = orders[index]
        guard let displayed = book.displayed(resting.order.side, at: resting.order.price) else { return }
        var ahead = resting.ahead
        if ahead == VenueOrder.aheadUnknown {
            ahead = displayed
        } else if before.quality.hasUsableBook,
            let was = before.displayed(resting.order.side, at: resting.order.price)
        {
            let rest = was - resting.traded
            let cancelled = rest - displayed
            if rest > 0, cancelled > 0 { ahead -= cancelled * min(ahead, rest) / rest }
        }
        orders[index].ahead = min(ahead, displayed)
    }

    /// Everything that takes, oldest first.
    mutating func takeAll() {
        for i in orders.indices where orders[i].phase == .taking { take(i) }
    }

    /// A market order or a triggered stop: walks the book and cancels what it could not fill. Waits for a usable book.
    mutating func take(_ index: Int) {
        guard book.quality.hasUsableBook else { return }
        walk(index, to: nil, liquidity: .taker)
        if orders[index].phase != .done { end(index, .bookExhausted) }
    }

    /// Takes from the opposite side, best first, up to a price. A resting order that is crossed fills at its own price.
    mutating func walk(_ index: Int, to limit: Ticks?, liquidity: Liquidity) {
        let order = orders[index].order
        var i = 0
        while orders[index].phase != .done, let level = book.opposite(of: order.side, i) {
            if let limit, order.side == .buy ? level.price > limit : level.price < limit { return }
            let quantity = min(orders[index].leaves, Quantity(Int64(level.size)))
            if quantity > .zero {
                book.take(quantity, from: order.side, i)
                fill(index, quantity, at: liquidity == .maker ? order.price : level.price, liquidity)
            }
            i += 1
        }
    }

    /// Fills a part of an order, and reduces the orders linked with it by as much, in one step.
    mutating func fill(_ index: Int, _ quantity: Quantity, at price: Ticks, _ liquidity: Liquidity) {
        precondition(quantity > .zero, "a fill has contracts")
        precondition(quantity <= orders[index].leaves, "a fill never exceeds what is left")
        orders[index].leaves -= quantity
        orders[index].filled += quantity
        held += Quantity(orders[index].order.side.sign * quantity.contracts)
        let filled = orders[index]
        tell(
            .filled, .none, filled.order, quantity: quantity, price: price,
            fee: configuration.terms.fee(quantity), liquidity, leaves: filled.leaves)
        if filled.leaves == .zero { finish(index) }
        guard filled.order.link != .none, let link = linkIndex(filled.order.link) else { return }
        links[link].remaining -= quantity
        let remaining = links[link].remaining
        for i in orders.indices where i != index && orders[i].order.link == filled.order.link {
            guard orders[i].phase != .done, orders[i].leaves > remaining else { continue }
            if remaining == .zero {
                end(i, .linked)
            } else {
                orders[i].leaves = remaining
                tell(.reduced, .linked, orders[i].order, leaves: remaining)
            }
        }
    }

    mutating func end(_ index: Int, _ reason: VenueReason) {
        orders[index].leaves = .zero
        tell(.cancelled, reason, orders[index].order)
        finish(index)
    }

    private mutating func finish(_ index: Int) {
        orders[index].phase = .done
        isSweepDue = true
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
            let id = links[i].id
            if orders.indices.contains(where: { orders[$0].order.link == id }) { i += 1 } else { links.remove(at: i) }
        }
    }

    // MARK: Events

    mutating func tell(
        _ kind: VenueEventKind, _ reason: VenueReason, _ order: Order, quantity: Quantity = .zero, price: Ticks = .zero,
        fee: Money = .zero, _ liquidity: Liquidity = .taker, leaves: Quantity = .zero
    ) {
        sequence += 1
        events.push(
            VenueEvent(
                sequence: sequence, time: clock, deliveryTime: clock + configuration.eventLatency, kind: kind,
                reason: reason, order: order.id, side: order.side, quantity: quantity, price: price, fee: fee,
                liquidity: liquidity, leaves: leaves))
    }
}
