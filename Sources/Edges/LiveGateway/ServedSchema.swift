import DBN

/// Which schema a record of the tape is served as.
///
/// The record's type decides; `tbbo` and the oldest bars share types with others, and there the schema of their file
/// decides. Marks and messages of a recording are no market data: they are served as nothing.
struct ServedSchema {
    private static let none: UInt8 = 0xFF
    /// By record type: the schema's number.
    private let byType: [UInt8]

    init(file schema: Schema?) {
        var table = [UInt8](repeating: Self.none, count: 256)
        for (type, schema) in Self.schemas { table[Int(type.rawValue)] = UInt8(schema.rawValue) }
        if schema == .tbbo { table[Int(RecordType.mbp1.rawValue)] = UInt8(Schema.tbbo.rawValue) }
        let bars: [Schema] = [.ohlcv1s, .ohlcv1m, .ohlcv1h, .ohlcv1d]
        if let schema, bars.contains(schema) {
            table[Int(RecordType.ohlcvDeprecated.rawValue)] = UInt8(schema.rawValue)
        }
        byType = table
    }

    /// Nil for what is not served.
    @inline(__always)
    func of(_ type: RecordType) -> Schema? {
        let number = byType[Int(type.rawValue)]
        return number == Self.none ? nil : Schema(rawValue: UInt16(number))
    }

    private static let schemas: [(RecordType, Schema)] = [
        (.trade, .trades), (.mbp1, .mbp1), (.mbp10, .mbp10), (.mbo, .mbo), (.status, .status),
        (.instrumentDefinition, .definition), (.imbalance, .imbalance), (.statistics, .statistics),
        (.ohlcv1s, .ohlcv1s), (.ohlcv1m, .ohlcv1m), (.ohlcv1h, .ohlcv1h), (.ohlcv1d, .ohlcv1d),
        (.ohlcvEndOfDay, .ohlcvEndOfDay), (.cmbp1, .cmbp1), (.cbbo1s, .cbbo1s), (.cbbo1m, .cbbo1m),
        (.tcbbo, .tcbbo), (.bbo1s, .bbo1s), (.bbo1m, .bbo1m),
    ]
}
