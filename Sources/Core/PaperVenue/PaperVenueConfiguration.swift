import Orders
import Units

/// The model of a simulated exchange.
@frozen public struct PaperVenueConfiguration: Hashable, BitwiseCopyable, Sendable {
    public var terms: ContractTerms
    /// From the gateway's send until the order is at the exchange.
    public var commandLatency = Nanoseconds.microseconds(500)
    /// From an event at the exchange until the gateway has it.
    public var eventLatency = Nanoseconds.microseconds(500)

    public init(terms: ContractTerms) { self.terms = terms }
}
