/// Which statistic a record carries. Open: an unknown number stays readable.
@frozen public struct StatisticType: RawRepresentable, Hashable, BitwiseCopyable, Sendable {
    public let rawValue: UInt16
    @inlinable public init(rawValue: UInt16) { self.rawValue = rawValue }

    public static let openingPrice = StatisticType(rawValue: 1)
    public static let indicativeOpeningPrice = StatisticType(rawValue: 2)
    /// `ts_ref` is the trading date, at midnight UTC.
    public static let settlementPrice = StatisticType(rawValue: 3)
    public static let sessionLow = StatisticType(rawValue: 4)
    public static let sessionHigh = StatisticType(rawValue: 5)
    /// In `quantity`; `ts_ref` is the trading date, at midnight UTC.
    public static let clearedVolume = StatisticType(rawValue: 6)
    public static let lowestOffer = StatisticType(rawValue: 7)
    public static let highestBid = StatisticType(rawValue: 8)
    /// In `quantity`; `ts_ref` is the trading date, at midnight UTC.
    public static let openInterest = StatisticType(rawValue: 9)
    public static let fixingPrice = StatisticType(rawValue: 10)
    public static let closePrice = StatisticType(rawValue: 11)
    public static let netChange = StatisticType(rawValue: 12)
    public static let vwap = StatisticType(rawValue: 13)
    public static let volatility = StatisticType(rawValue: 14)
    public static let delta = StatisticType(rawValue: 15)
    public static let uncrossingPrice = StatisticType(rawValue: 16)
    public static let upperPriceLimit = StatisticType(rawValue: 17)
    public static let lowerPriceLimit = StatisticType(rawValue: 18)

    /// Databento's name; `statistic-N` for a number without one.
    public var name: String {
        Self.names.first { $0.0 == rawValue }?.1 ?? "statistic-\(rawValue)"
    }

    private static let names: [(UInt16, String)] = [
        (1, "opening_price"), (2, "indicative_opening_price"), (3, "settlement_price"),
        (4, "trading_session_low_price"), (5, "trading_session_high_price"), (6, "cleared_volume"),
        (7, "lowest_offer"), (8, "highest_bid"), (9, "open_interest"), (10, "fixing_price"), (11, "close_price"),
        (12, "net_change"), (13, "vwap"), (14, "volatility"), (15, "delta"), (16, "uncrossing_price"),
        (17, "upper_price_limit"), (18, "lower_price_limit"), (19, "block_volume"), (20, "indicative_close_price"),
        (21, "mwcb_level_1"), (22, "mwcb_level_2"), (23, "mwcb_level_3"), (24, "auction_collar_reference_price"),
        (25, "auction_collar_upper_price"), (26, "auction_collar_lower_price"), (10001, "venue_specific_volume_1"),
        (10002, "venue_specific_price_1"),
    ]
}

/// Whether a statistic is new or withdrawn. Open.
@frozen public struct StatisticUpdate: RawRepresentable, Hashable, BitwiseCopyable, Sendable {
    public let rawValue: UInt8
    @inlinable public init(rawValue: UInt8) { self.rawValue = rawValue }

    public static let new = StatisticUpdate(rawValue: 1)
    public static let delete = StatisticUpdate(rawValue: 2)
}
