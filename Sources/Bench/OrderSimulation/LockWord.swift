import Orders

/// The word in shared memory that every sender looks at before it sends what opens: it outlives every process.
struct LockWord {
    private(set) var state = EpochState(epoch: 1, isLocked: false)
    /// What the last flatten was asked for with, as the lock's record says it.
    private(set) var waitsForOpen = false

    var epoch: UInt64 { state.epoch }
    var isLocked: Bool { state.isLocked }

    /// The first act of a flatten.
    mutating func raise(waitsForOpen: Bool) {
        state = EpochState(epoch: state.epoch + 1, isLocked: true)
        self.waitsForOpen = waitsForOpen
    }

    /// The last act of an arm; nothing when there was a flatten meanwhile.
    mutating func open(ifEpochIs epoch: UInt64) {
        if state.epoch == epoch { state = EpochState(epoch: epoch, isLocked: false) }
    }
}
