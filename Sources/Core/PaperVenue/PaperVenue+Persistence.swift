import Determinism
import Orders

extension PaperVenue: PersistentState {
    /// Configuration is not saved.
    public mutating func persist(_ archive: inout StateArchive) throws(StateArchive.Failure) {
        try archive.marker("paper venue")
        try orders.persist(&archive)
        try ended.persist(&archive)
        try links.persist(&archive)
        try commands.persist(&archive)
        try events.persist(&archive)
        try book.persist(&archive)
        try account.persist(&archive)
        try day.persist(&archive)
        try archive.field(&heldEpoch)
        try archive.field(&isSessionClosed)
        try archive.field(&clock)
        try archive.field(&dropped)
        try archive.field(&sequence)
        try commandLine.persist(&archive, configuration.commandWay)
        try eventLine.persist(&archive, configuration.eventWay)
    }
}
