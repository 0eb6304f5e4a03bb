/// One pre-trade check as it is documented: what it refuses, whom it asks, and which limit decides.
public struct RiskCheck: Sendable {
    /// Who is asked.
    public enum Subject: String, Sendable {
        case entries = "entries"
        case openers = "entries, reduce-only orders"
        case strategies = "entries of strategies"
        case closes = "closes"
        case all = "everything"
        case changes = "modifications"
        case cancels = "single cancels"
        case both = "modifications, single cancels"
        case reducers = "reduce-only orders"
        case named = "modifications, single cancels, pairs"
    }

    public let reason: RefusalReason
    public let subject: Subject
    /// What is refused: beyond the limit, never at it.
    public let refuses: String
    /// Keys of the configuration without their section `risk.`; empty when there is none.
    public let keys: [String]

    init(_ reason: RefusalReason, _ subject: Subject, _ refuses: String, _ keys: String...) {
        self.reason = reason
        self.subject = subject
        self.refuses = refuses
        self.keys = keys
    }

    /// In the order in which they are made: the first that fails is the reason.
    public static let all: [RiskCheck] = [
        RiskCheck(.duplicateID, .all, "an identity that is not above the last of its issuer"),
        RiskCheck(
            .unknownOrder, .named, "an order that is not working, or for a pair one that did not begin it in its book"),
        RiskCheck(
            .malformed, .all,
            "an issuer, price, trigger or distance that cannot be, one that does not belong to the order's type, an "
                + "order that waits for its trigger and is for an instant (`ioc`, `fok`), a stop-limit order's limit "
                + "short of its trigger, or a stop, or a target of a sale, at or below zero, "
                + "without a price from the best ask or bid"),
        RiskCheck(
            .orderQuantity, .all, "less than one contract, of a change no more than has filled, or more than the limit",
            "max_order_contracts", "instrument.max_order_contracts", "strategy.NAME.max_order_contracts"),
        RiskCheck(
            .protectsPosition, .both,
            "another quantity of a protective stop or of a target; the cancel of a protective stop"),
        RiskCheck(
            .reduceOnly, .reducers,
            "the side of the position, or more than is held: of the book, for people of the account; any where books "
                + "net"),
        RiskCheck(.liveToken, .entries, "a broker's venue that nobody armed", "venue"),
        RiskCheck(
            .contractRolls, .entries,
            "a contract in its last minutes before the roll, and everything while a position or an order of the one "
                + "before is still there", "roll_flat_minutes"),
        RiskCheck(.tradingState, .all, "what the state of account or strategy does not allow, and all under the lock"),
        RiskCheck(.nothingToClose, .closes, "a close without a position"),
        RiskCheck(
            .otherBooksOpen, .closes,
            "one strategy's close while others hold positions, where the gateway closes only all"),
        RiskCheck(.stopRequired, .entries, "no stop, or one at the fill"),
        RiskCheck(
            .sessionWindow, .entries,
            "strategies outside the entry window, operators outside the session, reduce-only orders too"),
        RiskCheck(.newsWindow, .strategies, "a time inside a window of the calendar", "news_file"),
        RiskCheck(.noBook, .entries, "no book of the traded contract"),
        RiskCheck(.instrumentStatus, .entries, "a traded contract that is halted or closed"),
        RiskCheck(.dataCrossed, .entries, "a book whose best bid is above its best ask"),
        RiskCheck(.dataGap, .strategies, "data with a gap behind the decision or the book"),
        RiskCheck(.dataWarming, .strategies, "estimators or a feed that are not there yet"),
        RiskCheck(.marketDataBad, .entries, "a book that its publisher doubts; for strategies an empty side too"),
        RiskCheck(.marketDataStale, .entries, "stale data, or an older book than the limit", "stale_after_ms"),
        RiskCheck(
            .priceCollar, .entries, "a limit or trigger further outside the best bid and ask than the limit",
            "collar_ticks"),
        RiskCheck(.oppositeSide, .entries, "an order against the position or a working entry, not closing it whole"),
        RiskCheck(.selfCross, .entries, "what could trade with a working order of another book"),
        RiskCheck(
            .positionLimit, .entries, "a larger position on either side, were everything working to fill",
            "max_position_contracts", "instrument.max_position_contracts", "strategy.NAME.max_position_contracts",
            "programme.tiers"),
        RiskCheck(
            .tooManyOrders, .openers,
            "more entries working at once; a reduce-only order while 32 orders that close work", "max_open_orders",
            "instrument.max_open_orders", "strategy.NAME.max_open_orders"),
        RiskCheck(
            .notional, .entries, "a largest position worth more", "max_notional_usd", "instrument.max_notional_usd",
            "strategy.NAME.max_notional_usd"),
        RiskCheck(
            .margin, .entries, "a margin of the largest position above balance and profit", "initial_margin_usd",
            "intraday_margin_usd", "balance_usd"),
        RiskCheck(
            .tradesPerDay, .entries, "more entries approved since 18:00 ET", "trades_per_day",
            "instrument.trades_per_day", "strategy.NAME.trades_per_day"),
        RiskCheck(
            .orderRate, .entries, "more entries in a second or a minute", "orders_per_second", "orders_per_minute"),
        RiskCheck(
            .valueAtRisk, .entries, "a value at risk of the closed sessions above the limit", "value_at_risk_usd"),
        RiskCheck(
            .correlatedExposure, .entries, "more net index contracts of all instruments, where others are held",
            "correlated_exposure"),
        RiskCheck(
            .modifyRate, .changes, "more modifications in a second or a minute", "modifies_per_second",
            "modifies_per_minute"),
        RiskCheck(
            .cancelRate, .cancels,
            "more cancels in a second or a minute, while ACTIVE; all at once and flattens are free",
            "cancels_per_second", "cancels_per_minute"),
    ]
}
