import Orders
import Units

/// The answer to an operator.
@frozen public enum OperatorOutcome: String, Hashable, BitwiseCopyable, Sendable, CaseIterable {
    case done = "done"
    /// The account is not in a state from which that is possible.
    case notNow = "not_now"
    /// A limit was breached: the lock holds until the next trade date.
    case lockedUntilNextTradeDate = "locked_until_next_trade_date"
    /// The programme's floor is broken: it is over.
    case programmeOver = "programme_over"
    /// The pause is off, and something else keeps the account REDUCING.
    case restricted = "restricted"
    /// A manual order, a cancel: risk said no.
    case refused = "refused"
}

extension RiskGate {
    /// Nothing new that opens.
    public mutating func pause(_ scope: StrategyID = .account) -> OperatorOutcome {
        guard scope == .account else { return pauseStrategy(scope) }
        switch state {
        case .active, .reducing:
            // It stays so when the mark returns.
            restrict(.paused, .operatorRequest)
            return .done
        case .flattening where isLockOfRoll, .locked where isLockOfRoll:
            restrictions.formUnion(.paused)
            return .done
        case .halted, .flattening, .locked: return .notNow
        }
    }

    public mutating func resume(_ scope: StrategyID = .account) -> OperatorOutcome {
        guard scope == .account else { return resumeStrategy(scope) }
        guard state == .reducing, restrictions.contains(.paused) else { return .notNow }
        release(.paused, .operatorRequest)
        return state == .active ? .done : .restricted
    }

    /// Nothing new but closing, until armed.
    public mutating func halt() -> OperatorOutcome { halt(.operatorRequest) }

    private mutating func halt(_ reason: StateReason) -> OperatorOutcome {
        if isUnderRoll { haltsAfterRoll = true }
        if state == .halted || isUnderRoll { return .done }
        return change(.halt, reason) ? .done : .notNow
    }

    /// Cancels and closes everything, and locks; possible in every state. A lock for a breached limit keeps its reason.
    ///
    /// - Parameter epoch: of the lock word that it goes with; 0 for none. What was proven flat under it stays so.
    public mutating func requestFlatten(epoch: UInt64 = 0) -> OperatorOutcome {
        // What an operator has locked does not end by itself.
        if isLockOfRoll {
            lockReason = .operatorRequest
            haltsAfterRoll = false
            if state == .locked { isLiveArmed = false }
        }
        switch state {
        case .flattening: break
        case .locked where epoch > 0 && epoch <= flatEpoch: break
        case .locked: change(.flatten, .operatorRequest)
        case .active, .reducing, .halted: flatten(.operatorRequest)
        }
        return .done
    }

    /// Unlocks. The day's loss and the drawdown stay as they are: an operator's flatten is no way to be rid of them.
    public mutating func arm(_ scope: StrategyID = .account) -> OperatorOutcome {
        guard scope == .account else { return armStrategy(scope) }
        switch state {
        case .active: return .done
        case .reducing, .flattening: return .notNow
        case .halted: break
        case .locked:
            if programmeEnd != nil { return .programmeOver }
            if isHeldByLimit { return .lockedUntilNextTradeDate }
        }
        isLiveArmed = true
        haltsAfterRoll = false
        change(.arm, .armed)
        if !restrictions.isEmpty { change(.restrict, restrictions.reason) }
        return .done
    }

    // MARK: One strategy

    private mutating func pauseStrategy(_ strategy: StrategyID) -> OperatorOutcome {
        switch strategies[strategy].state {
        case .active:
            change(strategy, to: .reducing, .operatorRequest)
            return .done
        case .reducing: return .done
        case .halted, .flattening, .locked: return .notNow
        }
    }

    private mutating func resumeStrategy(_ strategy: StrategyID) -> OperatorOutcome {
        guard strategies[strategy].state == .reducing else { return .notNow }
        change(strategy, to: .active, .operatorRequest)
        return .done
    }

    private mutating func armStrategy(_ strategy: StrategyID) -> OperatorOutcome {
        switch strategies[strategy].state {
        case .active: return .done
        case .reducing, .halted, .flattening: return .notNow
        case .locked:
            if isHeldByLoss(strategy) { return .lockedUntilNextTradeDate }
            change(strategy, to: .active, .armed)
            return .done
        }
    }

    /// A strategy has lost its own limit on this trade date: no arm before the next.
    public func isHeldByLoss(_ strategy: StrategyID) -> Bool {
        strategies[strategy].state == .locked && day.tradeDate <= strategies[strategy].lockDate
    }

    // MARK: The other gateway

    /// Its heartbeat is lost. What follows is configured.
    public mutating func losePeer() -> OperatorOutcome {
        switch rules.peerLoss {
        case .reducing: restrict(.peer, .peerSilent)
        case .halted: return halt(.peerSilent)
        case .flattening: if isUnderRoll || state != .flattening && state != .locked { flatten(.peerSilent) }
        }
        return .done
    }

    public mutating func hearPeer() -> OperatorOutcome {
        release(.peer, .peerHeard)
        return .done
    }
}
