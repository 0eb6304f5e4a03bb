import Units

/// A `status` record where it lies, 40 bytes.
///
///   16        24       26       28              30           31           32                 33
///   | ts_recv | action | reason | trading_event | is_trading | is_quoting | short restricted | zero |
@frozen public struct StatusView: @unchecked Sendable {
    public let record: RecordView

    @inlinable init(record: RecordView) { self.record = record }

    @inlinable public var receiveTime: Timestamp { Timestamp(nanoseconds: record.load(16, as: UInt64.self)) }
    @inlinable public var action: StatusAction { StatusAction(rawValue: record.load(24, as: UInt16.self)) }
    @inlinable public var reason: StatusReason { StatusReason(rawValue: record.load(26, as: UInt16.self)) }
    @inlinable public var tradingEvent: TradingEvent { TradingEvent(rawValue: record.load(28, as: UInt16.self)) }
    @inlinable public var isTrading: TriState { TriState(rawValue: record.load(30, as: UInt8.self)) }
    @inlinable public var isQuoting: TriState { TriState(rawValue: record.load(31, as: UInt8.self)) }
    @inlinable public var isShortSellRestricted: TriState { TriState(rawValue: record.load(32, as: UInt8.self)) }
}

/// A version 3 `statistics` record where it lies, 80 bytes.
///
///   16        24       32      40         48         52            56          58        60       61      62
///   | ts_recv | ts_ref | price | quantity | sequence | ts_in_delta | stat_type | channel | update | flags | zero |
@frozen public struct StatisticsView: @unchecked Sendable {
    public let record: RecordView

    @inlinable init(record: RecordView) { self.record = record }

    @inlinable public var receiveTime: Timestamp { Timestamp(nanoseconds: record.load(16, as: UInt64.self)) }
    /// The time the statistic is about; of settlements and volumes the trading date, at midnight UTC.
    @inlinable public var referenceTime: Timestamp { Timestamp(nanoseconds: record.load(24, as: UInt64.self)) }
    @inlinable public var price: Price { Price(nanos: record.load(32, as: Int64.self)) }
    /// `Undefined.statisticQuantity` when the statistic is a price.
    @inlinable public var quantity: Int64 { record.load(40, as: Int64.self) }
    @inlinable public var sequence: UInt32 { record.load(48, as: UInt32.self) }
    @inlinable public var sendTimeDelta: Int32 { record.load(52, as: Int32.self) }
    @inlinable public var type: StatisticType { StatisticType(rawValue: record.load(56, as: UInt16.self)) }
    @inlinable public var channelID: UInt16 { record.load(58, as: UInt16.self) }
    @inlinable public var update: StatisticUpdate { StatisticUpdate(rawValue: record.load(60, as: UInt8.self)) }
    /// The venue's own bits; of a CME settlement bit 0 says final.
    @inlinable public var flags: UInt8 { record.load(61, as: UInt8.self) }
}

/// An `imbalance` record where it lies, 112 bytes: the state of an auction.
///
///   16        24          32             40 … 80       88           92                96                 100
///   | ts_recv | ref_price | auction_time | six prices | paired_qty | total imbalance | market imbalance | unpaired |
///   104            105    106      107      108          109             110
///   | auction_type | side | status | freeze | extensions | unpaired side | significant imbalance | zero |
@frozen public struct ImbalanceView: @unchecked Sendable {
    public let record: RecordView

    @inlinable init(record: RecordView) { self.record = record }

    @inlinable public var receiveTime: Timestamp { Timestamp(nanoseconds: record.load(16, as: UInt64.self)) }
    @inlinable public var referencePrice: Price { Price(nanos: record.load(24, as: Int64.self)) }
    @inlinable public var auctionTime: Timestamp { Timestamp(nanoseconds: record.load(32, as: UInt64.self)) }
    /// The price at which the auction and the continuous book together would clear.
    @inlinable public var continuousBookClearingPrice: Price { Price(nanos: record.load(40, as: Int64.self)) }
    /// The price at which the auction alone would clear.
    @inlinable public var auctionClearingPrice: Price { Price(nanos: record.load(48, as: Int64.self)) }
    @inlinable public var indicativeMatchPrice: Price { Price(nanos: record.load(64, as: Int64.self)) }
    @inlinable public var upperCollar: Price { Price(nanos: record.load(72, as: Int64.self)) }
    @inlinable public var lowerCollar: Price { Price(nanos: record.load(80, as: Int64.self)) }
    @inlinable public var pairedQuantity: UInt32 { record.load(88, as: UInt32.self) }
    @inlinable public var totalImbalance: UInt32 { record.load(92, as: UInt32.self) }
    @inlinable public var auctionType: UInt8 { record.load(104, as: UInt8.self) }
    @inlinable public var side: BookSide { BookSide(rawValue: record.load(105, as: UInt8.self)) }
}

extension RecordView {
    /// - Precondition: `type` is `.status`.
    @inlinable public var status: StatusView { StatusView(record: self) }
    /// - Precondition: `type` is `.statistics`, of version 3.
    @inlinable public var statistics: StatisticsView { StatisticsView(record: self) }
    /// - Precondition: `type` is `.imbalance`.
    @inlinable public var imbalance: ImbalanceView { ImbalanceView(record: self) }
}
