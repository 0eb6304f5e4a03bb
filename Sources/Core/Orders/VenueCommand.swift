import Determinism

@frozen public enum VenueCommandKind: UInt8, Hashable, BitwiseCopyable, Sendable, CaseIterable {
    case submit = 1
    case cancel = 2
}

/// What the execution gateway tells a venue.
@frozen public struct VenueCommand: Hashable, BitwiseCopyable, Sendable {
    public var kind: VenueCommandKind
    /// The order to submit, or the order to cancel as it was submitted.
    public var order: Order

    public init(_ kind: VenueCommandKind, _ order: Order) {
        self.kind = kind
        self.order = order
    }
}

extension VenueCommand: BoundedElement {
    public static let blank = VenueCommand(.cancel, .blank)

    public mutating func persist(_ archive: inout StateArchive) throws(StateArchive.Failure) {
        try archive.code(&kind)
        try order.persist(&archive)
    }
}
