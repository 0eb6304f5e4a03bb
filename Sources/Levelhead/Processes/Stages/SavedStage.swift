import Determinism
import Storage
import Streams
import Units

/// What a stage's process keeps beside the fold's own state.
struct SavedStage {
    /// By channel, the next message wanted.
    var next: [UInt64] = []
    var outboxes: [ChannelOutbox] = []
    var outputs = JournalPosition.start
    /// The message clock.
    var time = Timestamp(nanoseconds: 0)
    /// By topic of the process, the number of the next row.
    var published: [UInt64] = []

    mutating func persist(_ archive: inout StateArchive) throws(StateArchive.Failure) {
        try archive.marker("saved stage")
        try archive.field(&next)
        var count = UInt64(outboxes.count)
        try archive.field(&count)
        if archive.isLoading { outboxes = (0..<min(count, 16)).map { _ in ChannelOutbox() } }
        for index in outboxes.indices { try outboxes[index].persist(&archive) }
        try archive.field(&outputs)
        try archive.field(&time)
        try archive.field(&published)
    }
}

extension SnapshotStore {
    /// The saved states of a process of a run.
    ///
    /// - Parameter outlivesPower: a state that was saved survives a power cut, all but the last; else the death of the
    ///   process alone.
    init(of role: ProcessRole, _ site: RunSite, outlivesPower: Bool) throws {
        self.init(
            try LMDBEnvironment(
                path: "\(site.databaseDirectory)/\(role.rawValue)", durability: outlivesPower ? .exceptLast : .onSync))
    }
}
