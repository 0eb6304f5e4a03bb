import Orders
import Units

extension ExecutionGateway {
    /// Takes what the venue says. An event seen before is ignored; one that cannot be leads to a flatten, and a fill
    /// counts in any case.
    public mutating func apply(_ event: VenueEvent, _ clock: TradingClock) {
        guard event.sequence > venueSequence else { return }
        let isNext = event.sequence == venueSequence + 1
        venueSequence = event.sequence
        if let index = live.indices.first(where: { live[$0].order.id == event.order }) {
            take(event, at: index, clock)
        } else if event.kind == .accepted || event.kind == .rejected || event.kind == .filled
            || event.kind == .reduced || event.kind == .cancelled
        {
            takeStray(event, clock)
        }
        if !isNext { contradiction(clock) }
        if isFlattening { continueFlatten(clock) }
    }

    private mutating func take(_ event: VenueEvent, at index: Int, _ clock: TradingClock) {
        switch event.kind {
        case .accepted: accepted(index, event, clock)
        case .rejected: ended(index, .reject, event.reason, clock)
        case .filled: filled(index, event, clock)
        case .reduced:
            live[index].leaves = event.leaves
            report(live[index].order, live[index].state, event.reason, leaves: event.leaves, clock)
        case .cancelled: ended(index, .cancel, event.reason, clock)
        case .cancelRejected:
            // Whatever ended the order would have been told before.
            move(index, .lose, event.reason, clock)
            contradiction(clock)
        case .modified, .modifyRejected, .triggered, .orderStatus, .positionStatus, .queryEnd: break
        }
    }

    /// A fill of an order that is not live still moves the position.
    private mutating func takeStray(_ event: VenueEvent, _ clock: TradingClock) {
        if event.kind == .filled, event.quantity > .zero {
            _ = count(event, parent: .none, role: .close, strategy: .account, clock)
        }
        contradiction(clock)
    }

    private mutating func count(
        _ event: VenueEvent, parent: ClientOrderID, role: OrderRole, strategy: StrategyID, _ clock: TradingClock
    ) -> Fill {
        fillCount += 1
        let fill = Fill(
            sequence: fillCount, venueTime: event.time, time: clock.event, order: event.order, parent: parent,
            role: role, side: event.side, quantity: event.quantity, price: event.price, fee: event.fee,
            liquidity: event.liquidity, strategy: strategy)
        position.apply(fill, configuration.terms)
        fills.append(fill)
        return fill
    }

    private mutating func accepted(_ index: Int, _ event: VenueEvent, _ clock: TradingClock) {
        let order = live[index].order
        // A linked order may have filled while this one was on its way: then less is left of the shared quantity.
        live[index].leaves = min(live[index].leaves, event.leaves)
        move(index, .accept, .none, clock)
        guard order.role == .protectiveStop, let bracket = bracket(ofLink: order.link) else { return }
        brackets[bracket].stopDeadline = .undefined
    }

    private mutating func filled(_ index: Int, _ event: VenueEvent, _ clock: TradingClock) {
        let filled = live[index]
        guard event.quantity > .zero, event.side == filled.order.side else {
            contradiction(clock)
            return
        }
        let fill = count(
            event, parent: filled.order.parent, role: filled.order.role, strategy: filled.order.strategy, clock)
        if event.quantity >= filled.leaves {
            live[index].leaves = .zero
            move(index, .lastFill, .none, clock)
            live.remove(at: index)
        } else {
            live[index].leaves -= event.quantity
            move(index, .partialFill, .none, clock)
        }
        if event.quantity > filled.leaves { contradiction(clock) }
        if isFlattening { return }
        switch filled.order.role {
        case .entry: protect(fill, of: filled, clock)
        case .protectiveStop, .target, .close: shrink(fill, link: filled.order.link)
        }
    }

    /// A bracket has been closed in whole or in part; what could still open under it is cancelled.
    private mutating func shrink(_ fill: Fill, link: ClientOrderID) {
        guard let index = bracket(ofLink: link) else { return }
        brackets[index].quantity -= fill.quantity
        if brackets[index].quantity <= .zero { brackets.remove(at: index) }
        cancelEntries(of: fill.parent)
    }

    private mutating func ended(
        _ index: Int, _ transition: OrderTransition, _ reason: VenueReason, _ clock: TradingClock
    ) {
        let order = live[index].order
        guard live[index].state.after(transition) != nil else {
            contradiction(clock)
            return
        }
        live[index].leaves = .zero
        move(index, transition, reason, clock)
        live.remove(at: index)
        guard !isFlattening, let bracket = bracket(ofLink: order.link) else { return }
        switch order.role {
        case .protectiveStop: flatten(transition == .reject ? .stopRejected : .stopLost, notifies: true, clock)
        case .close:
            brackets[bracket].close = .none
            brackets[bracket].closeFrom = clock.message + configuration.closeRetry
        case .entry, .target: break
        }
    }

    private func bracket(ofLink link: ClientOrderID) -> Int? {
        if link == .none { return nil }
        return brackets.indices.first { brackets[$0].stop == link }
    }

    /// One step of an order's life, reported.
    mutating func move(_ index: Int, _ transition: OrderTransition, _ reason: VenueReason, _ clock: TradingClock) {
        guard let next = live[index].state.after(transition) else {
            contradiction(clock)
            return
        }
        live[index].state = next
        report(live[index].order, next, reason, leaves: live[index].leaves, clock)
    }
}
