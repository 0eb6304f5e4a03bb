import Orders
import Units

extension ExecutionGateway {
    /// Asks the venue for another quantity or price of a live order; false when one is under way already, or a cancel.
    /// Until it is answered the order may fill as it was or as it will be: the larger quantity counts.
    mutating func change(_ index: Int, to order: Order, _ clock: TradingClock) -> Bool {
        let state = live[index].state
        guard state == .working || state == .partiallyFilled else { return false }
        guard !live[index].isCancelSent, !live[index].isModifySent, order.quantity > live[index].filled else {
            return false
        }
        // The other side of its pair has filled: it has ended at the venue, which says so next.
        if order.role == .entry, live[index].leaves == .zero { return false }
        live[index].isModifySent = true
        live[index].isChangeCrossed = false
        live[index].wantedQuantity = order.quantity
        live[index].wantedPrice = order.price
        live[index].wantedLimit = order.limit
        live[index].wantedTrail = order.trail
        live[index].changeQuery = queryCount
        live[index].leaves += live[index].added
        expectAnswer(index, clock)
        tell(.modify, live[index].wanted)
        report(live[index].order, state, .none, leaves: live[index].leaves, clock)
        return true
    }

    mutating func modified(_ index: Int, _ event: VenueEvent, _ clock: TradingClock) {
        guard live[index].isModifySent else {
            repetitions += 1
            return
        }
        takeChange(index, event)
        settleAnswer(index, clock)
        move(index, .modify, event.reason, clock)
        // The reduction may have been told before the change that it is behind of.
        if live[index].isChangeCrossed { ask(index, clock) }
    }

    /// The order goes on as it was. When nothing of it is left, or the venue does not know it, it has ended: that may
    /// have been told as a part, for more was wanted then, or its word is lost.
    mutating func modifyRefused(_ index: Int, _ event: VenueEvent, _ clock: TradingClock) {
        guard live[index].isModifySent else {
            repetitions += 1
            return
        }
        dropChange(index)
        settleAnswer(index, clock)
        report(live[index].order, live[index].state, event.reason, leaves: live[index].leaves, clock)
        let isGone = event.reason == .tooLate || event.reason == .unknownOrder
        if live[index].leaves == .zero || isGone { ask(index, clock) }
    }

    /// A change that was sent will not come.
    mutating func dropChange(_ index: Int) {
        guard live[index].isModifySent else { return }
        live[index].leaves = max(.zero, live[index].leaves - live[index].added)
        live[index].isModifySent = false
    }

    /// What the venue's answer says of a change whose acknowledgement is late or lost: nothing unless it was asked
    /// after the change was sent, for what is sent first arrives first.
    mutating func settleChange(_ index: Int, by event: VenueEvent) -> ChangeFate {
        guard live[index].isModifySent, event.query > live[index].changeQuery else { return .open }
        guard live[index].hasTaken(event) else {
            dropChange(index)
            return .lost
        }
        takeChange(index, event)
        return .taken
    }

    /// The order is as it was wanted. Fills may have been told since the venue said so: what has filled is not left.
    private mutating func takeChange(_ index: Int, _ event: VenueEvent) {
        live[index].order = live[index].wanted
        live[index].isModifySent = false
        live[index].leaves = min(event.leaves, max(.zero, live[index].order.quantity - live[index].filled))
    }
}

/// What became of a change that was sent.
enum ChangeFate {
    /// It may come, or there is none.
    case open
    case taken
    case lost
}
