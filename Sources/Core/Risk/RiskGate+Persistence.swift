import Determinism
import Orders

extension RiskGate: PersistentState {
    /// Terms and limits are configuration and not saved; outputs are empty between steps.
    public mutating func persist(_ archive: inout StateArchive) throws(StateArchive.Failure) {
        try archive.marker("risk gate")
        try archive.code(&state)
        try position.persist(&archive)
        try day.persist(&archive)
        try mark.persist(&archive)
        try working.persist(&archive)
        try archive.field(&clock)
        try archive.field(&dayStartEquity)
        try archive.field(&peakEquity)
        try archive.field(&isStrategyPosition)
        try archive.field(&isReducingByMark)
        try archive.field(&isFeedBehind)
        try archive.field(&isReducingByFeed)
        try archive.code(&lockReason)
        try archive.field(&lockDate)
        try archive.field(&lastStrategyID)
        try archive.field(&lastManualID)
        try archive.field(&verdictCount)
        try archive.field(&changeCount)
    }
}
