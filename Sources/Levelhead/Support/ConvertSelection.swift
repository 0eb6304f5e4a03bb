import DBN
import Tape
import Units

/// Which records a conversion takes.
struct RecordSelection {
    let schema: Schema?
    let symbols: [String]
    let from: Timestamp?
    let to: Timestamp?

    func takesTime(of record: RecordView) -> Bool {
        let time = record.receiveTime
        if let from, time < from { return false }
        if let to, time >= to { return false }
        return true
    }
}

/// Which instruments are among the symbols asked for. What the file's metadata does not say is learned from its
/// records.
struct InstrumentSelection {
    private let wanted: [String]
    private let wantedIDs: Set<UInt32>
    private let dataset: String
    private var table = SymbolTable()
    /// Answers for one UTC day: ids may mean something else on the next.
    private var answers: [UInt32: Bool] = [:]
    private var answersDay: UInt64 = .max
    private var seenIDs: Set<UInt32> = []

    /// - Throws: a symbol that the metadata, when it has any mappings, do not know.
    init(_ symbols: [String], _ metadata: DBNMetadata?, path: String) throws(ConvertError) {
        wanted = symbols
        wantedIDs = Set(symbols.compactMap { UInt32($0) })
        dataset = metadata?.dataset ?? ""
        if let metadata { table.add(metadata) }
        guard metadata?.schema != nil, !table.entries.isEmpty else { return }
        try checkKnown(path: path)
    }

    mutating func takes(_ record: RecordView) -> Bool {
        guard !wanted.isEmpty else { return true }
        if record.type == .symbolMapping || record.type == .instrumentDefinition {
            table.add(record, dataset: dataset)
            answers.removeAll(keepingCapacity: true)
        }
        let time = record.receiveTime.isDefined ? record.receiveTime : record.eventTime
        let day = time.nanoseconds / Timestamp.nanosecondsPerDay
        if day != answersDay {
            answers.removeAll(keepingCapacity: true)
            answersDay = day
        }
        let id = record.instrumentID.raw
        if let answer = answers[id] { return answer }
        let symbol = table.symbol(of: record.instrumentID, in: dataset, at: time)
        let answer = wantedIDs.contains(id) || symbol.map(wanted.contains) ?? false
        if answer, wantedIDs.contains(id) { seenIDs.insert(id) }
        answers[id] = answer
        return answer
    }

    /// - Throws: a symbol that neither metadata nor records know.
    func checkKnown(path: String) throws(ConvertError) {
        for symbol in wanted where table.entries(named: symbol).isEmpty {
            if let id = UInt32(symbol) {
                if seenIDs.contains(id) || table.entries.contains(where: { $0.instrument.raw == id }) { continue }
            }
            throw .unknownSymbol(path: path, symbol: symbol, known: table.symbols)
        }
    }

    /// The metadata of what was taken.
    func narrowed(_ metadata: DBNMetadata) -> DBNMetadata {
        guard !wanted.isEmpty else { return metadata }
        var result = metadata
        result.mappings = metadata.mappings.filter { mapping in
            wanted.contains(mapping.rawSymbol) || mapping.intervals.contains { wanted.contains($0.symbol) }
        }
        let kept = metadata.symbols.filter { name in
            wanted.contains(name) || result.mappings.contains { $0.rawSymbol == name }
        }
        result.symbols = kept.isEmpty ? wanted : kept
        result.partial = metadata.partial.filter(result.symbols.contains)
        result.notFound = metadata.notFound.filter(result.symbols.contains)
        return result
    }
}

/// Why a conversion was refused.
enum ConvertError: Error, CustomStringConvertible {
    case unknownSymbol(path: String, symbol: String, known: [String])
    case schemaNotInFile(path: String, wanted: Schema, found: [String])
    case mixedCSV(path: String, first: RecordType, second: RecordType)
    case ontoItself(input: String, output: String)

    var description: String {
        switch self {
        case .unknownSymbol(let path, let symbol, let known):
            "\(path): no symbol '\(symbol)', it has \(Self.list(known))"
        case .schemaNotInFile(let path, let wanted, let found):
            "\(path): no records of schema \(wanted.name), it has \(Self.list(found))"
        case .mixedCSV(let path, let first, let second):
            "\(path): holds \(first.databentoName) and \(second.databentoName) records, a CSV file takes one type: "
                + "choose it by --schema"
        case .ontoItself(let input, let output):
            "\(output): the same file as the input \(input), expected another name"
        }
    }

    private static func list(_ names: [String]) -> String {
        if names.isEmpty { return "none" }
        return names.prefix(20).joined(separator: ", ") + (names.count > 20 ? ", … (\(names.count))" : "")
    }
}
