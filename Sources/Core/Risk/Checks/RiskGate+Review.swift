import Orders
import Units

extension RiskGate {
    /// Judges an intent. The checks run in the order of `RiskCheck.all`; the first that fails is the answer. The
    /// verdict is also recorded in `verdicts`, and an approved order counts as working from here on.
    public mutating func review(_ intent: OrderIntent) -> RiskVerdict {
        if intent.time.isDefined, intent.time > clock { clock = intent.time }
        if intent.action == .modify { return reviewChange(intent) }
        var order = intent
        if closesPosition(intent) { order.action = .close }
        if exposures.count > 1 { exposures[0] = exposure(with: order) }
        let reason = refusal(order)
        verdictCount += 1
        verdicts.append(
            VerdictRecord(
                sequence: verdictCount, time: clock, intent: intent.id, reason: reason, position: position.quantity,
                worstPosition: worstPosition(with: order)))
        remember(intent.id)
        if let reason { return .refused(reason) }
        if order.action == .open { count(order) }
        return .approved(RiskApproved(order, sequence: verdictCount))
    }

    private mutating func reviewChange(_ intent: OrderIntent) -> RiskVerdict {
        let reason = reviewModification(of: intent.id, quantity: intent.quantity, price: intent.limit)
        verdictCount += 1
        verdicts.append(
            VerdictRecord(
                sequence: verdictCount, time: clock, intent: intent.id, reason: reason, position: position.quantity,
                worstPosition: worstPosition(with: intent)))
        if let reason { return .refused(reason) }
        return .approved(RiskApproved(intent, sequence: verdictCount))
    }

    /// An order at the market against the whole position is a close, whatever it was called. A strategy closes only
    /// what is its own.
    private func closesPosition(_ intent: OrderIntent) -> Bool {
        guard intent.action == .open, !intent.isReduceOnly, intent.type == .market else { return false }
        if rules.netsBooks {
            let held = quantity(of: intent.strategy)
            return intent.side == exitSide(of: intent.strategy) && intent.quantity == held.magnitude
        }
        guard intent.side == position.exitSide, intent.quantity == position.quantity.magnitude else { return false }
        return intent.strategy == .account || !othersHold(than: intent.strategy)
    }

    private mutating func count(_ order: OrderIntent) {
        working.append(
            WorkingOrder(
                id: order.id, link: order.link, side: order.side, role: order.isReduceOnly ? .close : .entry,
                leaves: order.quantity, strategy: order.strategy,
                restingPrice: order.type == .limit ? order.limit : .zero))
        guard !order.isReduceOnly else { return }
        orderTimes.add(clock)
        tradesToday += 1
        strategies[order.strategy].tradesToday += 1
    }

    private mutating func remember(_ id: ClientOrderID) {
        switch id.issuer {
        case .strategy: lastStrategyID = max(lastStrategyID, id)
        case .manual: lastManualID = max(lastManualID, id)
        case .execution: lastExecutionID = max(lastExecutionID, id)
        case nil: break
        }
    }

    private func refusal(_ order: OrderIntent) -> RefusalReason? {
        guard let issuer = order.id.issuer else { return .malformed }
        if issuer == .execution { return refusalToCloseBook(order) }
        if order.id <= (issuer == .strategy ? lastStrategyID : lastManualID) { return .duplicateID }
        switch order.action {
        case .open where order.isReduceOnly: return refusalToReduce(order, issuer)
        case .open: return refusalToOpen(order, issuer)
        case .close: return refusalToClose(order)
        case .modify: return .malformed
        }
    }

    private func refusalToClose(_ order: OrderIntent) -> RefusalReason? {
        if isHeld { return .tradingState }
        switch state {
        case .flattening, .locked: return .tradingState
        case .active, .reducing, .halted: break
        }
        if order.strategy == .account, !rules.netsBooks { return position.isFlat ? .nothingToClose : nil }
        if quantity(of: order.strategy) == .zero { return .nothingToClose }
        return !rules.closesByStrategy && othersHold(than: order.strategy) ? .otherBooksOpen : nil
    }

    /// What the execution gateway wants closed of a book, where books net. It may enlarge the account's position,
    /// within what the limits left room for when the other books were opened.
    private func refusalToCloseBook(_ order: OrderIntent) -> RefusalReason? {
        guard rules.netsBooks, order.action == .close, order.quantity > .zero else { return .malformed }
        if order.id <= lastExecutionID { return .duplicateID }
        if isHeld { return .tradingState }
        switch state {
        case .flattening, .locked: return .tradingState
        case .active, .reducing, .halted: break
        }
        let held = quantity(of: order.strategy)
        return exitSide(of: order.strategy) == order.side && order.quantity <= held.magnitude ? nil : .nothingToClose
    }

    /// A limit, stop or target of a strategy's own that shrinks its position.
    private func refusalToReduce(_ order: OrderIntent, _ issuer: OrderIssuer) -> RefusalReason? {
        if let reason = refusalByShape(order) { return reason }
        // The contracts of a book have stops of their own, of which nothing could be taken.
        if rules.netsBooks { return .reduceOnly }
        let held = quantity(of: order.strategy).magnitude
        if exitSide(of: order.strategy) != order.side || order.quantity > held { return .reduceOnly }
        if isHeld { return .tradingState }
        switch state {
        case .flattening, .locked: return .tradingState
        case .active, .reducing, .halted: break
        }
        return day.isOpen(at: clock) ? nil : .sessionWindow
    }

    private func refusalToOpen(_ order: OrderIntent, _ issuer: OrderIssuer) -> RefusalReason? {
        if let reason = refusalByShape(order) { return reason }
        if rules.venue == .broker, !isLiveArmed { return .liveToken }
        let mayOpen = issuer == .manual ? takesManualOrders : state == .active
        if isHeld || !mayOpen || strategies[order.strategy].state != .active { return .tradingState }
        if order.stopDistance <= .zero { return .stopRequired }
        let isInWindow = issuer == .strategy ? day.takesEntries(at: clock) : day.isOpen(at: clock)
        if !isInWindow { return .sessionWindow }
        if issuer == .strategy, rules.news.contains(clock) { return .newsWindow }
        if let reason = refusalByMarket(order, issuer) { return reason }
        if isBeyondCollar(order) { return .priceCollar }
        if isOpposed(order) { return .oppositeSide }
        if crossesOtherBook(order) { return .selfCross }
        return refusalBySize(order) ?? (isLinkOpen(order) ? nil : .unknownOrder)
    }

    private func refusalByShape(_ order: OrderIntent) -> RefusalReason? {
        if !order.isWellFormed { return .malformed }
        if let stop = order.lowestStop, stop <= .zero { return .malformed }
        let quantity = order.quantity
        let isTooMany = quantity > limits.orderQuantity || isOver(quantity, rules.instrument.orderQuantity)
            || isOver(quantity, rules[order.strategy].orderQuantity)
        return quantity.contracts < 1 || isTooMany ? .orderQuantity : nil
    }

    private func isOver(_ quantity: Quantity, _ most: Quantity) -> Bool { most > .zero && quantity > most }
}
