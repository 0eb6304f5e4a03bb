import Determinism
import Orders

extension ExecutionGateway: PersistentState {
    /// Configuration is not saved; outputs are empty between steps.
    public mutating func persist(_ archive: inout StateArchive) throws(StateArchive.Failure) {
        try archive.marker("execution gateway")
        try position.persist(&archive)
        try archive.field(&unexplained)
        try live.persist(&archive)
        try ended.persist(&archive)
        try brackets.persist(&archive)
        try archive.field(&epoch)
        try archive.field(&isLocked)
        try archive.field(&lastApproval)
        try archive.field(&isFlattening)
        try flattening.persist(&archive)
        try archive.field(&isReconciling)
        try read.persist(&archive)
        try archive.field(&readFrom)
        try archive.field(&positionDifferences)
        try quote.persist(&archive)
        try identities.persist(&archive)
        try archive.field(&updateCount)
        try archive.field(&fillCount)
        try archive.field(&queryCount)
        try archive.field(&venueSequence)
        try archive.field(&contradictions)
        try archive.field(&repetitions)
        try archive.field(&lateFills)
        try archive.field(&sentCount)
        try archive.field(&voidCount)
    }
}
