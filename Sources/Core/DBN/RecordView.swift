import Units

/// One DBN v3 record where it lies, without a copy. Valid only while its bytes are: a callback's parameter, never
/// stored.
///
///   offset 0       1       2              4               8
///          | len4  | rtype | publisher_id | instrument_id | ts_event (ns, venue) |   all little-endian
///
/// `len4` counts 4-byte words of the whole record. Fields are read unaligned: after v1 or v2 metadata records may start
/// at any byte. (DBN specification: https://databento.com/docs/standards-and-conventions/databento-binary-encoding)
@frozen public struct RecordView: @unchecked Sendable {
    /// The record's first byte.
    public let bytes: UnsafeRawPointer

    @inlinable public init(_ bytes: UnsafeRawPointer) { self.bytes = bytes }

    @inlinable public var byteCount: Int { Int(load(0, as: UInt8.self)) * 4 }
    @inlinable public var type: RecordType { RecordType(rawValue: load(1, as: UInt8.self)) }
    @inlinable public var publisherID: UInt16 { load(2, as: UInt16.self) }
    /// Databento's number of the only publisher of futures beside an options' dataset: GLBX.MDP3.GLBX.
    @inlinable public static var globex: UInt16 { 1 }
    @inlinable public var instrumentID: InstrumentID { InstrumentID(load(4, as: UInt32.self)) }
    /// When the venue says it happened.
    @inlinable public var eventTime: Timestamp { Timestamp(nanoseconds: load(8, as: UInt64.self)) }

    @inlinable public func load<T: BitwiseCopyable>(_ offset: Int, as type: T.Type) -> T {
        bytes.loadUnaligned(fromByteOffset: offset, as: type)
    }

    /// A text field: up to the first NUL, invalid UTF-8 repaired. Allocates.
    public func text(_ offset: Int, byteCount: Int) -> String {
        String(decoding: RecordFieldValue.text(bytes + offset, width: byteCount), as: UTF8.self)
    }

    /// Databento says that the receive time is wrong (`F_BAD_TS_RECV`), and it lies more than a minute behind the
    /// event: nothing may be dated by it. One of a snapshot tells of something older, and is dated by when it came.
    public var hasWrongReceiveTime: Bool {
        let flags: UInt8
        switch type {
        case .trade, .mbp1, .mbp10, .cmbp1, .tcbbo: flags = load(30, as: UInt8.self)
        case .mbo: flags = load(36, as: UInt8.self)
        default: return false
        }
        guard RecordFlags(rawValue: flags).intersection([.badReceiveTime, .snapshot]) == .badReceiveTime else {
            return false
        }
        return receiveTime.nanoseconds > eventTime.nanoseconds &+ 60_000_000_000
    }

    /// When Databento received it (`ts_recv`), or `ts_event` for the records that have no `ts_recv`: the time by which
    /// tapes are merged ("index timestamp").
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
