import Determinism
import LiveFeed
import Units

/// What a live ingest knows of its feeds as of one record of its tape.
///
/// All of it follows from the tape; it is saved now and then, so that the ingest after a killed one reads what came
/// since and not the whole day.
struct LiveIngestState: PersistentState, Sendable {
    /// The number of the record that follows.
    var sequence: UInt64 = 0
    var ledgers = FeedLedgers()
    /// Follows the records to the options that belong to the chain; nil when none is subscribed to.
    var options: OptionWatch?
    /// The largest receive time of a record of data; 0 before the first.
    var dataTime = Timestamp(nanoseconds: 0)
    /// The first book of a run that has not asked for all of the past has not come: the hole before it is told in
    /// front of it.
    var awaitsFirstBook = false

    mutating func persist(_ archive: inout StateArchive) throws(StateArchive.Failure) {
        try archive.marker("live-ingest")
        try archive.field(&sequence)
        try archive.field(&ledgers.futures)
        try archive.field(&ledgers.chain)
        if var watch = options {
            try archive.field(&watch)
            options = watch
        }
        try archive.field(&dataTime)
        try archive.field(&awaitsFirstBook)
    }
}
