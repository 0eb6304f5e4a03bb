import DBN
import Units

/// Which instrument an id stood for on which days, from metadata, symbol mappings and definitions.
///
/// Ids are unique within one dataset and one day only, so every question names both.
public struct SymbolTable: Sendable {
    /// One name of one id.
    public struct Entry: Equatable, Sendable {
        public let dataset: String
        public let instrument: InstrumentID
        public let symbol: String
        /// YYYYMMDD, UTC.
        public let startDate: UInt32
        /// YYYYMMDD, exclusive.
        public let endDate: UInt32
    }

    private static let openEnd: UInt32 = 99_991_231

    /// In the order they were learned.
    public private(set) var entries: [Entry] = []
    private var byInstrument: [Key: [Int]] = [:]
    private var bySymbol: [String: [Int]] = [:]

    private struct Key: Hashable {
        let dataset: String
        let instrument: InstrumentID
    }

    public init() {}

    /// Learns the mappings of a file, in whichever direction they go: symbol to id, or id to symbol.
    public mutating func add(_ metadata: DBNMetadata) {
        let symbolsAreKeys = metadata.stypeOut != .rawSymbol
        for mapping in metadata.mappings {
            for interval in mapping.intervals {
                let id = UInt32(symbolsAreKeys ? interval.symbol : mapping.rawSymbol)
                guard let id else { continue }
                add(Entry(
                    dataset: metadata.dataset, instrument: InstrumentID(id),
                    symbol: symbolsAreKeys ? mapping.rawSymbol : interval.symbol,
                    startDate: interval.startDate, endDate: interval.endDate))
            }
        }
    }

    /// Learns from a symbol mapping or a definition of version 3; other records teach nothing.
    public mutating func add(_ record: RecordView, dataset: String) {
        switch record.type {
        case .symbolMapping where record.byteCount >= 176:
            let start = record.load(160, as: UInt64.self)
            let end = record.load(168, as: UInt64.self)
            add(Entry(
                dataset: dataset, instrument: record.instrumentID, symbol: Self.text(record, offset: 89, byteCount: 71),
                startDate: start == .max ? 0 : UTCDay.yyyymmdd(of: Timestamp(nanoseconds: start)),
                endDate: end == .max ? Self.openEnd : UTCDay.after(Timestamp(nanoseconds: end))))
        case .instrumentDefinition where record.byteCount >= 520:
            add(Entry(
                dataset: dataset, instrument: record.instrumentID, symbol: Self.text(record, offset: 238, byteCount: 71),
                startDate: UTCDay.yyyymmdd(of: record.receiveTime), endDate: Self.openEnd))
        default:
            break
        }
    }

    public mutating func add(_ entry: Entry) {
        guard !entry.symbol.isEmpty else { return }
        let key = Key(dataset: entry.dataset, instrument: entry.instrument)
        if byInstrument[key, default: []].contains(where: { entries[$0] == entry }) { return }
        byInstrument[key, default: []].append(entries.count)
        bySymbol[entry.symbol, default: []].append(entries.count)
        entries.append(entry)
    }

    /// The symbol of an id at a time; of several the one that began last. Nil when unknown.
    public func symbol(of instrument: InstrumentID, in dataset: String, at time: Timestamp) -> String? {
        let date = UTCDay.yyyymmdd(of: time)
        let candidates = byInstrument[Key(dataset: dataset, instrument: instrument), default: []].map { entries[$0] }
        let valid = candidates.filter { $0.startDate <= date && date < $0.endDate }
        return valid.max { $0.startDate < $1.startDate }?.symbol
    }

    /// Every id that ever had this symbol, in the order learned.
    public func entries(named symbol: String) -> [Entry] { bySymbol[symbol, default: []].map { entries[$0] } }

    /// Every symbol, sorted, once.
    public var symbols: [String] { bySymbol.keys.sorted() }

    private static func text(_ record: RecordView, offset: Int, byteCount: Int) -> String {
        let field = UnsafeRawBufferPointer(start: record.bytes + offset, count: byteCount)
        return String(decoding: field.prefix { $0 != 0 }, as: UTF8.self)
    }
}
