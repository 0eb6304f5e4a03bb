import Orders
import Units

extension ExecutionGateway {
    /// A close that a closed market has refused is sent again when it opens, and this long after it was refused.
    private static let closedRetry = Nanoseconds.seconds(30)

    /// Takes what the venue says. An event seen before is ignored; one that cannot be leads to a flatten, and a fill
    /// counts in any case.
    public mutating func apply(_ event: VenueEvent, _ clock: TradingClock) {
        guard event.sequence > venueSequence else { return }
        let isNext = event.sequence == venueSequence + 1
        venueSequence = event.sequence
        switch event.kind {
        case .orderStatus, .positionStatus, .queryEnd: takeAnswer(event, clock)
        default:
            voidProof()
            if let index = index(of: event.order) {
                take(event, at: index, clock)
            } else if let index = ended.indices.last(where: { ended[$0].order.id == event.order }) {
                takeAfterEnd(event, at: index, clock)
            } else {
                takeStray(event, clock)
            }
        }
        if !isNext { contradiction(clock) }
        coverNet(clock)
        proceed(clock)
    }

    private mutating func take(_ event: VenueEvent, at index: Int, _ clock: TradingClock) {
        live[index].hear()
        switch event.kind {
        case .accepted: accepted(index, event, clock)
        case .rejected: finish(index, .reject, event.reason, clock)
        case .filled: filled(index, event, clock)
        case .reduced:
            live[index].leaves = min(live[index].leaves, event.leaves + live[index].added)
            live[index].isChangeCrossed = live[index].isModifySent
            if !live[index].isAwaited { settleAnswer(index, clock) }
            move(index, .reduce, event.reason, clock)
        case .cancelled: finish(index, .cancel, event.reason, clock)
        case .cancelRejected:
            // Whatever ended the order would have been told before. It is asked about.
            move(index, .refuseCancel, event.reason, clock)
            ask(index, clock)
        case .modified: modified(index, event, clock)
        case .modifyRejected: modifyRefused(index, event, clock)
        case .triggered:
            live[index].isTriggered = true
            settleAnswer(index, clock)
            move(index, .trigger, event.reason, clock)
        case .orderStatus, .positionStatus, .queryEnd: break
        }
    }

    /// A word about an order that has ended: a fill still moves the position. An acceptance after a rejection means
    /// that the order may be live.
    private mutating func takeAfterEnd(_ event: VenueEvent, at index: Int, _ clock: TradingClock) {
        let order = ended[index].order, state = ended[index].state
        switch event.kind {
        case .filled where event.quantity > .zero:
            lateFills += 1
            ended[index].filled += event.quantity
            _ = count(event, parent: order.parent, role: order.role, strategy: order.strategy, clock)
            report(order, state, event.reason, leaves: .zero, clock)
            if event.side != order.side || state != .cancelled {
                contradiction(clock)
            } else {
                flatten(.lateFill, isOurs: true, clock)
            }
        case .accepted where state == .rejected:
            tell(.cancel, order)
            contradiction(clock)
        default: repetitions += 1
        }
    }

    /// A word about an order that nobody here knows: a fill still moves the position.
    private mutating func takeStray(_ event: VenueEvent, _ clock: TradingClock) {
        switch event.kind {
        case .filled where event.quantity > .zero:
            _ = count(event, parent: .none, role: .close, strategy: .account, clock)
            contradiction(clock)
        case .accepted, .filled: contradiction(clock)
        default: repetitions += 1
        }
    }

    private mutating func count(
        _ event: VenueEvent, parent: ClientOrderID, role: OrderRole, strategy: StrategyID, _ clock: TradingClock
    ) -> Fill {
        fillCount += 1
        var fill = Fill(
            sequence: fillCount, venueTime: event.time, time: clock.event, order: event.order, parent: parent,
            role: role, side: event.side, quantity: event.quantity, price: event.price, fee: event.fee,
            liquidity: event.liquidity, strategy: strategy)
        fill.account = configuration.account
        position.apply(fill, configuration.terms)
        fills.append(fill)
        if configuration.netsBooks { reduceToNet(clock) }
        if isFlattening { certify(fill) }
        return fill
    }

