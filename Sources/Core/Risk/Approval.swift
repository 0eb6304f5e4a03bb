import Determinism
import Orders

/// A risk gate's yes to one intent, as it travels: good for one use.
@frozen public struct Approval: Hashable, BitwiseCopyable, Sendable {
    /// What may be done.
    public var intent: OrderIntent
    /// Position of the verdict in its run's stream of verdicts.
    public var sequence: UInt64

    public init(intent: OrderIntent, sequence: UInt64) {
        self.intent = intent
        self.sequence = sequence
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
    }
}
