import DBN
import MarketCalendar
import Tape
import Units

/// The metadata of the tape that a run writes.
enum RunMetadata {
    /// Of a run over recorded tape: every raw symbol that its files give an instrument, except futures that only files
    /// without books name. (The contracts of a run are those with books; see `MarketSetup`.)
    static func of(_ sources: [TapeSource]) -> DBNMetadata {
        let all = sources.compactMap(\.metadata)
        let start = all.map(\.start).min() ?? Timestamp(nanoseconds: 0)
        let names = TapeNames(sources)
        let reference = UTCDay.date(of: start)
        var entries = names.withBooks.entries
        for entry in names.others.entries where TapeNames.isRaw(entry.symbol) {
            if FuturesContract(entry.symbol, near: reference) == nil, !entries.contains(entry) { entries.append(entry) }
        }
        return DBNMetadata(
            dataset: all.first?.dataset ?? "", schema: nil, start: start, stypeIn: .rawSymbol,
            stypeOut: .instrumentID, symbols: [], mappings: mappings(entries))
    }

    private static func mappings(_ entries: [SymbolTable.Entry]) -> [SymbolMapping] {
        var bySymbol: [String: [MappingInterval]] = [:]
        for entry in entries {
            bySymbol[entry.symbol, default: []].append(
                MappingInterval(
                    startDate: entry.startDate, endDate: entry.endDate, symbol: "\(entry.instrument.raw)"))
        }
        return bySymbol.keys.sorted().map { SymbolMapping(rawSymbol: $0, intervals: bySymbol[$0] ?? []) }
    }
}
