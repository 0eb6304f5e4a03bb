/// The `rtype` byte of a DBN record. Open: Databento adds values, and an unknown one is skipped and counted.
@frozen public struct RecordType: RawRepresentable, Hashable, BitwiseCopyable, Sendable {
    public let rawValue: UInt8
    @inlinable public init(rawValue: UInt8) { self.rawValue = rawValue }

    @inlinable public static var trade: RecordType { .init(rawValue: 0x00) }
    @inlinable public static var mbp1: RecordType { .init(rawValue: 0x01) }
    @inlinable public static var mbp10: RecordType { .init(rawValue: 0x0A) }
    @inlinable public static var ohlcvDeprecated: RecordType { .init(rawValue: 0x11) }
    @inlinable public static var status: RecordType { .init(rawValue: 0x12) }
    @inlinable public static var instrumentDefinition: RecordType { .init(rawValue: 0x13) }
    @inlinable public static var imbalance: RecordType { .init(rawValue: 0x14) }
    @inlinable public static var error: RecordType { .init(rawValue: 0x15) }
    @inlinable public static var symbolMapping: RecordType { .init(rawValue: 0x16) }
    @inlinable public static var system: RecordType { .init(rawValue: 0x17) }
    @inlinable public static var statistics: RecordType { .init(rawValue: 0x18) }
    @inlinable public static var ohlcv1s: RecordType { .init(rawValue: 0x20) }
    @inlinable public static var ohlcv1m: RecordType { .init(rawValue: 0x21) }
    @inlinable public static var ohlcv1h: RecordType { .init(rawValue: 0x22) }
    @inlinable public static var ohlcv1d: RecordType { .init(rawValue: 0x23) }
    @inlinable public static var ohlcvEndOfDay: RecordType { .init(rawValue: 0x24) }
    @inlinable public static var mbo: RecordType { .init(rawValue: 0xA0) }
    @inlinable public static var cmbp1: RecordType { .init(rawValue: 0xB1) }
    @inlinable public static var cbbo1s: RecordType { .init(rawValue: 0xC0) }
    @inlinable public static var cbbo1m: RecordType { .init(rawValue: 0xC1) }
    @inlinable public static var tcbbo: RecordType { .init(rawValue: 0xC2) }
    @inlinable public static var bbo1s: RecordType { .init(rawValue: 0xC3) }
    @inlinable public static var bbo1m: RecordType { .init(rawValue: 0xC4) }
}
