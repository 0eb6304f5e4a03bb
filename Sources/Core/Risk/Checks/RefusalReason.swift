/// Why risk refused an intent. The checks run in the order of `RiskCheck.all`; the first that fails is the reason.
/// Names and codes are stable.
@frozen public enum RefusalReason: String, Hashable, BitwiseCopyable, Sendable, CaseIterable {
    /// The identity was seen before, or is older than one that was.
    case duplicateID = "duplicate_id"
    /// An issuer, type, price or distance that an intent cannot have.
    case malformed = "malformed"
    case orderQuantity = "order_quantity"
    /// The account or the strategy may not open, or not even close, in its present state.
    case tradingState = "trading_state"
    /// Closing without a position.
    case nothingToClose = "nothing_to_close"
    case stopRequired = "stop_required"
    case sessionWindow = "session_window"
    case noBook = "no_book"
    /// One side of the book is empty, or the publisher doubts it.
    case marketDataBad = "market_data_bad"
    case marketDataStale = "market_data_stale"
    /// Against the position or a working opening order, and not a market order for exactly the whole position.
    case oppositeSide = "opposite_side"
    /// The position, were everything working to fill, would pass the limit.
    case positionLimit = "position_limit"
    case tooManyOrders = "too_many_orders"
    /// The traded contract is halted or closed.
    case instrumentStatus = "instrument_status"
    case dataGap = "data_gap"
    case dataCrossed = "data_crossed"
    case dataWarming = "data_warming"
    case newsWindow = "news_window"
    case priceCollar = "price_collar"
    /// It could trade with a working order of another book of the account.
    case selfCross = "self_cross"
    case notional = "notional"
    case margin = "margin"
    case tradesPerDay = "trades_per_day"
    case orderRate = "order_rate"
    case modifyRate = "modify_rate"
    case cancelRate = "cancel_rate"
    case valueAtRisk = "value_at_risk"
    case correlatedExposure = "correlated_exposure"
    /// A broker's venue, and nobody armed the account.
    case liveToken = "live_token"
    /// A reduce-only order that would not shrink its book's position, or is for more than that.
    case reduceOnly = "reduce_only"
    /// A strategy wants its position closed while others hold theirs, and the gateway closes only all.
    case otherBooksOpen = "other_books_open"
    /// Nothing of this identity is working.
    case unknownOrder = "unknown_order"
    /// A protective stop is not cancelled alone, and neither it nor a target is changed in quantity.
    case protectsPosition = "protects_position"
    /// The contract's last minutes as the traded one, or another's before everything of the old one is gone.
    case contractRolls = "contract_rolls"

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
        case .instrumentStatus: 14
        case .dataGap: 15
        case .dataCrossed: 16
        case .dataWarming: 17
        case .newsWindow: 18
        case .priceCollar: 19
        case .selfCross: 20
        case .notional: 21
        case .margin: 22
        case .tradesPerDay: 23
        case .orderRate: 24
        case .modifyRate: 25
        case .cancelRate: 26
        case .valueAtRisk: 27
        case .correlatedExposure: 28
        case .liveToken: 29
        case .reduceOnly: 30
        case .otherBooksOpen: 31
        case .unknownOrder: 32
        case .protectsPosition: 33
        case .contractRolls: 34
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
