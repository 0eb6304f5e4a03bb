import Determinism
import Foundation
import Platform
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
    /// The saved states of a process of a run; `newest` becomes the newest of them, nil when there is none. States that
    /// nobody can read any more are put aside and said: the run's tape and the process's journal give the same state
    /// again, and take longer.
    ///
    /// - Parameter outlivesPower: a state that was saved survives a power cut, all but the last; else the death of the
    ///   process alone.
    static func open(
        of role: ProcessRole, _ site: RunSite, outlivesPower: Bool, expecting identity: SnapshotIdentity,
        newest: inout Snapshot?
    ) throws -> SnapshotStore {
        let path = "\(site.databaseDirectory)/\(role.rawValue)"
        func open() throws -> SnapshotStore {
            var store = SnapshotStore(
                try LMDBEnvironment(path: path, durability: outlivesPower ? .exceptLast : .onSync))
            newest = try store.load(role.rawValue, expecting: identity)
            return store
        }
        do { return try open() } catch where isDamage(error) {
            let aside = "\(path).damaged-\(WallClock.now().nanoseconds)"
            try FileManager.default.moveItem(atPath: path, toPath: aside)
            let what = "\(error): put aside as \(aside); the state is made again from the run's tape and journal"
            Terminal.writeError("levelhead: \(role.rawValue): \(what)")
            return try open()
        }
    }

    private static func isDamage(_ error: any Error) -> Bool {
        switch error {
        case let error as LMDBError: error.isDamage
        case SnapshotError.database(let error): error.isDamage
        case SnapshotError.damaged: true
        default: false
        }
    }
}
