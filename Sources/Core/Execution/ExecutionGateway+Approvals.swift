import Orders
import Risk
import Units

extension ExecutionGateway {
    /// Takes an approval as it travelled, from who knows that it is the risk gate's own.
    public mutating func accept(_ approval: Approval, _ clock: TradingClock) {
        accept(approval.accepted(), epoch: approval.epoch, expiry: approval.expiry, clock)
    }

    /// Takes an approved intent: sends the opening order, or closes the position. An approval is good once, under the
    /// epoch that it was given in, until it expires, and not while locked. A void one is answered with a rejection; one
    /// that was taken before has had its answer.
    public mutating func accept(
        _ approved: consuming RiskApproved<OrderIntent>, epoch: UInt64, expiry: Timestamp = .undefined,
        _ clock: TradingClock
    ) {
        guard approved.sequence > lastApproval else {
            voidCount += 1
            return
        }
        lastApproval = approved.sequence
        let intent = approved.subject
        if epoch != self.epoch || isLocked { return refuse(intent, .staleEpoch, clock) }
        if expiry <= clock.message || isFlattening || isReconciling { return refuse(intent, .notSent, clock) }
        switch intent.action {
        case .open: open(intent, clock)
        case .close: close(of: intent.strategy, clock)
        }
    }

    private mutating func refuse(_ intent: OrderIntent, _ reason: VenueReason, _ clock: TradingClock) {
        voidCount += 1
        report(order(intent), .rejected, reason, leaves: .zero, clock)
    }

    /// The order that an intent asks for.
    private func order(_ intent: OrderIntent) -> Order {
        Order(
            id: intent.id, parent: intent.id, link: .none, role: intent.action == .open ? .entry : .close,
            side: intent.side, quantity: intent.quantity, type: intent.type,
            price: intent.type.hasTrigger ? intent.trigger : intent.limit,
            limit: intent.type == .stopLimit ? intent.limit : .zero, trail: intent.trail,
            timeInForce: intent.timeInForce, isReduceOnly: intent.isReduceOnly, strategy: intent.strategy)
    }

    private mutating func open(_ intent: OrderIntent, _ clock: TradingClock) {
        let open = openQuantity
        if open != .zero, (open > .zero) == (intent.side == .sell) { return refuse(intent, .notSent, clock) }
        send(
            LiveOrder(
                order(intent), stopDistance: intent.stopDistance, targetDistance: intent.targetDistance,
                timeStop: intent.timeStop), clock)
    }

    /// The process did not send an order, for its epoch was over in the last instant: nothing of it can fill.
    mutating func withhold(_ id: ClientOrderID, _ clock: TradingClock) {
        guard let index = index(of: id), live[index].state.after(.reject) != nil else { return }
        finish(index, .reject, .staleEpoch, clock)
        proceed(clock)
    }
}
