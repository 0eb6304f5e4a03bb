import Units

/// A version 3 instrument definition where it lies, 520 bytes. The fields that trading needs; the rest is in
/// `RecordFields`. Offsets are those of the layout table, which a test holds them to. Texts allocate.
@frozen public struct InstrumentDefinitionView: @unchecked Sendable {
    public let record: RecordView

    @inlinable init(record: RecordView) { self.record = record }

    public var rawSymbol: String { record.text(238, byteCount: 71) }
    public var asset: String { record.text(335, byteCount: 11) }
    public var group: String { record.text(309, byteCount: 21) }
    public var exchange: String { record.text(330, byteCount: 5) }
    public var securityType: String { record.text(353, byteCount: 7) }
    public var currency: String { record.text(224, byteCount: 4) }
    public var unitOfMeasure: String { record.text(360, byteCount: 31) }
    /// The symbol of the underlying, of options and spreads.
    public var underlying: String { record.text(391, byteCount: 21) }

    @inlinable public var receiveTime: Timestamp { Timestamp(nanoseconds: record.load(16, as: UInt64.self)) }
    @inlinable public var instrumentClass: InstrumentClass {
        InstrumentClass(rawValue: record.load(487, as: UInt8.self))
    }
    @inlinable public var updateAction: SecurityUpdateAction {
        SecurityUpdateAction(rawValue: record.load(493, as: UInt8.self))
    }
    @inlinable public var minimumPriceIncrement: Price { Price(nanos: record.load(24, as: Int64.self)) }
    /// What a displayed price has to be multiplied by, in 1e-9.
    @inlinable public var displayFactor: Price { Price(nanos: record.load(32, as: Int64.self)) }
    @inlinable public var expiration: Timestamp { Timestamp(nanoseconds: record.load(40, as: UInt64.self)) }
    @inlinable public var activation: Timestamp { Timestamp(nanoseconds: record.load(48, as: UInt64.self)) }
    @inlinable public var highLimitPrice: Price { Price(nanos: record.load(56, as: Int64.self)) }
    @inlinable public var lowLimitPrice: Price { Price(nanos: record.load(64, as: Int64.self)) }
    /// In 1e-9. Of CME futures this is the money multiplier: 50 for ES; the contract multiplier is unset there.
    @inlinable public var unitOfMeasureQuantity: Price { Price(nanos: record.load(80, as: Int64.self)) }
    @inlinable public var strikePrice: Price { Price(nanos: record.load(104, as: Int64.self)) }
    @inlinable public var rawInstrumentID: UInt64 { record.load(112, as: UInt64.self) }
    @inlinable public var underlyingID: InstrumentID { InstrumentID(record.load(140, as: UInt32.self)) }
    /// `Int32.max` when unset.
    @inlinable public var contractMultiplier: Int32 { record.load(176, as: Int32.self) }
    /// `Int32.max` when unset.
    @inlinable public var originalContractSize: Int32 { record.load(184, as: Int32.self) }
    /// `UInt16.max` when unset.
    @inlinable public var maturityYear: UInt16 { record.load(214, as: UInt16.self) }
    /// `UInt8.max` when unset.
    @inlinable public var maturityMonth: UInt8 { record.load(494, as: UInt8.self) }
    @inlinable public var maturityDay: UInt8 { record.load(495, as: UInt8.self) }
    /// 0 for an outright instrument.
    @inlinable public var legCount: UInt16 { record.load(220, as: UInt16.self) }
    @inlinable public var legIndex: UInt16 { record.load(222, as: UInt16.self) }
    @inlinable public var legInstrumentID: InstrumentID { InstrumentID(record.load(188, as: UInt32.self)) }
    public var legRawSymbol: String { record.text(416, byteCount: 71) }
    @inlinable public var legSide: BookSide { BookSide(rawValue: record.load(502, as: UInt8.self)) }
}

extension RecordView {
    /// - Precondition: `type` is `.instrumentDefinition`, of version 3.
    @inlinable public var instrumentDefinition: InstrumentDefinitionView { InstrumentDefinitionView(record: self) }
}
