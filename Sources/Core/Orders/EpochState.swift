/// What the lock word says at one moment: epoch and lock of all trading of a state directory.
public struct EpochState: Equatable, BitwiseCopyable, Sendable {
    /// Counts up for ever: what was approved in an older epoch is void, also after the lock is gone.
    public let epoch: UInt64
    /// Nothing that could open or enlarge a position may be sent.
    public let isLocked: Bool

    public init(epoch: UInt64, isLocked: Bool) {
        self.epoch = epoch
        self.isLocked = isLocked
    }

    /// A command that opens may be sent in this state.
    public func permits(_ command: VenueCommand) -> Bool { !isLocked && command.epoch == epoch }
}
