/// What happened to an instrument's trading. Open: an unknown number stays readable.
@frozen public struct StatusAction: RawRepresentable, Hashable, BitwiseCopyable, Sendable {
    public let rawValue: UInt16
    @inlinable public init(rawValue: UInt16) { self.rawValue = rawValue }

    public static let none = StatusAction(rawValue: 0)
    public static let preOpen = StatusAction(rawValue: 1)
    public static let preCross = StatusAction(rawValue: 2)
    public static let quoting = StatusAction(rawValue: 3)
    public static let cross = StatusAction(rawValue: 4)
    public static let rotation = StatusAction(rawValue: 5)
    public static let newPriceIndication = StatusAction(rawValue: 6)
    public static let trading = StatusAction(rawValue: 7)
    public static let halt = StatusAction(rawValue: 8)
    public static let pause = StatusAction(rawValue: 9)
    public static let suspend = StatusAction(rawValue: 10)
    public static let preClose = StatusAction(rawValue: 11)
    public static let close = StatusAction(rawValue: 12)
    public static let postClose = StatusAction(rawValue: 13)
    public static let shortSaleRestrictionChange = StatusAction(rawValue: 14)
    public static let notAvailableForTrading = StatusAction(rawValue: 15)

    private static let names = [
        "none", "pre_open", "pre_cross", "quoting", "cross", "rotation", "new_price_indication", "trading", "halt",
        "pause", "suspend", "pre_close", "close", "post_close", "ssr_change", "not_available_for_trading",
    ]

    /// Databento's name; `action-N` for a number without one.
    public var name: String {
        Int(rawValue) < Self.names.count ? Self.names[Int(rawValue)] : "action-\(rawValue)"
    }
}

/// Why it happened. Open: an unknown number stays readable.
@frozen public struct StatusReason: RawRepresentable, Hashable, BitwiseCopyable, Sendable {
    public let rawValue: UInt16
    @inlinable public init(rawValue: UInt16) { self.rawValue = rawValue }

    public static let none = StatusReason(rawValue: 0)
    public static let scheduled = StatusReason(rawValue: 1)
    public static let surveillance = StatusReason(rawValue: 2)
    public static let marketEvent = StatusReason(rawValue: 3)
    public static let instrumentActivation = StatusReason(rawValue: 4)
    public static let instrumentExpiration = StatusReason(rawValue: 5)
    public static let recoveryInProcess = StatusReason(rawValue: 6)

    /// Databento's name; `reason-N` for a number without one.
    public var name: String {
        Self.names.first { $0.0 == rawValue }?.1 ?? "reason-\(rawValue)"
    }

    private static let names: [(UInt16, String)] = [
        (0, "none"), (1, "scheduled"), (2, "surveillance"), (3, "market_event"), (4, "instrument_activation"),
        (5, "instrument_expiration"), (6, "recovery_in_process"), (10, "regulatory"), (11, "administrative"),
        (12, "non_compliance"), (13, "filings_not_current"), (14, "sec_trading_suspension"), (15, "new_issue"),
        (16, "issue_available"), (17, "issues_reviewed"), (18, "filing_reqs_satisfied"), (30, "news_pending"),
        (31, "news_released"), (32, "news_and_resumption_times"), (33, "news_not_forthcoming"), (40, "order_imbalance"),
        (50, "luld_pause"), (60, "operational"), (70, "additional_information_requested"), (80, "merger_effective"),
        (90, "etf"), (100, "corporate_action"), (110, "new_security_offering"), (120, "market_wide_halt_level1"),
        (121, "market_wide_halt_level2"), (122, "market_wide_halt_level3"), (123, "market_wide_halt_carryover"),
        (124, "market_wide_halt_resumption"), (130, "quotation_not_available"),
    ]
}

/// More about it. Open: an unknown number stays readable.
@frozen public struct TradingEvent: RawRepresentable, Hashable, BitwiseCopyable, Sendable {
    public let rawValue: UInt16
    @inlinable public init(rawValue: UInt16) { self.rawValue = rawValue }

    public static let none = TradingEvent(rawValue: 0)
    public static let noCancel = TradingEvent(rawValue: 1)
    public static let changeTradingSession = TradingEvent(rawValue: 2)
    public static let impliedMatchingOn = TradingEvent(rawValue: 3)
    public static let impliedMatchingOff = TradingEvent(rawValue: 4)

    private static let names = [
        "none", "no_cancel", "change_trading_session", "implied_matching_on", "implied_matching_off",
    ]

    /// Databento's name; `trading-event-N` for a number without one.
    public var name: String {
        Int(rawValue) < Self.names.count ? Self.names[Int(rawValue)] : "trading-event-\(rawValue)"
    }
}
