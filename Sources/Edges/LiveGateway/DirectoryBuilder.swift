import DBN
import Tape
import Units

/// Learns the names of a dataset's instruments from metadata, definitions and symbol mappings.
struct DirectoryBuilder {
    private var names: [UInt32: [(begin: UInt64, symbol: String)]] = [:]
    private var details: [String: SymbolDirectory.Details] = [:]
    /// Names such as `ES.c.0`, which an id bears only if it has no other.
    private var aliases: [UInt32: [(begin: UInt64, symbol: String)]] = [:]
    private var nameless: Set<UInt32> = []
    private var lastSeen: UInt32?

    /// Learns the mappings of a file, in whichever direction they go: symbol to id, or id to symbol.
    mutating func add(_ metadata: DBNMetadata) {
        let symbolsAreKeys = metadata.stypeOut != .rawSymbol
        let isAlias = metadata.stypeIn == .continuous
        for mapping in metadata.mappings {
            for interval in mapping.intervals {
                guard let id = UInt32(symbolsAreKeys ? interval.symbol : mapping.rawSymbol) else { continue }
                let symbol = symbolsAreKeys ? mapping.rawSymbol : interval.symbol
                add(id, symbol, from: UTCDay.begin(of: interval.startDate)?.nanoseconds ?? 0, isAlias: isAlias)
            }
        }
    }

    /// Learns from a definition or a symbol mapping; of other records, that their instrument exists.
    mutating func add(_ record: RecordView) {
        let id = record.instrumentID.raw
        switch record.type {
        case .instrumentDefinition:
            let definition = record.instrumentDefinition
            let symbol = definition.rawSymbol
            add(id, symbol, from: Self.beginOfDay(record.receiveTime))
            details[symbol] = SymbolDirectory.Details(
                instrumentClass: definition.instrumentClass, asset: definition.asset,
                expiration: definition.expiration.nanoseconds)
        case .symbolMapping:
            add(id, record.symbolMapping.outputSymbol, from: Self.beginOfDay(record.receiveTime))
        case .system, .error: break
        default:
            // Most records follow one of the same instrument.
            if id != lastSeen { nameless.insert(id) }
            lastSeen = id
        }
    }

    /// A file without mappings that is said to hold one symbol.
    mutating func add(_ id: UInt32, _ symbol: String) { add(id, symbol, from: 0) }

    consuming func build() -> SymbolDirectory {
        for (id, spans) in aliases where names[id] == nil { names[id] = spans }
        // Of an instrument that has no name the id is the name.
        for id in nameless where names[id] == nil { names[id] = [(0, "\(id)")] }
        return SymbolDirectory(names: names, details: details)
    }

    private mutating func add(_ id: UInt32, _ symbol: String, from begin: UInt64, isAlias: Bool = false) {
        guard !symbol.isEmpty else { return }
        if isAlias {
            aliases[id, default: []].append((begin, symbol))
        } else if let last = names[id]?.last, last.symbol == symbol, last.begin <= begin {
            // The same definition again, as on most days.
            return
        } else {
            names[id, default: []].append((begin, symbol))
        }
    }

    private static func beginOfDay(_ time: Timestamp) -> UInt64 {
        time.isDefined ? time.nanoseconds / Timestamp.nanosecondsPerDay * Timestamp.nanosecondsPerDay : 0
    }
}
