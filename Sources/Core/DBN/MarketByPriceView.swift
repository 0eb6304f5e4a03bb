import Units

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

    /// Makes the `mbp-10` record that lies at `bytes` a whole group of its own, sent and received at `time`.
    public static func restamp(_ bytes: UnsafeMutableRawPointer, at time: Timestamp) {
        bytes.storeBytes(of: time.nanoseconds.littleEndian, toByteOffset: 8, as: UInt64.self)
        bytes.storeBytes(of: RecordFlags.last.rawValue, toByteOffset: 30, as: UInt8.self)
        bytes.storeBytes(of: time.nanoseconds.littleEndian, toByteOffset: 32, as: UInt64.self)
    }

    /// Level `index` of the book after this record (before it in `tbbo`). 0 is the best.
    @inlinable public func level(_ index: Int) -> BidAskPair { record.load(48 + 32 * index, as: BidAskPair.self) }
}

/// One price level of both sides, 32 bytes, by Databento's name. An empty side has `Int64.max` and zeros.
@frozen public struct BidAskPair: Hashable, BitwiseCopyable, Sendable {
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
