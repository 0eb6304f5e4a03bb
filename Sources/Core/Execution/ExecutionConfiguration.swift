import Orders
import Units

@frozen public struct ExecutionConfiguration: Hashable, BitwiseCopyable, Sendable {
    public var terms: ContractTerms
    /// Message time within which the venue must acknowledge a protective stop.
    public var stopAcknowledgement = Nanoseconds.milliseconds(500)
    /// Message time after which a close that the venue refused or did not fill whole is sent again.
    public var closeRetry = Nanoseconds.seconds(1)
    /// Message time without an answer after which an order is unknown and the venue is asked about it.
    public var unknownAfter = Nanoseconds.milliseconds(250)
    /// Message time after which the venue is asked about an order that cannot rest and whose end has not been told.
    public var fillWithin = Nanoseconds.seconds(1)
    /// How far beyond the far touch the closing orders of a flatten are priced.
    public var collar = defaultCollar
    public static var defaultCollar: Ticks { Ticks(20) }
    /// Message time between two closing rounds of a flatten.
    public var roundPause = Nanoseconds.milliseconds(50)
    /// Message time that a flatten may take before it says that it is late; its rounds are `closeRetry` apart from then
    /// on.
    public var flattenTimeout = Nanoseconds.seconds(10)
    /// The venue links orders so that they share their quantity. Without that only a bracket's stop rests there; its
    /// target and its closes wait here.
    public var venueLinks = true
    /// A flatten that no operator asked for closes when a closed market opens.
    public var closesAtOpen = true
    /// Each strategy has a book of its own, and what the venue holds is their net. Stops at the venue protect the net;
    /// the others, targets and closes wait here. The venue has to know reduce-only orders.
    public var netsBooks = false
    /// The account at the venue that the gateway is for.
    public var account = VenueAccount.first
    /// It is one of two accounts: each strategy has a book of its own here too, all on one side.
    public var isOneOfTwo = false

    /// Stop, target and close of a bracket are one link at the venue.
    var linksBrackets: Bool { venueLinks && !netsBooks }

    public init(terms: ContractTerms) { self.terms = terms }
}

/// The answer to an operator's cancel.
@frozen public enum CancelOutcome: String, Hashable, BitwiseCopyable, Sendable, CaseIterable {
    case sent = "sent"
    case notLive = "not_live"
    case protectsPosition = "protects_position"
}
