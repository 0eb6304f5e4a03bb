import Units

/// An account at the venue.
@frozen public enum VenueAccount: UInt8, Hashable, BitwiseCopyable, Sendable, CaseIterable {
    /// The only one, or the one that holds what is long.
    case first = 1
    /// The one that holds what is short.
    case second = 2

    /// Of two accounts, the one that holds positions that orders of `side` open.
    @inlinable public static func holding(_ side: Side) -> VenueAccount { side == .buy ? .first : .second }

    /// In canonical records the highest bit of the strategy's byte says that it is the second.
    var strategyBit: UInt8 { self == .second ? 0x80 : 0 }
}
