import Determinism
import Orders
import Units

/// Where an order at the venue stands.
@frozen public enum VenueOrderPhase: UInt8, Hashable, BitwiseCopyable, Sendable, CaseIterable {
    /// A limit order in the queue at its price, or a stop that waits for its trigger.
    case resting = 1
    /// A market order, or a triggered stop, that fills at the first usable book.
    case taking = 2
    /// Filled or cancelled in this step; taken out at its end.
    case done = 3
}

/// One order at the venue.
@frozen public struct VenueOrder: Hashable, BitwiseCopyable, Sendable {
    /// Contracts ahead in the queue are not known: the price is outside the visible levels.
    static let aheadUnknown: Int64 = -1

    public var order: Order
    public var leaves: Quantity
    public var filled = Quantity.zero
    public var phase: VenueOrderPhase
    /// Contracts of others that must go before this order fills.
    public var ahead: Int64
    /// Contracts traded at its price against its side in the group being applied.
    var traded: Int64 = 0
}

extension VenueOrder: BoundedElement {
    public static var blank: VenueOrder { VenueOrder(order: .blank, leaves: .zero, phase: .done, ahead: 0) }

    public mutating func persist(_ archive: inout StateArchive) throws(StateArchive.Failure) {
        try order.persist(&archive)
        try archive.field(&leaves)
        try archive.field(&filled)
        try archive.code(&phase)
        try archive.field(&ahead)
    }
}

/// The quantity that linked orders share.
@frozen public struct VenueLink: Hashable, BitwiseCopyable, Sendable {
    public var id: ClientOrderID
    public var remaining: Quantity
}

extension VenueLink: BoundedElement {
    public static let blank = VenueLink(id: .none, remaining: .zero)

    public mutating func persist(_ archive: inout StateArchive) throws(StateArchive.Failure) {
        try archive.field(&id)
        try archive.field(&remaining)
    }
}

/// A command on its way.
@frozen public struct CommandInFlight: Hashable, BitwiseCopyable, Sendable {
    public var arrival: Timestamp
    public var command: VenueCommand
}

extension CommandInFlight: BoundedElement {
    public static let blank = CommandInFlight(arrival: .undefined, command: .blank)

    public mutating func persist(_ archive: inout StateArchive) throws(StateArchive.Failure) {
        try archive.field(&arrival)
        try command.persist(&archive)
    }
}
