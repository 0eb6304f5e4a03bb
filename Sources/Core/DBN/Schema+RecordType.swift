extension Schema {
    /// The type of the schema's records; nil for a schema without a name.
    public var recordType: RecordType? {
        switch self {
        case .mbo: .mbo
        case .mbp1, .tbbo: .mbp1
        case .mbp10: .mbp10
        case .trades: .trade
        case .ohlcv1s: .ohlcv1s
        case .ohlcv1m: .ohlcv1m
        case .ohlcv1h: .ohlcv1h
        case .ohlcv1d: .ohlcv1d
        case .ohlcvEndOfDay: .ohlcvEndOfDay
        case .definition: .instrumentDefinition
        case .statistics: .statistics
        case .status: .status
        case .imbalance: .imbalance
        case .cmbp1: .cmbp1
        case .tcbbo: .tcbbo
        case .cbbo1s: .cbbo1s
        case .cbbo1m: .cbbo1m
        case .bbo1s: .bbo1s
        case .bbo1m: .bbo1m
        default: nil
        }
    }
}
