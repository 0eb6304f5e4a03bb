import Orders
import Units

/// The model of a simulated exchange.
@frozen public struct PaperVenueConfiguration: Hashable, Sendable {
    public var terms: ContractTerms
    public var queue = QueueModel(.proportional)
    /// From the gateway's send until the order is at the exchange.
    public var commandWay = LatencyModel(constant: .microseconds(500))
    /// From an event at the exchange until the gateway has it.
    public var eventWay = LatencyModel(constant: .microseconds(500))
    /// Of what is drawn.
    public var seed: UInt64 = 1
    /// The account that it holds.
    public var account = VenueAccount.first
    /// Of a venue under test.
    public var faults = VenueFaults()

    public init(terms: ContractTerms) { self.terms = terms }

    public var commandLatency: Nanoseconds {
        get { commandWay.constant }
        set { commandWay = LatencyModel(constant: newValue) }
    }

    public var eventLatency: Nanoseconds {
        get { eventWay.constant }
        set { eventWay = LatencyModel(constant: newValue) }
    }
}