    private mutating func accepted(_ index: Int, _ event: VenueEvent, _ clock: TradingClock) {
        let state = live[index].state
        guard state == .pending || state == .unknown else {
            repetitions += 1
            return
        }
        // A linked order may have filled while this one was on its way: then less is left of the shared quantity.
        live[index].leaves = min(live[index].leaves, event.leaves + live[index].added)
        settleAnswer(index, clock)
        move(index, .accept, event.reason, clock)
        acknowledge(index)
    }

    /// The order is live at the venue: a stop protects.
    mutating func acknowledge(_ index: Int) {
        live[index].acknowledgeBy = .undefined
        let order = live[index].order
        guard order.role == .protectiveStop, let bracket = bracket(ofLink: order.link) else { return }
        brackets[bracket].stopDeadline = .undefined
    }

    private mutating func filled(_ index: Int, _ event: VenueEvent, _ clock: TradingClock) {
        let filled = live[index]
        guard event.quantity > .zero else { return contradiction(clock) }
        let fill = count(
            event, parent: filled.order.parent, role: filled.order.role, strategy: filled.order.strategy, clock)
        guard event.side == filled.order.side else { return contradiction(clock) }
        live[index].filled += event.quantity
        if event.quantity >= filled.leaves {
            retire(index, .lastFill, live[index].isShared ? .linked : event.reason, clock)
        } else {
            live[index].leaves = min(live[index].leaves, filled.leaves - event.quantity)
            settleAnswer(index, clock)
            move(index, .partialFill, event.reason, clock)
            acknowledge(index)
        }
        if event.quantity > filled.leaves { contradiction(clock) }
        if isFlattening { return }
        switch filled.order.role {
        case .entry where filled.order.link != .none:
            followPair(of: filled.order, clock)
            protect(fill, of: filled, clock)
        case .entry: protect(fill, of: filled, clock)
        case .protectiveStop, .target, .close: shrink(fill, link: filled.order.link, clock)
        }
    }

    /// An order ended without its last contract: what that means for the position it protected or closed.
    mutating func finish(
        _ index: Int, _ transition: OrderTransition, _ reason: VenueReason, _ clock: TradingClock
    ) {
        let order = live[index].order
        let isReducedAway = configuration.netsBooks && (reason == .reduceOnly || live[index].leaves == .zero)
        guard live[index].state.after(transition) != nil else { return contradiction(clock) }
        retire(index, transition, reason, clock)
        if isFlattening { return closeEnded(order, transition, reason, clock) }
        guard let bracket = bracket(ofLink: order.link) else { return }
        switch order.role {
        case .protectiveStop where isReducedAway: break
        case .protectiveStop: flatten(transition == .reject ? .stopRejected : .stopLost, isOurs: true, clock)
        case .close:
            guard brackets[bracket].close == order.id else { return }
            brackets[bracket].close = .none
            brackets[bracket].closing = .zero
            let isClosed = reason == .marketClosed && !quote.isTrading
            brackets[bracket].closeFrom = clock.message + (isClosed ? Self.closedRetry : configuration.closeRetry)
        case .entry, .target: break
        }
    }

    /// The last step of a live order; it is kept among the ended ones.
    private mutating func retire(
        _ index: Int, _ transition: OrderTransition, _ reason: VenueReason, _ clock: TradingClock
    ) {
        live[index].leaves = .zero
        move(index, transition, reason, clock)
        if ended.isFull { ended.remove(at: 0) }
        ended.append(live[index])
        live.remove(at: index)
    }

    /// One step of an order's life, reported.
    mutating func move(_ index: Int, _ transition: OrderTransition, _ reason: VenueReason, _ clock: TradingClock) {
        guard let next = live[index].state.after(transition) else { return contradiction(clock) }
        live[index].state = next
        report(live[index].order, next, reason, leaves: live[index].leaves, clock)
    }

    /// The venue, or our own picture of the account, contradicts itself: close everything and say so.
    mutating func contradiction(_ clock: TradingClock) {
        contradictions += 1
        flatten(.venueContradiction, isOurs: true, clock)
    }
}
