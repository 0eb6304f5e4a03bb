import Orders
import Units

extension PaperVenue {
    /// The group's trades: they eat queues, go through prices and trigger stops.
    mutating func trade(_ update: MarketUpdate) {
        for i in orders.indices { orders[i].traded = 0 }
        guard update.quality.isDisjoint(with: .notTrading) else { return }
        let fillsResting = update.quality.hasUsableBook
        for trade in update.trades {
            // Contracts of the trade at its price that our own older orders have not taken.
            var left = Int64(trade.size)
            for i in orders.indices {
                switch orders[i].phase {
                case .waiting: if orders[i].order.triggers(at: trade.price) { trigger(i) }
                case .resting: if fillsResting { meet(trade, i, &left) }
                case .taking, .done: break
                }
            }
        }
    }

    private mutating func meet(_ trade: MarketTrade, _ index: Int, _ left: inout Int64) {
        let price = orders[index].workingPrice
        let side = orders[index].order.side
        let isThrough = side == .buy ? trade.price < price : trade.price > price
        if isThrough {
            fill(index, orders[index].leaves, at: price, .maker)
            return
        }
        guard trade.price == price, Int64(trade.aggressor) == -side.sign else { return }
        orders[index].traded += left
        guard orders[index].place.isKnown else { return }
        let eaten = min(orders[index].place.wholeContracts, left)
        orders[index].place.shrink(by: Double(eaten))
        let quantity = min(left - eaten, orders[index].leaves.contracts)
        guard quantity > 0 else { return }
        left -= quantity
        fill(index, Quantity(quantity), at: price, .maker)
    }

    /// The book becomes the group's.
    mutating func follow(_ update: MarketUpdate) {
        let before = book
        book.follow(update)
        guard book.quality.hasUsableBook else { return }
        for i in orders.indices {
            switch orders[i].phase {
            case .waiting: trail(i)
            case .resting:
                queue(i, before)
                walk(i, to: orders[i].limit, liquidity: .maker)
            case .taking, .done: break
            }
        }
    }

    /// The place in the queue after the group, as far as the price is visible.
    private mutating func queue(_ index: Int, _ before: VenueBook) {
        let (side, price) = (orders[index].order.side, orders[index].workingPrice)
        guard let level = book.level(side, at: price) else { return }
        let place = orders[index].place
        guard place.isKnown else {
            orders[index].place = QueuePlace(contracts: level.contracts, orders: level.orders)
            return
        }
        // Without a book before there is nothing to compare with, and only what is displayed bounds the place.
        let known = before.quality.hasUsableBook ? before.level(side, at: price) : nil
        orders[index].place = configuration.queue.follow(
            place, known ?? QueueLevel(contracts: 0, orders: 0), level, traded: Double(orders[index].traded))
    }

    /// Everything that takes, oldest first.
    mutating func takeAll() {
        guard book.quality.hasUsableBook else { return }
        for i in orders.indices where orders[i].phase == .taking { take(i) }
    }

    /// An order that has come, or a triggered stop, takes what it may. Without a limit it waits for a usable book and
    /// is cancelled when that is exhausted; with one it rests with what is left, if it may.
    mutating func take(_ index: Int) {
        let (order, limit) = (orders[index].order, orders[index].limit)
        if book.quality.hasUsableBook {
            if order.timeInForce == .fillOrKill,
                book.available(to: order.side, upTo: limit) < orders[index].leaves
            {
                end(index, .notFilledWhole)
                return
            }
            walk(index, to: limit, liquidity: .taker)
        } else if limit == nil {
            return
        }
        if orders[index].phase == .done { return }
        guard let limit else { return end(index, .bookExhausted) }
        switch order.timeInForce {
        case .immediateOrCancel: end(index, .bookExhausted)
        case .fillOrKill: end(index, .notFilledWhole)
        case .goodTillCancelled, .day:
            orders[index].phase = .resting
            let level = book.level(order.side, at: limit)
            orders[index].place = level.map { QueuePlace(contracts: $0.contracts, orders: $0.orders) } ?? .unknown
        }
    }

    /// Takes from the opposite side, best first, up to a price. A resting order that is crossed fills at its own price.
    private mutating func walk(_ index: Int, to limit: Ticks?, liquidity: Liquidity) {
        let side = orders[index].order.side
        var i = 0
        while orders[index].phase != .done, let level = book.opposite(of: side, i) {
            if let limit, side == .buy ? level.price > limit : level.price < limit { return }
            let quantity = min(orders[index].leaves, Quantity(Int64(level.size)))
            if quantity > .zero {
                book.take(quantity, from: side, i, at: clock)
                fill(index, quantity, at: liquidity == .maker ? limit ?? level.price : level.price, liquidity)
            }
            i += 1
        }
    }
}
