import Orders
import Units

extension RiskGate {
    /// Evaluates every monitor at the present mark and clock.
    mutating func evaluate() {
        markPosition()
        peakEquity = max(peakEquity, equity)
        switch state {
        case .flattening, .locked: return
        case .active, .reducing, .halted: break
        }
        if dayProfit <= -limits.dailyLoss { return flatten(.dailyLoss) }
        if drawdown >= limits.trailingDrawdown { return flatten(.trailingDrawdown) }
        if isStrategyPosition, day.mustBeFlat(at: clock - limits.flatByGrace) { return flatten(.flatByTime) }
        evaluateMarkAge()
    }

    /// A flat account needs no mark. The update's own time counts, not the clock's: a tick without market data makes no
    /// mark younger.
    private mutating func markPosition() {
        guard let exitSide = position.exitSide, mark.bookTime > mark.time else { return }
        guard let price = mark.exitPrice(exitSide) else { return }
        mark.price = price
        mark.time = mark.bookTime
    }

    private mutating func evaluateMarkAge() {
        let age = position.isFlat ? .zero : clock - mark.time
        if age >= limits.markFlatten { return flatten(.noValidMark) }
        if age >= limits.markReducing {
            guard state == .active || isReducingByFeed else { return }
            change(to: .reducing, .noValidMark)
            isReducingByMark = true
        } else if isReducingByMark {
            isReducingByMark = false
            if state == .reducing { change(to: .active, .markReturned) }
        }
    }

    mutating func flatten(_ reason: StateReason) {
        isReducingByMark = false
        lockReason = reason
        lockDate = day.tradeDate
        change(to: .flattening, reason)
    }

    mutating func change(to next: TradingState, _ reason: StateReason) {
        changeCount += 1
        changes.append(StateChange(sequence: changeCount, time: clock, from: state, to: next, reason: reason))
        state = next
        isReducingByFeed = next == .reducing && reason == .warming
        if next == .active, isFeedBehind { change(to: .reducing, .warming) }
    }
}
