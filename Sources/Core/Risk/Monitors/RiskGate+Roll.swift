import Orders
import Units

// From one contract to the next. On the last session in which a contract is traded everything of it is closed some
// minutes before the end. What is there all the same when the next one leads stays with the old one's book, is closed
// there, and until then nothing opens.
extension RiskGate {
    /// Nothing opens: the traded contract is in its last minutes, or another leads and this one is still there.
    public var isRolling: Bool { day.isLastMinutes(at: clock) || restrictions.contains(.contract) }

    /// Nothing held, nothing working, nothing being closed: another contract may be traded.
    public var isAtRest: Bool { isFlat && !hasOpenBook && working.isEmpty && state != .flattening }

    /// There is something to close or to cancel because the contract rolls.
    var isRollDue: Bool { isRolling && (!isFlat || !working.isEmpty || hasOpenBook) }

    /// What is being flattened or locked is so because the contract rolls, and for nothing else.
    var isLockOfRoll: Bool { lockReason == .contractRolls }
    /// A roll has closed the account or is about to: what people and gateways say meanwhile holds when that is over.
    var isUnderRoll: Bool { isClosed && isLockOfRoll }

    /// Time alone may make the next step of the market one that changes the state.
    public var awaitsRoll: Bool {
        restrictions.contains(.contract) || day.rollFlatBy.isDefined && !working.isEmpty
            || state == .locked && isLockOfRoll
    }

    /// Another contract leads, and this one's position or orders are still there: its prices stay the account's.
    public mutating func keepContract() { restrict(.contract, .contractRolls) }

    /// Another contract is traded from here on: nothing is known of its book yet.
    public mutating func changeContract() {
        mark = AccountMark()
        release(.contract, .contractRolls)
        endRollLock()
    }

    /// The lock that came with a roll ends with it, as long as nothing else locks. The high from which the drawdown is
    /// measured stays, for nobody has looked.
    mutating func endRollLock() {
        guard state == .locked, isLockOfRoll, !isRolling, !isHeld, !isDayLossAtLimit else { return }
        change(.arm, .contractRolls)
        if haltsAfterRoll {
            haltsAfterRoll = false
            change(.halt, .contractRolls)
        } else if !restrictions.isEmpty {
            change(.restrict, restrictions.reason)
        }
    }
}
