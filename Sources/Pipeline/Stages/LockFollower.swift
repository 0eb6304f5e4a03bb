import Determinism
import Orders
import Units

/// What a process's fold has been told of the lock word. The fold never reads the word: every change of it is an input,
/// journaled like any other.
public struct LockFollower: Sendable {
    /// A fold that was told nothing: epoch 1, not locked, as in a replay.
    public private(set) var epoch: UInt64 = 1
    public private(set) var isLocked = false
    /// The last epoch under which it was told to flatten.
    private var flattened: UInt64 = 0

    public init() {}

    /// Learns from what the fold is told, again after a restart.
    public mutating func observe(_ command: OperatorCommand) {
        guard command.epoch >= epoch else { return }
        switch command.request {
        case .flatten: (epoch, isLocked, flattened) = (command.epoch, true, command.epoch)
        case .arm: (epoch, isLocked) = (command.epoch, false)
        case .pause, .resume, .halt, .order, .modify, .cancel, .withheld, .expired, .identities, .reconcile,
            .peerSilent, .peerHeard:
            break
        }
    }

    /// Who locked, and why.
    public struct Cause: Sendable {
        let sender: ShortText
        let reason: ShortText
        let waitsForOpen: Bool

        public init(sender: String, reason: String = "", waitsForOpen: Bool = false) {
            self.sender = ShortText(sender)
            self.reason = ShortText(reason)
            self.waitsForOpen = waitsForOpen
        }
    }

    /// What the fold has to be told, if the word says something that it does not know.
    ///
    /// - Parameter cause: asked for only when the word is locked.
    public func news(_ state: EpochState, cause: () -> Cause) -> OperatorCommand? {
        if state.epoch < epoch { return nil }
        // An arm that the account's state did not allow leaves the word as it was.
        if state.isLocked, state.epoch == flattened { return nil }
        if !state.isLocked, state.epoch == epoch, !isLocked { return nil }
        guard state.isLocked else { return .lockWord(.arm, epoch: state.epoch) }
        let cause = cause()
        return .lockWord(
            .flatten, epoch: state.epoch, sender: cause.sender, reason: cause.reason,
            waitsForOpen: cause.waitsForOpen)
    }

    /// The epoch of a flatten that was asked for under `epoch`. Without one, or under one that is over or was armed
    /// since, it was not asked for by way of this lock word: it comes after all that the fold has been told, and no
    /// earlier proof is its own.
    public func flattenEpoch(asked epoch: UInt64) -> UInt64 {
        epoch > self.epoch || epoch == self.epoch && !isArmedAgain ? epoch : self.epoch + 1
    }

    /// What was locked under the epoch in force has been opened.
    public var isArmedAgain: Bool { !isLocked && flattened == epoch }

    public mutating func persist(_ archive: inout StateArchive) throws(StateArchive.Failure) {
        try archive.field(&epoch)
        try archive.field(&isLocked)
        try archive.field(&flattened)
    }
}
