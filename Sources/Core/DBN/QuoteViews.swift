import Units

/// A `bbo-1s` or `bbo-1m` record where it lies, 80 bytes: the best bid and offer at the end of an interval, and the
/// last trade.
///
///   16      24     28 29     30      31 32        40 44         48
///   | price | size | | side | flags | | ts_recv |   | sequence | level |
@frozen public struct BestQuoteView: @unchecked Sendable {
    public let record: RecordView

    @inlinable init(record: RecordView) { self.record = record }

    /// Of the last trade; undefined if there was none.
    @inlinable public var price: Price { Price(nanos: record.load(16, as: Int64.self)) }
    @inlinable public var size: UInt32 { record.load(24, as: UInt32.self) }
    @inlinable public var side: BookSide { BookSide(rawValue: record.load(29, as: UInt8.self)) }
    @inlinable public var flags: RecordFlags { RecordFlags(rawValue: record.load(30, as: UInt8.self)) }
    /// The end of the interval.
    @inlinable public var receiveTime: Timestamp { Timestamp(nanoseconds: record.load(32, as: UInt64.self)) }
    @inlinable public var sequence: UInt32 { record.load(44, as: UInt32.self) }
    @inlinable public var level: BidAskPair { record.load(48, as: BidAskPair.self) }
}

/// A `cmbp-1`, `tcbbo`, `cbbo-1s` or `cbbo-1m` record where it lies, 80 bytes: the best bid and offer over several
/// venues.
///
///   16      24     28       29     30      31 32        40            44 48
///   | price | size | action | side | flags | | ts_recv | ts_in_delta |  | level with publishers |
///
/// The interval records, `cbbo-…`, have no action and no delta.
@frozen public struct ConsolidatedQuoteView: @unchecked Sendable {
    public let record: RecordView

    @inlinable init(record: RecordView) { self.record = record }

    @inlinable public var price: Price { Price(nanos: record.load(16, as: Int64.self)) }
    @inlinable public var size: UInt32 { record.load(24, as: UInt32.self) }
    @inlinable public var action: Action { Action(rawValue: record.load(28, as: UInt8.self)) }
    @inlinable public var side: BookSide { BookSide(rawValue: record.load(29, as: UInt8.self)) }
    @inlinable public var flags: RecordFlags { RecordFlags(rawValue: record.load(30, as: UInt8.self)) }
    @inlinable public var receiveTime: Timestamp { Timestamp(nanoseconds: record.load(32, as: UInt64.self)) }
    @inlinable public var sendTimeDelta: Int32 { record.load(40, as: Int32.self) }
    @inlinable public var bidPrice: Price { Price(nanos: record.load(48, as: Int64.self)) }
    @inlinable public var askPrice: Price { Price(nanos: record.load(56, as: Int64.self)) }
    @inlinable public var bidSize: UInt32 { record.load(64, as: UInt32.self) }
    @inlinable public var askSize: UInt32 { record.load(68, as: UInt32.self) }
    /// The venue of the best bid.
    @inlinable public var bidPublisherID: UInt16 { record.load(72, as: UInt16.self) }
    /// The venue of the best offer.
    @inlinable public var askPublisherID: UInt16 { record.load(76, as: UInt16.self) }
}

/// An `ohlcv` record where it lies, 56 bytes. `eventTime` is the start of the bar.
///
///   16     24     32    40      48
///   | open | high | low | close | volume |
@frozen public struct BarView: @unchecked Sendable {
    public let record: RecordView

    @inlinable init(record: RecordView) { self.record = record }

    @inlinable public var open: Price { Price(nanos: record.load(16, as: Int64.self)) }
    @inlinable public var high: Price { Price(nanos: record.load(24, as: Int64.self)) }
    @inlinable public var low: Price { Price(nanos: record.load(32, as: Int64.self)) }
    @inlinable public var close: Price { Price(nanos: record.load(40, as: Int64.self)) }
    @inlinable public var volume: UInt64 { record.load(48, as: UInt64.self) }
}

extension RecordView {
    /// - Precondition: `type` is `.bbo1s` or `.bbo1m`.
    @inlinable public var bestQuote: BestQuoteView { BestQuoteView(record: self) }
    /// - Precondition: `type` is `.cmbp1`, `.tcbbo`, `.cbbo1s` or `.cbbo1m`.
    @inlinable public var consolidatedQuote: ConsolidatedQuoteView { ConsolidatedQuoteView(record: self) }
    /// - Precondition: `type` is one of the `.ohlcv…`.
    @inlinable public var bar: BarView { BarView(record: self) }
}
