/// Why a venue refused or ended an order. The codes are stable.
@frozen public enum VenueReason: UInt8, Hashable, BitwiseCopyable, Sendable, CaseIterable {
    case none = 0
    /// The market is halted or closed.
    case marketClosed = 1
    case noBook = 2
    /// The book held less than the order wanted.
    case bookExhausted = 3
    case duplicateID = 4
    case unknownOrder = 5
    /// The order it was linked with has been filled or cancelled already.
    case linkClosed = 6
    /// A cancel was asked for.
    case requested = 7
    /// A linked order was filled.
    case linked = 8
    /// A limit or trigger that is not a positive price, or a quantity that is not positive.
    case malformed = 9
    /// The venue holds no more orders.
    case full = 10
    /// The gateway did not send it: it is flattening, or the position is on the other side.
    case notSent = 11
    /// A DAY order's session ended.
    case sessionEnded = 12
    /// A fill-or-kill order could not be filled whole.
    case notFilledWhole = 13
    /// A reduce-only order had nothing to reduce.
    case reduceOnly = 14
    /// Sent under an epoch that is over.
    case staleEpoch = 15
    /// The venue takes nothing more from this session.
    case sessionClosed = 16
    /// What was to be modified or cancelled has filled or ended.
    case tooLate = 17
    /// A change was sent, and the venue, asked, has the order as it was.
    case changeLost = 18

    /// The name in logs and results.
    public var name: String {
        switch self {
        case .none: "none"
        case .marketClosed: "market_closed"
        case .noBook: "no_book"
        case .bookExhausted: "book_exhausted"
        case .duplicateID: "duplicate_id"
        case .unknownOrder: "unknown_order"
        case .linkClosed: "link_closed"
        case .requested: "requested"
        case .linked: "linked"
        case .malformed: "malformed"
        case .full: "full"
        case .notSent: "not_sent"
        case .sessionEnded: "session_ended"
        case .notFilledWhole: "not_filled_whole"
        case .reduceOnly: "reduce_only"
        case .staleEpoch: "stale_epoch"
        case .sessionClosed: "session_closed"
        case .tooLate: "too_late"
        case .changeLost: "change_lost"
        }
    }
}
