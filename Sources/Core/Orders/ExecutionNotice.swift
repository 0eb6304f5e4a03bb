import Determinism
import Units

/// What the execution gateway reports about itself.
@frozen public struct ExecutionNotice: Hashable, BitwiseCopyable, Sendable {
    public enum Kind: UInt8, Hashable, BitwiseCopyable, Sendable, CaseIterable {
        /// It has begun to flatten; `reason` says why.
        case flattening = 1
        /// A flatten ended: no order is live or unknown, and the venue has said twice that nothing is open.
        case flat = 2
        /// A flatten has to wait for the market: `block` says why.
        case flattenBlocked = 3
        /// A flatten takes longer than it may; it goes on.
        case flattenLate = 4
        /// The venue holds `found` contracts where the fills say `expected`, and nothing explains it.
        case reconciliationQuestion = 5
        /// What the gateway knows and what the venue says agree, or the difference has been told.
        case reconciled = 6
        /// The venue held `order`, which nobody here knows; it is being cancelled.
        case strayOrder = 7
        /// Books net: `strategy` wants `found` signed contracts traded by `order`, which closes a part of its book that
        /// no order at the venue does. Risk reviews it like any other intent.
        case bookClose = 8
        /// For the audit log: the gateway itself was asked to cancel `order`, or every order that opens; and to ask the
        /// venue what is live and open. The certificate has who and why.
        case cancelAsked = 9
        case reconciliationAsked = 10
    }

    public var kind: Kind
    public var reason: StateReason
    public var time: Timestamp
    /// Closing rounds that it took; 0 when there was nothing to close.
    public var rounds: UInt32
    public var block: VenueReason
    public var order: ClientOrderID
    /// Signed contracts, of a question; `found` of a book's close, too.
    public var expected, found: Quantity
    /// Whose book, of a book's close.
    public var strategy: StrategyID
    /// Of a flatten.
    public var certificate: FlattenCertificate
    /// Which account at the venue it is about; the first also for what is of both together.
    public var account = VenueAccount.first

    public init(
        kind: Kind, reason: StateReason, time: Timestamp, rounds: UInt32 = 0, block: VenueReason = .none,
        order: ClientOrderID = .none, expected: Quantity = .zero, found: Quantity = .zero,
        strategy: StrategyID = .account, certificate: FlattenCertificate = FlattenCertificate()
    ) {
        self.kind = kind
        self.reason = reason
        self.time = time
        self.rounds = rounds
        self.block = block
        self.order = order
        self.expected = expected
        self.found = found
        self.strategy = strategy
        self.certificate = certificate
    }
}

extension ExecutionNotice {
    /// What was asked of the execution gateway and not of risk, which keeps the audit log; nil for everything else.
    public init?(of command: OperatorCommand, at time: Timestamp) {
        switch command.request {
        case .cancel: self.init(kind: .cancelAsked, reason: .operatorRequest, time: time, order: command.target)
        case .peerSilent: self.init(kind: .cancelAsked, reason: .peerSilent, time: time)
        case .reconcile: self.init(kind: .reconciliationAsked, reason: .operatorRequest, time: time)
        default: return nil
        }
        certificate.command = command.id
        certificate.epoch = command.epoch
        certificate.sender = command.sender
        certificate.reason = command.request == .peerSilent ? ShortText("risk is silent") : command.reason
    }
}

extension ExecutionNotice: BoundedElement {
    public static var blank: ExecutionNotice { ExecutionNotice(kind: .flat, reason: .flat, time: .undefined) }

    public mutating func persist(_ archive: inout StateArchive) throws(StateArchive.Failure) {
        try archive.code(&kind)
        try archive.code(&reason)
        try archive.field(&time)
        try archive.field(&rounds)
        try archive.code(&block)
        try archive.field(&order)
        try archive.field(&expected)
        try archive.field(&found)
        try archive.field(&strategy)
        try certificate.persist(&archive)
        try archive.code(&account)
    }
}
