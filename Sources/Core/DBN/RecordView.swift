import Units

/// One DBN v3 record where it lies, without a copy. Valid only while its bytes are: a callback's parameter, never stored.
///
///   offset 0       1       2              4               8
///          | len4  | rtype | publisher_id | instrument_id | ts_event (ns, venue) |   all little-endian
///
/// `len4` counts 4-byte words of the whole record. Fields are read unaligned: after v1 or v2 metadata records may start at
/// any byte. (DBN specification: https://databento.com/docs/standards-and-conventions/databento-binary-encoding)
@frozen public struct RecordView: @unchecked Sendable {
    /// The record's first byte.
    public let bytes: UnsafeRawPointer

    @inlinable public init(_ bytes: UnsafeRawPointer) { self.bytes = bytes }

    @inlinable public var byteCount: Int { Int(load(0, as: UInt8.self)) * 4 }
    @inlinable public var type: RecordType { RecordType(rawValue: load(1, as: UInt8.self)) }
    @inlinable public var publisherID: UInt16 { load(2, as: UInt16.self) }
    @inlinable public var instrumentID: InstrumentID { InstrumentID(load(4, as: UInt32.self)) }
    /// When the venue says it happened.
    @inlinable public var eventTime: Timestamp { Timestamp(nanoseconds: load(8, as: UInt64.self)) }

    @inlinable public func load<T: BitwiseCopyable>(_ offset: Int, as type: T.Type) -> T {
        bytes.loadUnaligned(fromByteOffset: offset, as: type)
    }

    /// When Databento received it (`ts_recv`), or `ts_event` for the records that have no `ts_recv`: the time by which tapes
    /// are merged ("index timestamp").
    @inlinable public var receiveTime: Timestamp {
        switch type {
        case .trade, .mbp1, .mbp10, .cmbp1, .tcbbo, .bbo1s, .bbo1m, .cbbo1s, .cbbo1m:
            Timestamp(nanoseconds: load(32, as: UInt64.self))
        case .mbo:
            Timestamp(nanoseconds: load(40, as: UInt64.self))
        case .instrumentDefinition, .status, .statistics, .imbalance:
            Timestamp(nanoseconds: load(16, as: UInt64.self))
        default:
            eventTime
        }
    }

    /// When the gateway sent it (`ts_out`): the last eight bytes.
    /// - Precondition: the stream's metadata says that its records have a send time.
    @inlinable public var sendTime: Timestamp { Timestamp(nanoseconds: load(byteCount - 8, as: UInt64.self)) }

    /// This record as one of the market-by-price family.
    /// - Precondition: `type` is `.trade`, `.mbp1` or `.mbp10`, and the record has at least that type's length.
    @inlinable public var marketByPrice: MarketByPriceView { MarketByPriceView(record: self) }
}

/// A `trades`, `mbp-1`, `tbbo` or `mbp-10` record where it lies: 48 bytes, then 0, 1 or 10 levels of 32 bytes.
///
///   16      24     28       29     30      31      32        40            44         48
///   | price | size | action | side | flags | depth | ts_recv | ts_in_delta | sequence | levels …
@frozen public struct MarketByPriceView: @unchecked Sendable {
    public let record: RecordView

    @inlinable init(record: RecordView) { self.record = record }

    @inlinable public var price: Price { Price(nanos: record.load(16, as: Int64.self)) }
    @inlinable public var size: UInt32 { record.load(24, as: UInt32.self) }
    @inlinable public var action: Action { Action(rawValue: record.load(28, as: UInt8.self)) }
    /// Of a trade: the aggressor's side.
    @inlinable public var side: BookSide { BookSide(rawValue: record.load(29, as: UInt8.self)) }
    @inlinable public var flags: RecordFlags { RecordFlags(rawValue: record.load(30, as: UInt8.self)) }
    @inlinable public var depth: UInt8 { record.load(31, as: UInt8.self) }
    @inlinable public var receiveTime: Timestamp { Timestamp(nanoseconds: record.load(32, as: UInt64.self)) }
    @inlinable public var sendTimeDelta: Int32 { record.load(40, as: Int32.self) }
    @inlinable public var sequence: UInt32 { record.load(44, as: UInt32.self) }

    /// Level `index` of the book after this record (before it in `tbbo`). 0 is the best.
    @inlinable public func level(_ index: Int) -> BookLevel { record.load(48 + 32 * index, as: BookLevel.self) }
}

/// One price level of both sides (`BidAskPair`), 32 bytes. An empty side has `Int64.max` and zeros.
@frozen public struct BookLevel: Hashable, BitwiseCopyable, Sendable {
    public var bidPrice: Int64
    public var askPrice: Int64
    public var bidSize: UInt32
    public var askSize: UInt32
    public var bidCount: UInt32
    public var askCount: UInt32

    @inlinable public init(
        bidPrice: Int64 = .max, askPrice: Int64 = .max, bidSize: UInt32 = 0, askSize: UInt32 = 0, bidCount: UInt32 = 0,
        askCount: UInt32 = 0
    ) {
        self.bidPrice = bidPrice
        self.askPrice = askPrice
        self.bidSize = bidSize
        self.askSize = askSize
        self.bidCount = bidCount
        self.askCount = askCount
    }
}
