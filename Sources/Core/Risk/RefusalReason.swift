/// Why risk refused an intent, in order of precedence: the first check that fails is the reason. Names and codes are
/// stable.
@frozen public enum RefusalReason: String, Hashable, BitwiseCopyable, Sendable, CaseIterable {
    /// The identity was seen before, or is older than one that was.
    case duplicateID = "duplicate_id"
    /// An issuer, type, price or distance that an intent cannot have.
    case malformed = "malformed"
    case orderQuantity = "order_quantity"
    /// The account may not open, or not even close, in its present state.
    case tradingState = "trading_state"
    /// Closing without a position.
    case nothingToClose = "nothing_to_close"
    case stopRequired = "stop_required"
    case sessionWindow = "session_window"
    case noBook = "no_book"
    /// Gap, crossed, halted, closed, warming: see `DataQuality`.
    case marketDataBad = "market_data_bad"
    case marketDataStale = "market_data_stale"
    /// Against the position or a working opening order, and not a market order for exactly the whole position.
    case oppositeSide = "opposite_side"
    /// The position, were everything working to fill, would pass the limit.
    case positionLimit = "position_limit"
    case tooManyOrders = "too_many_orders"

    /// 1… for journals and digests; 0 is an approval.
    public var code: UInt8 {
        switch self {
        case .duplicateID: 1
        case .malformed: 2
        case .orderQuantity: 3
        case .tradingState: 4
        case .nothingToClose: 5
        case .stopRequired: 6
        case .sessionWindow: 7
        case .noBook: 8
        case .marketDataBad: 9
        case .marketDataStale: 10
        case .oppositeSide: 11
        case .positionLimit: 12
        case .tooManyOrders: 13
        }
    }

    public init?(code: UInt8) {
        for reason in Self.allCases where reason.code == code {
            self = reason
            return
        }
        return nil
    }
}
