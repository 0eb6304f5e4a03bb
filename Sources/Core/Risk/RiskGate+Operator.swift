import Orders
import Units

/// The answer to an operator.
@frozen public enum OperatorOutcome: String, Hashable, BitwiseCopyable, Sendable, CaseIterable {
    case done = "done"
    /// The account is not in a state from which that is possible.
    case notNow = "not_now"
    /// A limit was breached: the lock holds until the next trade date.
    case lockedUntilNextTradeDate = "locked_until_next_trade_date"
}

extension RiskGate {
    /// Nothing new that opens.
    public mutating func pause() -> OperatorOutcome {
        switch state {
        case .active:
            change(to: .reducing, .operatorRequest)
            return .done
        case .reducing:
            // It stays so when the mark returns.
            isReducingByMark = false
            isReducingByFeed = false
            return .done
        case .halted, .flattening, .locked: return .notNow
        }
    }

    public mutating func resume() -> OperatorOutcome {
        guard state == .reducing, !isReducingByMark, !isReducingByFeed else { return .notNow }
        change(to: .active, .operatorRequest)
        return .done
    }

    /// Nothing new but closing, until armed.
    public mutating func halt() -> OperatorOutcome {
        switch state {
        case .active, .reducing:
            isReducingByMark = false
            change(to: .halted, .operatorRequest)
            return .done
        case .halted: return .done
        case .flattening, .locked: return .notNow
        }
    }

    /// Cancels and closes everything, and locks; possible in every state. A lock for a breached limit keeps its reason.
    public mutating func requestFlatten() -> OperatorOutcome {
        switch state {
        case .flattening: return .done
        case .locked:
            change(to: .flattening, .operatorRequest)
        case .active, .reducing, .halted:
            flatten(.operatorRequest)
        }
        return .done
    }

    /// Unlocks. The drawdown is measured anew from here; the day's loss is not.
    public mutating func arm() -> OperatorOutcome {
        switch state {
        case .active: return .done
        case .reducing, .flattening: return .notNow
        case .halted: break
        case .locked:
            if lockReason.isLimitBreach, day.tradeDate <= lockDate { return .lockedUntilNextTradeDate }
        }
        peakEquity = equity
        change(to: .active, .armed)
        return .done
    }
}
