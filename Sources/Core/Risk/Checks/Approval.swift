import Determinism
import Orders
import Units

/// A risk gate's yes to one intent, as it travels: good for one use.
@frozen public struct Approval: Hashable, BitwiseCopyable, Sendable {
    /// What may be done.
    public var intent: OrderIntent
    /// Position of the verdict in its run's stream of verdicts.
    public var sequence: UInt64
    /// Of the lock word when it was given: void under any other, for ever.
    public var epoch: UInt64
    /// Message time from which it is void.
    public var expiry: Timestamp

    public init(intent: OrderIntent, sequence: UInt64, epoch: UInt64 = 1, expiry: Timestamp = .undefined) {
        self.intent = intent
        self.sequence = sequence
        self.epoch = epoch
        self.expiry = expiry
    }

    /// The yes in the form that the execution gateway takes. Only for who knows that it is the gate's own: the stage
    /// that links both in one thread, and the process that has checked the approval's code.
    public func accepted() -> RiskApproved<OrderIntent> { RiskApproved(intent, sequence: sequence) }
}

extension Approval: BoundedElement {
    public static var blank: Approval { Approval(intent: .blank, sequence: 0) }

    public mutating func persist(_ archive: inout StateArchive) throws(StateArchive.Failure) {
        try intent.persist(&archive)
        try archive.field(&sequence)
        try archive.field(&epoch)
        try archive.field(&expiry)
    }
}
