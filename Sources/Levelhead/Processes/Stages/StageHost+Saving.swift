import Configuration
import Determinism
import Orders
import Pipeline
import Platform
import Storage
import Units

extension StageHost where Hosted: ~Copyable {
    mutating func saveIfDue() throws {
        let every = setup.configuration.snapshotEvery
        let now = MonotonicClock.now()
        guard every > .zero, now - savedAt >= every else { return }
        savedAt = now
        do { try save() } catch where StorageSpace.isMissing(error) {
            // The journals have everything since the last state that was saved.
            hosted.isDiskFull = true
            return
        }
        hosted.isDiskFull = false
    }

    private mutating func save() throws {
        guard !outbox.hasWaiting else { return }
        try show()
        try journals.keep(withOutputs: false)
        // It throws where the disk does not take them; nothing of what follows from them is there then.
        let inputs = try journals.inputs.position()
        try hosted.record()
        var saved = SavedStage(
            next: inbox.next, outboxes: outbox.saved, outputs: try journals.outputs.position(), time: clock.last,
            published: streams?.next ?? [])
        var archive = StateArchive()
        try saved.persist(&archive)
        try fold.persist(&archive)
        try hosted.persist(&archive)
        try snapshots.save(
            Hosted.role.rawValue, identity,
            SnapshotPosition(
                sequence: position, time: Int64(bitPattern: fold.clock.event.nanoseconds),
                audit: try hosted.checkpoint(), journal: inputs),
            state: archive.bytes)
    }

    mutating func finish() throws {
        do {
            try save()
            try snapshots.sync()
        } catch where StorageSpace.isMissing(error) {}
        try journals.keepInputs()
        try journals.inputs.finish()
        try journals.outputs.finish()
        try hosted.finish(site, fold, records: position)
        try streams?.end()
    }
}
