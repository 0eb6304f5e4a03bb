import Orders
import Units

extension ExecutionGateway {
    /// Sends an order of our own if it can only shrink the position. If it could not, our picture of the account is
    /// wrong: that ends in a flatten.
    mutating func issue(_ order: Order, _ clock: TradingClock) -> Bool {
        let candidate = WorkingOrder(
            id: order.id, link: order.link, side: order.side, role: order.role, leaves: order.quantity)
        guard mayShrink(position: openQuantity, working: working, candidate: candidate) else {
            contradiction(clock)
            return false
        }
        send(LiveOrder(order), clock)
        return true
    }

    var working: WorkingOrders {
        var orders = WorkingOrders()
        for i in live.indices { orders.append(live[i].working) }
        return orders
    }

    mutating func send(_ order: LiveOrder, _ clock: TradingClock) {
        var order = order
        order.order.account = configuration.account
        flattening.voidProof()
        live.append(order)
        expectAnswer(live.count - 1, clock)
        sentCount += 1
        tell(.submit, order.order)
        report(order.order, .pending, .none, leaves: order.leaves, clock)
    }

    mutating func cancel(_ index: Int, _ clock: TradingClock) {
        guard !live[index].isCancelSent else { return }
        live[index].isCancelSent = true
        expectAnswer(index, clock)
        tell(.cancel, live[index].order)
    }

    /// Cancels opening orders: those of one parent, or all.
    mutating func cancelEntries(of parent: ClientOrderID?, _ clock: TradingClock) {
        for i in live.indices where live[i].order.role == .entry {
            if parent == nil || live[i].order.id == parent { cancel(i, clock) }
        }
    }

    /// Every command carries the epoch that it was sent under.
    mutating func tell(_ kind: VenueCommandKind, _ order: Order, query: UInt64 = 0) {
        var order = order
        let isLinked = order.role == .entry ? configuration.venueLinks : configuration.linksBrackets
        if !isLinked { order.link = .none }
        order.account = configuration.account
        commands.append(VenueCommand(kind, order, query: query, epoch: epoch))
    }

    /// The venue must say something about the order within `unknownAfter`; later the more often it has not.
    mutating func expectAnswer(_ index: Int, _ clock: TradingClock) {
        live[index].answerBy = patience(live[index].silences, clock)
    }

    func patience(_ silences: UInt8, _ clock: TradingClock) -> Timestamp {
        clock.message + Nanoseconds(configuration.unknownAfter.count << Int64(min(silences, 4)))
    }

    mutating func report(
        _ order: Order, _ state: OrderState, _ reason: VenueReason, leaves: Quantity, _ clock: TradingClock
    ) {
        updateCount += 1
        var order = order
        order.account = configuration.account
        updates.append(
            OrderUpdate(
                sequence: updateCount, time: clock.event, messageTime: clock.message, order: order, state: state,
                reason: reason, leaves: leaves))
    }

    mutating func notify(_ notice: ExecutionNotice) {
        var notice = notice
        notice.account = configuration.account
        notices.append(notice)
    }
}
