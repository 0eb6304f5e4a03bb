import Determinism
import Orders

extension ExecutionGateway: PersistentState {
    /// Configuration is not saved; outputs are empty between steps.
    public mutating func persist(_ archive: inout StateArchive) throws(StateArchive.Failure) {
        try archive.marker("execution gateway")
        try position.persist(&archive)
        try live.persist(&archive)
        try brackets.persist(&archive)
        try archive.field(&isFlattening)
        try archive.code(&flattenReason)
        try archive.field(&rounds)
        try archive.field(&roundFrom)
        try identities.persist(&archive)
        try archive.field(&updateCount)
        try archive.field(&fillCount)
        try archive.field(&venueSequence)
        try archive.field(&contradictions)
        try archive.field(&sentCount)
        try archive.field(&epoch)
    }
}
