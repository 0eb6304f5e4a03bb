import Orders
import Risk
import Units

extension ExecutionGateway {
    /// Takes an approval as it travelled, from who knows that it is the risk gate's own.
    public mutating func accept(_ approval: Approval, opensNothing: Bool = false, _ clock: TradingClock) {
        accept(
            approval.accepted(), epoch: approval.epoch, expiry: approval.expiry, opensNothing: opensNothing, clock)
    }

    /// Takes an approved intent: sends the opening order, or closes the position. An approval is good once, under the
    /// epoch that it was given in, until it expires, and not while locked. A void one is answered with a rejection; one
    /// that was taken before has had its answer. A cancel opens nothing: neither lock nor epoch keeps it.
    ///
    /// - Parameter opensNothing: another account of the same owner is being closed or compared.
    public mutating func accept(
        _ approved: consuming RiskApproved<OrderIntent>, epoch: UInt64, expiry: Timestamp = .undefined,
        opensNothing: Bool = false, _ clock: TradingClock
    ) {
        guard approved.sequence > lastApproval else {
            voidCount += 1
            return
        }
        lastApproval = approved.sequence
        let intent = approved.subject
        if intent.action == .cancel {
            _ = cancel(intent.id, clock)
            return
        }
        if epoch != self.epoch || isLocked { return refuse(intent, .staleEpoch, clock) }
        if expiry <= clock.message || isFlattening || isReconciling || opensNothing {
            return refuse(intent, .notSent, clock)
        }
        switch intent.action {
        case .open where intent.isReduceOnly: reduce(intent, clock)
        case .open: open(intent, clock)
        case .close where intent.id.issuer == .execution: closeBook(intent, clock)
        case .close: close(intent, clock)
        case .modify: modify(intent, clock)
        case .cancel: break
        }
    }

    mutating func refuse(_ intent: OrderIntent, _ reason: VenueReason, _ clock: TradingClock) {
        voidCount += 1
        if intent.action == .modify {
            // The order goes on as it is.
            guard let index = index(of: intent.id) else { return }
            return report(live[index].order, live[index].state, reason, leaves: live[index].leaves, clock)
        }
        report(order(intent), .rejected, reason, leaves: .zero, clock)
    }

    /// The order that an intent asks for.
    func order(_ intent: OrderIntent) -> Order {
        let opens = intent.action == .open && !intent.isReduceOnly
        return Order(
            id: intent.id, parent: intent.id, link: opens ? intent.link : .none, role: opens ? .entry : .close,
            side: intent.side, quantity: intent.quantity, type: intent.type,
            price: intent.type.hasTrigger ? intent.trigger : intent.limit,
            limit: intent.type == .stopLimit ? intent.limit : .zero, trail: intent.trail,
            timeInForce: intent.timeInForce, isReduceOnly: intent.isReduceOnly, strategy: intent.strategy)
    }

    private mutating func open(_ intent: OrderIntent, _ clock: TradingClock) {
        if intent.link != .none, !configuration.venueLinks { return refuse(intent, .notSent, clock) }
        let open = configuration.netsBooks ? bookQuantity(of: intent.strategy) : openQuantity
        if open != .zero, (open > .zero) == (intent.side == .sell) { return refuse(intent, .notSent, clock) }
        send(
            LiveOrder(
                order(intent), stopDistance: intent.stopDistance, targetDistance: intent.targetDistance,
                timeStop: intent.timeStop), clock)
    }

    /// Closes a part of a position: linked with the stops of what it closes, oldest first, so that nothing is closed
    /// twice. The part of the first is the order that was approved; the others are our own. Contracts that no other
    /// order is closing come first; only what is left then shares those of others.
    private mutating func reduce(_ intent: OrderIntent, _ clock: TradingClock) {
        guard configuration.linksBrackets else { return refuse(intent, .notSent, clock) }
        guard hasRoomToClose else { return refuse(intent, .full, clock) }
        var left = intent.quantity
        let before = live.count
        for isShared in [false, true] {
            for i in brackets.indices where left > .zero && closes(intent, i) {
                let closing = min(brackets[i].quantity, self.closing(i, among: before))
                let most = isShared ? closing : brackets[i].quantity - closing
                guard most > .zero, hasRoomToClose else { continue }
                var part = order(intent)
                if live.count > before { part.id = identities.next() }
                part.parent = brackets[i].entry
                part.link = brackets[i].stop
                part.quantity = min(left, most)
                part.strategy = brackets[i].strategy
                guard issue(part, clock) else { return }
                left -= part.quantity
            }
        }
        if left == intent.quantity { return refuse(intent, .reduceOnly, clock) }
        // What is not sent is told with the first part.
        guard left > .zero, let index = index(of: intent.id) else { return }
        let reason = hasRoomToClose ? VenueReason.reduceOnly : .full
        report(live[index].order, live[index].state, reason, leaves: live[index].leaves, clock)
    }

    private func closes(_ intent: OrderIntent, _ bracket: Int) -> Bool {
        guard brackets[bracket].exitSide == intent.side else { return false }
        let isAnyone = intent.strategy == .account && !configuration.isOneOfTwo
        return isAnyone || intent.strategy == brackets[bracket].strategy
    }

    /// Contracts of a bracket that orders are closing already: of the live ones the first `count`.
    private func closing(_ bracket: Int, among count: Int) -> Quantity {
        var total = Quantity.zero
        for i in 0..<count where live[i].order.role == .close && live[i].order.link == brackets[bracket].stop {
            total += live[i].leaves
        }
        return total
    }

    /// Room is kept for three orders to a bracket and for those that open.
    private var hasRoomToClose: Bool {
        var count = 0
        for i in live.indices where live[i].order.role == .close { count += 1 }
        for i in brackets.indices where brackets[i].close != .none { count -= 1 }
        return count < TradingLimits.reducingOrders
    }

    /// Changes an order that opens, or the price of one that closes. What protects keeps its quantity.
    private mutating func modify(_ intent: OrderIntent, _ clock: TradingClock) {
        guard let index = index(of: intent.id) else { return refuse(intent, .unknownOrder, clock) }
        var changed = live[index].order
        changed.quantity = intent.quantity
        changed.price = changed.type.hasTrigger ? intent.trigger : intent.limit
        changed.limit = changed.type == .stopLimit ? intent.limit : .zero
        changed.trail = intent.trail
        guard mayChange(live[index].order, to: changed) else { return refuse(intent, .notSent, clock) }
        if !change(index, to: changed, clock) { refuse(intent, .tooLate, clock) }
    }

    private func mayChange(_ order: Order, to changed: Order) -> Bool {
        switch order.role {
        case .entry: true
        case .close: mayAdjust(order, to: changed)
        case .protectiveStop, .target: changed.quantity == order.quantity
        }
    }

    /// The process did not send an order, or a change of one, for its epoch was over in the last instant, or its
    /// approval had expired: nothing of it can come.
    mutating func withhold(_ id: ClientOrderID, _ reason: VenueReason, _ clock: TradingClock) {
        guard let index = index(of: id) else { return }
        if live[index].isModifySent {
            dropChange(index)
            settleAnswer(index, clock)
            return report(live[index].order, live[index].state, reason, leaves: live[index].leaves, clock)
        }
        guard live[index].state.after(.reject) != nil else { return }
        finish(index, .reject, reason, clock)
        coverNet(clock)
        proceed(clock)
    }
}
