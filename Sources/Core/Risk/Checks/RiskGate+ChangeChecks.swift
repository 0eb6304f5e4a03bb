import Orders
import Units

/// What a person wants done to an order that works already.
extension RiskGate {
    /// A live order as it stands; nil when none of that identity is working.
    public func workingOrder(_ id: ClientOrderID) -> (order: WorkingOrder, placed: PlacedOrder)? {
        working.index(of: id).map { (working[$0], placed[$0]) }
    }

    /// Judges a change of a working order: quantity is what it is for in all, and every price is what it will be.
    ///
    /// An entry that is enlarged or moved is judged as if it were new, but for what counts orders. Whatever only
    /// shrinks, and what closes at another price, may be done while nothing may open. What protects a position keeps
    /// its quantity, and what closes is never enlarged.
    mutating func reviewChange(_ intent: OrderIntent) -> RiskVerdict {
        guard let index = working.index(of: intent.id) else {
            noteVerdict(intent, .unknownOrder, worst: position.quantity)
            return .refused(.unknownOrder)
        }
        guard intent.isCountable else {
            noteVerdict(intent, .orderQuantity, worst: position.quantity)
            return .refused(.orderQuantity)
        }
        let before = working[index]
        let order = entry(intent, at: index)
        // What it would add is judged beside everything else that works.
        working[index].leaves = .zero
        if exposures.count > 1 { exposures[0] = exposure(with: order) }
        let reason = refusalToChange(order, total: intent.quantity, before, placed[index])
        let worst = before.role == .entry ? worstPosition(with: order) : position.quantity
        working[index] = before
        noteVerdict(intent, reason, worst: worst)
        if let reason { return .refused(reason) }
        modifyTimes.add(clock)
        // Until it is answered it may fill as it was or as it will be.
        working[index].leaves = max(before.leaves, order.quantity)
        placed[index].want(intent)
        return .approved(RiskApproved(intent, sequence: verdictCount))
    }

    /// The change as an order for what would be left of it.
    private func entry(_ intent: OrderIntent, at index: Int) -> OrderIntent {
        var order = intent
        order.action = .open
        order.side = working[index].side
        order.strategy = working[index].strategy
        order.link = working[index].role == .entry ? working[index].link : .none
        order.isReduceOnly = working[index].role != .entry
        order.quantity = intent.quantity - placed[index].filled
        if order.link != .none {
            // Orders linked with it may have filled some of what it was for.
            let added = max(.zero, intent.quantity - placed[index].quantity)
            order.quantity = min(order.quantity, working[index].leaves + added)
        }
        order.stopDistance = placed[index].stopDistance
        order.targetDistance = placed[index].targetDistance
        return order
    }

    private func refusalToChange(
        _ order: OrderIntent, total: Quantity, _ now: WorkingOrder, _ placed: PlacedOrder
    ) -> RefusalReason? {
        let isMoved = !placed.hasPrices(of: order)
        if order.type != placed.type || !order.isWellFormed { return .malformed }
        if isMoved, hasNoPlaceForBracket(order) { return .malformed }
        let isMore = order.quantity > now.leaves
        if order.quantity.contracts < 1 || isMore && isQuantityOver(total, of: order.strategy) { return .orderQuantity }
        let refusal =
            if now.role == .entry { isMore || isMoved ? refusalToMove(order) : refusalToShrink } else {
                refusalToAdjust(order, now, total: total, isMore: isMore, placed)
            }
        if let refusal { return refusal }
        return modifyTimes.isFull(limits.modifyRate, at: clock) ? .modifyRate : nil
    }

    /// An entry becomes larger, or may be filled at another price.
    private func refusalToMove(_ order: OrderIntent) -> RefusalReason? {
        let issuer = order.id.issuer ?? .manual
        if let reason = refusalByState(order, issuer) { return reason }
        if let reason = refusalByTime(issuer) { return reason }
        if let reason = refusalByMarket(order, issuer) { return reason }
        if isBeyondCollar(order) { return .priceCollar }
        if crossesOtherBook(order) { return .selfCross }
        return refusalBySize(order, isNew: false)
    }

    /// Nothing that shrinks has to wait for anything but a flatten, which cancels it.
    private var refusalToShrink: RefusalReason? {
        isHeld || state == .flattening || state == .locked ? .tradingState : nil
    }

    /// An order that closes is moved, or closes less.
    private func refusalToAdjust(
        _ order: OrderIntent, _ now: WorkingOrder, total: Quantity, isMore: Bool, _ placed: PlacedOrder
    ) -> RefusalReason? {
        // Where books net, the gateway alone says which stops rest and at what.
        if rules.netsBooks || now.role != .close && total != placed.quantity { return .protectsPosition }
        if now.role == .close, isMore { return .reduceOnly }
        if let reason = refusalToShrink { return reason }
        return isBeyondCollar(order) ? .priceCollar : nil
    }

    mutating func noteVerdict(_ intent: OrderIntent, _ reason: RefusalReason?, worst: Quantity) {
        verdictCount += 1
        verdicts.append(
            VerdictRecord(
                sequence: verdictCount, time: clock, intent: intent.id, reason: reason, position: position.quantity,
                worstPosition: worst, action: intent.action, signal: intent.signal, cause: cause(of: intent)))
    }

    /// Why an intent was asked for; nil when a signal is the reason.
    private func cause(of intent: OrderIntent) -> StateReason? {
        switch intent.id.issuer {
        case .manual: return .operatorRequest
        case .execution: return intent.action == .close ? .bookStop : .operatorRequest
        case .strategy where intent.action == .close:
            if day.mustBeFlat(at: intent.time) { return .flatByTime }
            return strategies[intent.strategy].state == .locked ? .dailyLoss : nil
        // An entry's changes and cancels are a person's.
        case .strategy: return intent.action == .open ? nil : .operatorRequest
        case nil: return nil
        }
    }

    // MARK: Cancels

    /// Judges an operator's cancel of one order. Cancelling everything, and a flatten, is never judged, nor is what the
    /// gateways cancel themselves. In every state but ACTIVE the rate is counted and refuses nothing.
    mutating func reviewCancel(_ intent: OrderIntent) -> RiskVerdict {
        let reason = refusalToCancel(intent.id)
        noteVerdict(intent, reason, worst: position.quantity)
        if let reason { return .refused(reason) }
        cancelTimes.add(clock)
        return .approved(RiskApproved(intent, sequence: verdictCount))
    }

    private func refusalToCancel(_ id: ClientOrderID) -> RefusalReason? {
        guard let index = working.index(of: id) else { return .unknownOrder }
        if working[index].role == .protectiveStop { return .protectsPosition }
        guard state == .active, !isHeld else { return nil }
        return cancelTimes.isFull(limits.cancelRate, at: clock) ? .cancelRate : nil
    }
}
