import DBN
import Units

/// Drops `trades` records of instruments whose `mbp-10` records, which hold the same trades, are in the set too.
struct TradeFilter {
    /// False when the files cannot hold both: then nothing needs to be asked.
    let isActive: Bool
    /// Dataset rank and instrument id of those with `mbp-10`: by metadata, or seen so far.
    private var booked: Set<UInt64> = []
    private var lastBooked: UInt64 = .max

    init(_ sources: [TapeSource], _ datasetRanks: [UInt64]) {
        let schemas = sources.map(\.schema)
        isActive = schemas.contains { $0 == .trades || $0 == nil } && schemas.contains { $0 == .mbp10 || $0 == nil }
        guard isActive else { return }
        for (source, dataset) in zip(sources, datasetRanks) where source.schema == .mbp10 {
            for id in Self.instruments(of: source) { booked.insert(Self.key(id, dataset)) }
        }
    }

    mutating func drops(_ record: RecordView, _ dataset: UInt64) -> Bool {
        switch record.type {
        case .mbp10:
            let key = Self.key(record.instrumentID.raw, dataset)
            if key != lastBooked {
                booked.insert(key)
                lastBooked = key
            }
            return false
        case .trade:
            return booked.contains(Self.key(record.instrumentID.raw, dataset))
        default:
            return false
        }
    }

    private static func key(_ instrument: UInt32, _ dataset: UInt64) -> UInt64 { dataset << 32 | UInt64(instrument) }

    /// The ids in the mappings, in either direction, and that of the first record.
    private static func instruments(of source: TapeSource) -> [UInt32] {
        let mappings = source.metadata?.mappings ?? []
        let texts = mappings.flatMap { mapping in [mapping.rawSymbol] + mapping.intervals.map(\.symbol) }
        let first = source.firstRecord.withUnsafeBytes { bytes in
            bytes.isEmpty ? [] : [bytes.loadUnaligned(fromByteOffset: 4, as: UInt32.self)]
        }
        return texts.compactMap { UInt32($0) } + first
    }
}
