import Accounts
import Determinism
import Orders

extension RiskGate: PersistentState {
    /// Terms, limits and rules are configuration and not saved; outputs are empty between steps.
    public mutating func persist(_ archive: inout StateArchive) throws(StateArchive.Failure) {
        try archive.marker("risk gate")
        try archive.code(&state)
        try position.persist(&archive)
        try books.persist(&archive)
        try archive.field(&opposed)
        try strategies.persist(&archive)
        try programme?.persist(&archive)
        try archive.field(&programmeBalance)
        try day.persist(&archive)
        try mark.persist(&archive)
        try working.persist(&archive)
        try placed.persist(&archive)
        try valueAtRisk.persist(&archive)
        try exposures.persist(&archive)
        try archive.field(&clock)
        try archive.field(&dayStartEquity)
        try archive.field(&peakEquity)
        try archive.field(&carriedProfit)
        try carried.persist(&archive)
        try archive.field(&isStrategyPosition)
        try persistStates(&archive)
        try archive.field(&lastStrategyID)
        try archive.field(&lastManualID)
        try archive.field(&lastExecutionID)
        try archive.field(&verdictCount)
        try archive.field(&changeCount)
        try archive.field(&tradesToday)
        try orderTimes.persist(&archive)
        try modifyTimes.persist(&archive)
        try cancelTimes.persist(&archive)
    }

    private mutating func persistStates(_ archive: inout StateArchive) throws(StateArchive.Failure) {
        try archive.field(&restrictions)
        try archive.field(&isBookPast)
        try archive.field(&isBookLate)
        try archive.code(&lockReason)
        try archive.field(&lockDate)
        try archive.field(&haltsAfterRoll)
        try archive.field(&isLiveArmed)
        try archive.field(&isHeld)
        try archive.field(&isFlattenBlocked)
        try archive.field(&flatEpoch)
    }
}
