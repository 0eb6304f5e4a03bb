import Orders
import Units

extension RiskGate {
    /// The account opens nothing while something restricts it. Told once a change.
    public mutating func restrict(_ restriction: Restrictions, _ reason: StateReason) {
        let mayOpen = opensByHand
        restrictions.formUnion(restriction)
        if !change(.restrict, reason) { tellNoMoreOrders(since: mayOpen, reason) }
    }

    /// REDUCING already, and a person's orders could open until now: those that rest are to be cancelled.
    mutating func tellNoMoreOrders(since mayOpen: Bool, _ reason: StateReason) {
        if state == .reducing, mayOpen, !opensByHand, hasWorkingEntry {
            note(from: state, to: state, reason, scope: .account)
        }
    }

    private var hasWorkingEntry: Bool {
        for i in working.indices where working[i].role == .entry { return true }
        return false
    }

    /// One restriction is gone; the account is ACTIVE again when it was the last.
    public mutating func release(_ restriction: Restrictions, _ reason: StateReason) {
        guard !restrictions.isDisjoint(with: restriction) else { return }
        restrictions.subtract(restriction)
        if restrictions.isEmpty { change(.release, reason) }
    }

    /// A breach, or an operator: everything is to be closed, and stays so until armed. What comes while a limit that
    /// was breached on this trade date locks is no reason to unlock earlier.
    ///
    /// - Parameter lock: what locks, where that is something else.
    mutating func flatten(_ reason: StateReason, lock: StateReason? = nil) {
        if !isLockedByLimit {
            lockReason = lock ?? reason
            lockDate = day.tradeDate
        }
        haltsAfterRoll = reason == .contractRolls ? state == .halted : false
        change(.flatten, reason)
    }

    /// Being flattened, or locked.
    var isClosed: Bool { state == .flattening || state == .locked }

    /// A limit that was breached on this trade date locks: no arm before the next.
    public var isLockedByLimit: Bool {
        guard isClosed else { return false }
        return lockReason.isLimitBreach && day.tradeDate <= lockDate
    }

    /// No arm before the next trade date.
    public var isHeldByLimit: Bool { isLockedByLimit || state == .locked && isDayLossAtLimit }

    /// Does what the table of `TradingState.after` says. False when that is nothing.
    @discardableResult
    mutating func change(_ event: StateEvent, _ reason: StateReason) -> Bool {
        guard let next = state.after(event) else { return false }
        switch next {
        // A pause and a missing mark end with the state that is stronger than they are, but for a roll's, which ends by
        // itself.
        case .halted: restrictions.subtract([.paused, .mark])
        case .flattening: restrictions.subtract(isLockOfRoll ? .mark : [.paused, .mark])
        // The lock of a roll ends by itself: the operator's token outlives it.
        case .locked: if !isLockOfRoll { isLiveArmed = false }
        case .active, .reducing: break
        }
        note(from: state, to: next, reason, scope: .account)
        state = next
        return true
    }

    mutating func note(from: TradingState, to: TradingState, _ reason: StateReason, scope: StrategyID) {
        changeCount += 1
        changes.append(
            StateChange(
                sequence: changeCount, time: clock, from: from, to: to, reason: reason, scope: scope, command: command))
    }

    /// A strategy alone.
    mutating func change(_ strategy: StrategyID, to next: TradingState, _ reason: StateReason) {
        note(from: strategies[strategy].state, to: next, reason, scope: strategy)
        strategies[strategy].state = next
    }
}
