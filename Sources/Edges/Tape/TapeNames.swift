import DBN
import Units

/// What the instruments of a set of files are called by their venue: raw symbols.
///
/// The metadata of a file says it, unless the file was asked for by other names (`ES.c.0`, an instrument id) or is the
/// recording of a live feed, which has no mappings. Then its symbol mappings and the definitions on the set say it.
public struct TapeNames: Sendable {
    /// Names in the files that may hold `mbp-10` records: those of that schema and mixed ones.
    public private(set) var withBooks = SymbolTable()
    /// Names in the other files.
    public private(set) var others = SymbolTable()
    /// Instruments of files with books for which no raw symbol was found, with the name that they were asked for by,
    /// or none.
    public private(set) var unnamed: [SymbolTable.Entry] = []

    /// How many records of a file with books are looked at; of a file of definitions all are.
    private static let leadingCount = 1 << 18
    private static let firstDay: UInt32 = 19_700_101
    private static let openEnd: UInt32 = 99_991_231

    public init(_ sources: [TapeSource]) {
        var wanted: [SymbolTable.Entry] = []
        for source in sources {
            guard let metadata = source.metadata else { continue }
            guard metadata.schema == .mbp10 || metadata.schema == nil else {
                others.add(metadata)
                continue
            }
            var own = SymbolTable()
            own.add(metadata)
            for entry in own.entries {
                if Self.isRaw(entry.symbol) { withBooks.add(entry) } else { wanted.append(entry) }
            }
            if own.entries.isEmpty { wanted += readMappings(source) }
        }
        resolve(wanted, sources)
    }

    /// Whether a name may be a raw symbol: no number, and no `ES.c.0` or `ES.FUT`.
    public static func isRaw(_ symbol: String) -> Bool {
        !symbol.contains(".") && !symbol.utf8.allSatisfy { (0x30...0x39).contains($0) }
    }

    /// Takes the symbol mappings in a file, of those instruments that have books in it if any has.
    /// - Returns: the instruments with books that no mapping names.
    private mutating func readMappings(_ source: TapeSource) -> [SymbolTable.Entry] {
        var mapped = SymbolTable()
        var withBook: [InstrumentID] = []
        var seen: Set<InstrumentID> = []
        Self.scan(source, limit: Self.leadingCount) { record in
            if record.type == .symbolMapping {
                mapped.add(record, dataset: source.dataset)
            } else if record.type == .mbp10, seen.insert(record.instrumentID).inserted {
                withBook.append(record.instrumentID)
            }
        }
        var named: Set<InstrumentID> = []
        for entry in mapped.entries where Self.isRaw(entry.symbol) {
            guard seen.isEmpty || seen.contains(entry.instrument) else { continue }
            named.insert(entry.instrument)
            withBooks.add(entry.from(max(entry.startDate, Self.firstDay)))
        }
        return withBook.filter { !named.contains($0) }.map {
            SymbolTable.Entry(
                dataset: source.dataset, instrument: $0, symbol: "", startDate: Self.firstDay, endDate: Self.openEnd)
        }
    }

    /// Looks instruments up in the definitions and mappings of their datasets: what one meant at the start of its days,
    /// else the first that it meant.
    private mutating func resolve(_ wanted: [SymbolTable.Entry], _ sources: [TapeSource]) {
        guard !wanted.isEmpty else { return }
        var learned = SymbolTable()
        for source in sources {
            guard let metadata = source.metadata, metadata.schema == .definition || metadata.schema == nil else {
                continue
            }
            let own = Set(wanted.filter { $0.dataset == source.dataset }.map(\.instrument))
            guard !own.isEmpty else { continue }
            Self.scan(source, limit: metadata.schema == nil ? Self.leadingCount : .max) { record in
                guard record.type == .instrumentDefinition || record.type == .symbolMapping,
                    own.contains(record.instrumentID)
                else { return }
                learned.add(record, dataset: source.dataset)
            }
        }
        for entry in wanted {
            let found = learned.entries.filter {
                $0.instrument == entry.instrument && $0.dataset == entry.dataset && Self.isRaw($0.symbol)
            }
            let current = found.filter { $0.startDate <= entry.startDate }.max { $0.startDate < $1.startDate }
            if let name = (current ?? found.first)?.symbol {
                withBooks.add(entry.named(name))
            } else {
                unnamed.append(entry)
            }
        }
    }

    /// Reads records of a file. What is wrong with it is said when its records are due.
    private static func scan(_ source: TapeSource, limit: Int, _ body: (RecordView) -> Void) {
        do throws(TapeError) {
            var file = try TapeFile.open(source.path)
            var count = 0
            while count < limit, let record = try file.next() {
                body(record)
                count += 1
            }
        } catch {}
    }
}

extension SymbolTable.Entry {
    /// The same from another day on.
    fileprivate func from(_ day: UInt32) -> Self {
        Self(dataset: dataset, instrument: instrument, symbol: symbol, startDate: day, endDate: endDate)
    }

    /// The same with another name.
    fileprivate func named(_ name: String) -> Self {
        Self(dataset: dataset, instrument: instrument, symbol: name, startDate: startDate, endDate: endDate)
    }
}
