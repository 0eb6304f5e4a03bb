import Orders
import Units

extension RiskGate {
    /// Judges an intent. The checks run in the order of `RiskCheck.all`; the first that fails is the answer. The
    /// verdict is also recorded in `verdicts`, and an approved order counts as working from here on.
    public mutating func review(_ intent: OrderIntent) -> RiskVerdict {
        if intent.time.isDefined, intent.time > clock { clock = intent.time }
        if clock >= day.programmeFlatBy { endProgrammeDay() }
        switch intent.action {
        case .modify: return reviewChange(intent)
        case .cancel: return reviewCancel(intent)
        case .open, .close: break
        }
        var order = intent
        if closesPosition(intent) { order.action = .close }
        if exposures.count > 1, order.isCountable { exposures[0] = exposure(with: order) }
        let reason = refusal(order)
        noteVerdict(order, reason, worst: order.isCountable ? worstPosition(with: order) : position.quantity)
        remember(intent.id)
        if let reason { return .refused(reason) }
        if order.action == .open { count(order) }
        return .approved(RiskApproved(order, sequence: verdictCount))
    }

    /// An order at the market against the whole position is a close, whatever it was called. A strategy closes only
    /// what is its own.
    private func closesPosition(_ intent: OrderIntent) -> Bool {
        guard intent.action == .open, !intent.isReduceOnly, intent.type == .market else { return false }
        if rules.keepsBooks {
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
        placed.append(PlacedOrder(order))
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
        case .modify, .cancel: return .malformed
        }
    }

    private func refusalToClose(_ order: OrderIntent) -> RefusalReason? {
        if isHeld { return .tradingState }
        switch state {
        case .flattening, .locked: return .tradingState
        case .active, .reducing, .halted: break
        }
        if order.strategy == .account, !rules.keepsBooks { return position.isFlat ? .nothingToClose : nil }
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

    /// An order that may only shrink a position: a strategy's its own, a person's the account's, whoever opened it, or
    /// of two accounts what is in the person's own book.
    private func refusalToReduce(_ order: OrderIntent, _ issuer: OrderIssuer) -> RefusalReason? {
        if let reason = refusalByShape(order) { return reason }
        // The contracts of a book have stops of their own, of which nothing could be taken.
        if rules.netsBooks { return .reduceOnly }
        let isAnyone = order.strategy == .account && !rules.hasTwoAccounts
        let held = isAnyone ? position.quantity : quantity(of: order.strategy)
        if held == .zero || (held > .zero) == (order.side == .buy) { return .reduceOnly }
        if order.quantity > held.magnitude { return .reduceOnly }
        if isHeld { return .tradingState }
        switch state {
        case .flattening, .locked: return .tradingState
        case .active, .reducing, .halted: break
        }
        if !day.isOpen(at: clock) { return .sessionWindow }
        return isReducingCountFull ? .tooManyOrders : nil
    }

    /// As many orders that reduce a position as may work at once do: all that close, for the gateway's own may be parts
    /// of one that was approved.
    private var isReducingCountFull: Bool {
        var count = 0
        for i in working.indices where working[i].role == .close { count += 1 }
        return count >= TradingLimits.reducingOrders || working.isFull
    }

    private func refusalToOpen(_ order: OrderIntent, _ issuer: OrderIssuer) -> RefusalReason? {
        if !isLinkOpen(order) { return .unknownOrder }
        if let reason = refusalByShape(order) { return reason }
        if let reason = refusalByState(order, issuer) { return reason }
        if order.stopDistance <= .zero { return .stopRequired }
        if let reason = refusalByTime(issuer) { return reason }
        if let reason = refusalByMarket(order, issuer) { return reason }
        if isBeyondCollar(order) { return .priceCollar }
        if isOpposed(order) { return .oppositeSide }
        if crossesOtherBook(order) { return .selfCross }
        return refusalBySize(order)
    }

    func refusalByState(_ order: OrderIntent, _ issuer: OrderIssuer) -> RefusalReason? {
        if rules.venue == .broker, !isLiveArmed { return .liveToken }
        if isRolling { return .contractRolls }
        let mayOpen = issuer == .manual ? takesManualOrders : state == .active
        return isHeld || !mayOpen || strategies[order.strategy].state != .active ? .tradingState : nil
    }

    func refusalByTime(_ issuer: OrderIssuer) -> RefusalReason? {
        let isInWindow = issuer == .strategy ? day.takesEntries(at: clock) : day.isOpen(at: clock)
        if !isInWindow { return .sessionWindow }
        return issuer == .strategy && rules.news.contains(clock) ? .newsWindow : nil
    }

    private func refusalByShape(_ order: OrderIntent) -> RefusalReason? {
        if !order.isWellFormed || hasNoPlaceForBracket(order) { return .malformed }
        let isWrong = order.quantity.contracts < 1 || isQuantityOver(order.quantity, of: order.strategy)
        return isWrong ? .orderQuantity : nil
    }

    /// Its protective stop, or its target, would stand at zero or below.
    func hasNoPlaceForBracket(_ order: OrderIntent) -> Bool {
        if let stop = order.lowestStop(at: mark.ask.size > 0 ? mark.ask.price : nil) { return stop <= .zero }
        guard let target = order.lowestTarget(at: mark.bid.size > 0 ? mark.bid.price : nil) else { return false }
        return target <= .zero
    }

    func isQuantityOver(_ quantity: Quantity, of strategy: StrategyID) -> Bool {
        quantity > limits.orderQuantity || isOver(quantity, rules.instrument.orderQuantity)
            || isOver(quantity, rules[strategy].orderQuantity)
    }

    private func isOver(_ quantity: Quantity, _ most: Quantity) -> Bool { most > .zero && quantity > most }
}
