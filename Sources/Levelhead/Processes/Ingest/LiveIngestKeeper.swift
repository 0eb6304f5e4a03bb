import Configuration
import Determinism
import Platform
import Security
import Storage
import Synchronization
import Units

/// Keeps the state of a live ingest in the run's directory, and saves it on a thread of its own: of many options it is
/// some megabytes, and records do not wait for a disk.
final class LiveIngestKeeper: Sendable {
    private static let stateVersion: UInt64 = 3
    /// A state is much larger than what it saves to read again: saved that many times less often than others are.
    private static let restraint = 10

    private let file: StateFile
    private let isSaving = Atomic(false)
    /// Between two saved states; zero for none.
    private let interval: Nanoseconds

    init(_ site: RunSite, _ configuration: ResolvedConfiguration) {
        let identity = SnapshotIdentity(
            stateVersion: Self.stateVersion,
            configuration: SHA256Digest(of: Array(configuration.resultText.utf8)))
        file = StateFile("\(site.databaseDirectory)/ingest", identity)
        interval = Nanoseconds(configuration.snapshotEvery.count * Int64(Self.restraint))
        // Where it cannot be, nothing is saved.
        try? Directory.make(site.databaseDirectory, mode: 0o700)
    }

    /// The state that the ingest before this one saved; nil when there is none that this program can read.
    ///
    /// - Parameter blank: what a run begins with.
    func load(_ blank: LiveIngestState) -> LiveIngestState? {
        guard let bytes = file.load() else { return nil }
        var state = blank
        var archive = StateArchive(loading: bytes)
        do throws(StateArchive.Failure) {
            try state.persist(&archive)
            try archive.checkEnd()
        } catch {
            return nil
        }
        return state
    }

    /// Whether the state is to be saved again, `elapsed` after it was saved.
    func isDue(after elapsed: Nanoseconds) -> Bool { interval > .zero && elapsed >= interval }

    /// Begins to save a state that the tape has. Does nothing while the one before is being saved.
    func save(_ state: LiveIngestState) {
        guard isSaving.compareExchange(expected: false, desired: true, ordering: .acquiring).exchanged else { return }
        do throws(SystemCallError) {
            try JoinableThread {
                // Without space the state before counts: the records since are on the tape.
                try? self.write(state)
                self.isSaving.store(false, ordering: .releasing)
            }.detach()
        } catch {
            isSaving.store(false, ordering: .releasing)
        }
    }

    private func write(_ state: LiveIngestState) throws {
        var state = state
        var archive = StateArchive()
        try state.persist(&archive)
        try file.save(archive.finish())
    }
}
