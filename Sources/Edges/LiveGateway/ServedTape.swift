import DBN
import MarketCalendar
import Platform
import Tape
import Units

/// What the tapes given to the gateway hold, found out once, before anybody connects.
public struct ServedTape: Sendable {
    /// One dataset: its files and its instruments.
    public struct Dataset: Sendable {
        public let name: String
        public let paths: [String]
        public let directory: SymbolDirectory
        /// The schemas that its records belong to, in the order of their numbers. Of files that were not read to their
        /// end, the schema they say they hold.
        public let schemas: [Schema]
        /// The receive time of the first record.
        public let firstTime: Timestamp
    }

    /// By name.
    public let datasets: [Dataset]
    /// Where the day begins: the first record that is neither a definition nor a statistic nor a status. What lies
    /// before it, often by hours, is known when the day begins.
    public let dayBegin: Timestamp

    public var names: [String] { datasets.map(\.name) }
    public func dataset(_ name: String) -> Dataset? { datasets.first { $0.name == name } }

    /// Reads the metadata of every file. Files that hold definitions, files of mixed schemas and files that name no
    /// instruments are read to their end.
    /// - Throws: a damaged file among these; a file without metadata or without a dataset; the same tape twice.
    public init(paths: [String]) throws(TapeError) {
        var surveys: [String: Survey] = [:]
        for path in paths {
            var file = try TapeFile.open(path)
            // Only fragments have none, and none are opened here.
            guard let metadata = file.metadata else { continue }
            try surveys[metadata.dataset, default: Survey()].add(path, metadata, &file)
        }
        // What every session will open: it is refused before anybody has connected.
        for paths in surveys.values.map(\.paths) { _ = try MergedTape.open(paths, keepsTrades: true) }
        dayBegin = surveys.values.map(\.dayBegin).min() ?? .undefined
        datasets = surveys.keys.sorted().compactMap { name in surveys[name]?.dataset(name) }
    }

    /// Checks that a day that begins at this time has records. Reads each dataset up to there.
    /// - Returns: the receive time of the first of them.
    /// - Throws: all records were received before; a damaged file.
    public func begin(from time: Timestamp) throws -> Timestamp {
        var first = Timestamp.undefined
        var last = Timestamp(nanoseconds: 0)
        for dataset in datasets {
            var records = try MergedTape.open(dataset.paths, keepsTrades: true)
            while let record = try records.next() {
                let received = record.receiveTime
                guard received.isDefined else { continue }
                if received >= time {
                    first = min(first, received)
                    break
                }
                last = max(last, received)
            }
        }
        guard first.isDefined else { throw NothingToServe(from: time, last: last) }
        return first
    }
}

/// A day is to begin behind the tape's last record.
public struct NothingToServe: Error, Equatable, CustomStringConvertible {
    public let from: Timestamp
    public let last: Timestamp

    public var description: String {
        "--from \(from.iso8601Text): expected a time of the tape, whose last record was received at \(last.iso8601Text)"
    }
}

/// One dataset while its files are looked at.
private struct Survey {
    private(set) var paths: [String] = []
    private var builder = DirectoryBuilder()
    private var schemas: Set<UInt16> = []
    private var firstTime = Timestamp.undefined
    private(set) var dayBegin = Timestamp.undefined

    func dataset(_ name: String) -> ServedTape.Dataset {
        ServedTape.Dataset(
            name: name, paths: paths, directory: builder.build(),
            schemas: schemas.sorted().map(Schema.init(rawValue:)), firstTime: firstTime)
    }

    mutating func add(_ path: String, _ metadata: DBNMetadata, _ file: inout TapeFile) throws(TapeError) {
        paths.append(path)
        builder.add(metadata)
        if let schema = metadata.schema { schemas.insert(schema.rawValue) }
        let served = ServedSchema(file: metadata.schema)
        let tellsNames = !metadata.mappings.isEmpty && metadata.schema != nil && metadata.schema != .definition
        let onlySymbol = metadata.symbols.count == 1 ? metadata.symbols[0] : nil
        var progress = ProgressBar(path)
        while let record = try file.next() {
            see(record, served)
            if tellsNames { break }
            if metadata.mappings.isEmpty, let onlySymbol, onlySymbol != SubscriptionRequest.allSymbols,
                metadata.schema != nil, metadata.stypeIn == .rawSymbol
            {
                builder.add(record.instrumentID.raw, onlySymbol)
            }
            builder.add(record)
            if file.recordCount & 0xFFFF == 0 {
                let position = file.position
                progress.update(done: position.bytesRead, of: position.byteCount, items: Int(file.recordCount))
            }
        }
    }

    private mutating func see(_ record: RecordView, _ served: ServedSchema) {
        guard let schema = served.of(record.type) else { return }
        schemas.insert(schema.rawValue)
        let time = record.receiveTime
        firstTime = min(firstTime, time)
        if ![Schema.definition, .statistics, .status].contains(schema) { dayBegin = min(dayBegin, time) }
    }
}
