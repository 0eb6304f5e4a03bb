import Units

/// An `mbo` record where it lies, 56 bytes: one order's event. Flags and channel come before action and side, unlike in
/// the market-by-price family.
///
///   16         24      32     36      37        38       39     40        48            52
///   | order_id | price | size | flags | channel | action | side | ts_recv | ts_in_delta | sequence |
@frozen public struct MarketByOrderView: @unchecked Sendable {
    public let record: RecordView

    @inlinable init(record: RecordView) { self.record = record }

    @inlinable public var orderID: UInt64 { record.load(16, as: UInt64.self) }
    @inlinable public var price: Price { Price(nanos: record.load(24, as: Int64.self)) }
    @inlinable public var size: UInt32 { record.load(32, as: UInt32.self) }
    @inlinable public var flags: RecordFlags { RecordFlags(rawValue: record.load(36, as: UInt8.self)) }
    @inlinable public var channelID: UInt8 { record.load(37, as: UInt8.self) }
    @inlinable public var action: Action { Action(rawValue: record.load(38, as: UInt8.self)) }
    @inlinable public var side: BookSide { BookSide(rawValue: record.load(39, as: UInt8.self)) }
    @inlinable public var receiveTime: Timestamp { Timestamp(nanoseconds: record.load(40, as: UInt64.self)) }
    /// From the venue's sending to Databento's receiving, in nanoseconds.
    @inlinable public var sendTimeDelta: Int32 { record.load(48, as: Int32.self) }
    @inlinable public var sequence: UInt32 { record.load(52, as: UInt32.self) }
}

extension RecordView {
    /// - Precondition: `type` is `.mbo`.
    @inlinable public var marketByOrder: MarketByOrderView { MarketByOrderView(record: self) }
}
