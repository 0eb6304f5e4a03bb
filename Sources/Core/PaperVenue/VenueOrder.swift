import Determinism
import Orders
import Units

/// Where an order at the venue stands.
@frozen public enum VenueOrderPhase: UInt8, Hashable, BitwiseCopyable, Sendable, CaseIterable {
    /// In the queue at its price.
    case resting = 1
    /// A market order, or a triggered stop, that fills at the first usable book.
    case taking = 2
    /// Filled or cancelled in this step; taken out at its end.
    case done = 3
    /// A stop of any kind that waits for its trigger.
    case waiting = 4
}

/// One order at the venue.
@frozen public struct VenueOrder: Hashable, BitwiseCopyable, Sendable {
    public var order: Order
    public var leaves: Quantity
    public var filled = Quantity.zero
    public var phase: VenueOrderPhase
    /// While it rests.
    public var place = QueuePlace.unknown
    /// Contracts traded at its price against its side in the group being applied.
    var traded: Int64 = 0

    init(_ order: Order, leaves: Quantity, phase: VenueOrderPhase) {
        self.order = order
        self.leaves = leaves
        self.phase = phase
    }

    /// The price it takes up to and rests at; nil where any price will do.
    public var limit: Ticks? {
        switch order.type {
        case .limit: order.price
        case .stopLimit: order.limit
        case .market, .stop, .trailingStop: nil
        }
    }

    /// The price that it waits for or rests at; zero for a market order.
    public var workingPrice: Ticks { phase == .waiting ? order.price : limit ?? order.price }

    public var state: OrderState { filled > .zero ? .partiallyFilled : .working }
}

extension VenueOrder: BoundedElement {
    public static var blank: VenueOrder { VenueOrder(.blank, leaves: .zero, phase: .done) }

    public mutating func persist(_ archive: inout StateArchive) throws(StateArchive.Failure) {
        try order.persist(&archive)
        try archive.field(&leaves)
        try archive.field(&filled)
        try archive.code(&phase)
        try place.persist(&archive)
    }
}

/// Orders that are linked. Those of one side share their contracts: together they may fill as many as the largest of
/// them. Those of the other side end with the first fill.
@frozen public struct VenueLink: Hashable, BitwiseCopyable, Sendable {
    public var id: ClientOrderID
    /// Contracts that have filled, all on one side.
    public var filled = Quantity.zero
    /// Sign of the side that has filled; 0 before the first fill.
    var filledSide: Int8 = 0

    init(id: ClientOrderID) { self.id = id }

    func admits(_ side: Side) -> Bool { filledSide == 0 || filledSide == side.rawValue }
}

extension VenueLink: BoundedElement {
    public static let blank = VenueLink(id: .none)

    public mutating func persist(_ archive: inout StateArchive) throws(StateArchive.Failure) {
        try archive.field(&id)
        try archive.field(&filled)
        try archive.field(&filledSide)
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
