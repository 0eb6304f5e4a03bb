import Determinism

@frozen public enum VenueCommandKind: UInt8, Hashable, BitwiseCopyable, Sendable, CaseIterable {
    case submit = 1
    case cancel = 2
    /// Quantity (what the order is for in all), price, limit and trail of a live order become those of `order`. More
    /// quantity or another price goes to the end of the queue.
    case modify = 3
    /// How one order stands, by its identity: answered with one `orderStatus`.
    case queryOrder = 4
    /// Every live order: answered with an `orderStatus` each, and `queryEnd`.
    case queryOrders = 5
    /// What is open: answered with one `positionStatus`.
    case queryPosition = 6
}

/// What the execution gateway tells a venue.
@frozen public struct VenueCommand: Hashable, BitwiseCopyable, Sendable {
    public var kind: VenueCommandKind
    /// The order to submit, or the order to cancel as it was submitted.
    public var order: Order
    /// Of a query: comes back with its answers.
    public var query: UInt64
    /// Of the sender's lock word: the venue refuses commands of an epoch older than one it has been told to hold to.
    public var epoch: UInt64
    /// From somebody who closes and cancels in the gateway's place, and not from the gateway's session.
    public var isDirect: Bool

    /// The account that it is for: the order's.
    @inlinable public var account: VenueAccount { order.account }

    public init(
        _ kind: VenueCommandKind, _ order: Order, query: UInt64 = 0, epoch: UInt64 = 0, isDirect: Bool = false
    ) {
        self.kind = kind
        self.order = order
        self.query = query
        self.epoch = epoch
        self.isDirect = isDirect
    }
}

extension VenueCommand: BoundedElement {
    public static let blank = VenueCommand(.cancel, .blank)

    public mutating func persist(_ archive: inout StateArchive) throws(StateArchive.Failure) {
        try archive.code(&kind)
        try order.persist(&archive)
        try archive.field(&query)
        try archive.field(&epoch)
        try archive.field(&isDirect)
    }
}
