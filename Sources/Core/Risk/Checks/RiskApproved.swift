/// Something that passed every check. Made by `RiskGate.review`, and of an `Approval` by who knows that it is the
/// gate's own; cannot be copied, and the execution gateway accepts nothing else for an order that opens or enlarges a
/// position.
public struct RiskApproved<Subject: Sendable>: ~Copyable, Sendable {
    public let subject: Subject
    /// Position of the verdict in this run's stream of verdicts.
    public let sequence: UInt64

    internal init(_ subject: Subject, sequence: UInt64) {
        self.subject = subject
        self.sequence = sequence
    }
}
