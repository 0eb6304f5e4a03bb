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

    /// Databento's name of the type, as in `mbp-10`; `rtype-N` for a number without one.
    public var name: String {
        Self.names.first { $0.0 == self }?.1 ?? "rtype-\(rawValue)"
    }

    /// The types this module knows, in the order of their numbers.
    public static var known: [RecordType] { names.map(\.0) }

    private static let names: [(RecordType, String)] = [
        (.trade, "mbp-0"), (.mbp1, "mbp-1"), (.mbp10, "mbp-10"), (.ohlcvDeprecated, "ohlcv"), (.status, "status"),
        (.instrumentDefinition, "instrument-def"), (.imbalance, "imbalance"), (.error, "error"),
        (.symbolMapping, "symbol-mapping"), (.system, "system"), (.statistics, "statistics"), (.ohlcv1s, "ohlcv-1s"),
        (.ohlcv1m, "ohlcv-1m"), (.ohlcv1h, "ohlcv-1h"), (.ohlcv1d, "ohlcv-1d"), (.ohlcvEndOfDay, "ohlcv-eod"),
        (.mbo, "mbo"), (.cmbp1, "cmbp-1"), (.cbbo1s, "cbbo-1s"), (.cbbo1m, "cbbo-1m"), (.tcbbo, "tcbbo"),
        (.bbo1s, "bbo-1s"), (.bbo1m, "bbo-1m"),
    ]
}
