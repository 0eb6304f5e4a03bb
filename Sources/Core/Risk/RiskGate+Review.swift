import Orders
import Units

extension RiskGate {
    /// Judges an intent. The checks run in the order of `RefusalReason`; the first that fails is the answer. The
    /// verdict is also recorded in `verdicts`, and an approved order counts as working from here on.
    public mutating func review(_ intent: OrderIntent) -> RiskVerdict {
        if intent.time.isDefined, intent.time > clock { clock = intent.time }
        var order = intent
        if closesPosition(intent) { order.action = .close }
        let reason = refusal(order)
        verdictCount += 1
        let worst = worstPosition(with: order)
        verdicts.append(
            VerdictRecord(
                sequence: verdictCount, time: clock, intent: intent.id, reason: reason, position: position.quantity,
                worstPosition: worst))
        remember(intent.id)
        if let reason { return .refused(reason) }
        if order.action == .open {
            working.append(
                WorkingOrder(id: order.id, link: .none, side: order.side, role: .entry, leaves: order.quantity))
        }
        return .approved(RiskApproved(order, sequence: verdictCount))
    }

    /// An order at the market against the whole position is a close, whatever it was called.
    private func closesPosition(_ intent: OrderIntent) -> Bool {
        intent.action == .open && intent.type == .market && intent.side == position.exitSide
            && intent.quantity == position.quantity.magnitude
    }

    private func refusal(_ order: OrderIntent) -> RefusalReason? {
        guard let issuer = order.id.issuer, issuer != .execution else { return .malformed }
        if order.id <= (issuer == .strategy ? lastStrategyID : lastManualID) { return .duplicateID }
        switch order.action {
        case .open: return refusalToOpen(order, issuer)
        case .close: return refusalToClose()
        }
    }

    private func refusalToClose() -> RefusalReason? {
        switch state {
        case .flattening, .locked: return .tradingState
        case .active, .reducing, .halted: return position.isFlat ? .nothingToClose : nil
        }
    }

    private func refusalToOpen(_ order: OrderIntent, _ issuer: OrderIssuer) -> RefusalReason? {
        if !isWellFormed(order) { return .malformed }
        if order.quantity.contracts < 1 || order.quantity > limits.orderQuantity { return .orderQuantity }
        if state != .active { return .tradingState }
        if order.stopDistance <= .zero { return .stopRequired }
        let isInWindow = issuer == .strategy ? day.takesEntries(at: clock) : day.isOpen(at: clock)
        if !isInWindow { return .sessionWindow }
        if let reason = refusalByMarket(order, issuer) { return reason }
        if isOpposed(order.side) { return .oppositeSide }
        if worstPosition(with: order).magnitude > limits.position { return .positionLimit }
        return openingOrders >= TradingLimits.openingOrders ? .tooManyOrders : nil
    }

    private func isWellFormed(_ order: OrderIntent) -> Bool {
        if order.targetDistance < .zero || order.timeStop < .zero { return false }
        switch order.type {
        case .market: return order.limit == .zero
        case .limit: return order.limit > .zero
        case .stop, .stopLimit, .trailingStop: return false
        }
    }

    /// A strategy needs good data behind its decision and on the traded contract; an operator a usable book.
    private func refusalByMarket(_ order: OrderIntent, _ issuer: OrderIssuer) -> RefusalReason? {
        let quality = issuer == .strategy ? mark.quality.union(order.quality) : mark.quality
        let barred: DataQuality = issuer == .strategy ? .refusedToStrategies : .unusableBook
        if quality.contains(.noBook) { return .noBook }
        if !quality.subtracting(.stale).isDisjoint(with: barred) { return .marketDataBad }
        if quality.contains(.stale) || clock - mark.bookTime > limits.marketDataAge { return .marketDataStale }
        return nil
    }

    private func isOpposed(_ side: Side) -> Bool {
        if position.exitSide == side { return true }
        for i in working.indices where working[i].role == .entry && working[i].side != side { return true }
        return false
    }

    private var openingOrders: Int {
        var count = 0
        for i in working.indices where working[i].role == .entry { count += 1 }
        return count
    }

    /// The largest position, long or short on the order's side, were everything working on it to fill with it.
    private func worstPosition(with order: OrderIntent) -> Quantity {
        guard order.action == .open else { return position.quantity }
        let filled = working.mostFilled(order.side).contracts + order.quantity.contracts
        return Quantity(position.quantity.contracts + order.side.sign * filled)
    }

    private mutating func remember(_ id: ClientOrderID) {
        switch id.issuer {
        case .strategy: lastStrategyID = max(lastStrategyID, id)
        case .manual: lastManualID = max(lastManualID, id)
        case .execution, nil: break
        }
    }
}
