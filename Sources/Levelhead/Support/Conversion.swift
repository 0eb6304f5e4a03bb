import DBN
import MarketData
import Platform
import Tape
import Units

/// One conversion from a DBN file to another file.
struct Conversion {
    let input: String
    let output: String
    let format: OutputFormat
    let version: UInt8
    let selection: RecordSelection
    let fragment: FragmentFormat?
    private(set) var read: UInt64 = 0
    private(set) var written: UInt64 = 0
    private(set) var skipped: UInt64 = 0
    private(set) var isBuilding = false
    private(set) var unknownOrders = 0

    init(
        input: String, output: String, format: OutputFormat, version: UInt8, selection: RecordSelection,
        fragment: FragmentFormat?
    ) {
        self.input = input
        self.output = output
        self.format = format
        self.version = version
        self.selection = selection
        self.fragment = fragment
    }

    mutating func run() throws {
        let found = try pass()
        guard let schema = selection.schema, let type = schema.recordType else { return }
        guard !isBuilding, !found.contains(type) else { return }
        // A mixed file: only its end tells that there is no mbp-10 in it that would be taken instead of built.
        guard schema == .mbp10, found.contains(.mbo) else { return }
        isBuilding = true
        _ = try pass()
    }

    /// Reads the input once and writes the output, unless it turns out that MBP-10 has to be built first.
    /// - Returns: the record types in the input.
    private mutating func pass() throws -> Set<RecordType> {
        // From DBN to DBN through version 3 a record would lose what version 3 has no room for. Symbols are learned
        // from records of version 3 only.
        let keepsVersion = format == .dbn && !isBuilding && selection.symbols.isEmpty
        var file = try TapeFile.open(input, fragment: fragment, upgrade: keepsVersion ? .asIs : .toVersion3)
        try checkSchema(file.metadata)
        var instruments = try InstrumentSelection(selection.symbols, file.metadata, path: input)
        let metadata = outputMetadata(file.metadata, instruments)
        let sink = try format.sink(
            output, metadata: metadata, version: version, inputVersion: keepsVersion ? file.version : 3,
            type: selection.schema?.recordType, input: input)
        if isBuilding {
            try build(&file, &instruments, sink)
        } else {
            try copy(&file, &instruments, sink)
        }
        read = file.recordCount
        skipped = file.skippedCount
        try instruments.checkKnown(path: input)
        let found = Set((UInt8.min...UInt8.max).map(RecordType.init).filter { file.recordCount($0) > 0 })
        if let schema = selection.schema, let type = schema.recordType, !isBuilding, !found.contains(type) {
            if schema == .mbp10, found.contains(.mbo) { return found }
            let isItsOwn = file.metadata?.schema == schema
            guard isItsOwn else {
                let names = found.sorted { $0.rawValue < $1.rawValue }.map(\.databentoName)
                throw ConvertError.schemaNotInFile(path: input, wanted: schema, found: names)
            }
        }
        written = sink.recordCount
        try sink.close()
        return found
    }

    /// Refuses what the metadata rule out already, and chooses to build.
    private mutating func checkSchema(_ metadata: DBNMetadata?) throws(ConvertError) {
        guard let wanted = selection.schema, let own = metadata?.schema, own != wanted else { return }
        guard wanted == .mbp10, own == .mbo else {
            throw .schemaNotInFile(path: input, wanted: wanted, found: [own.name])
        }
        isBuilding = true
    }

    private func outputMetadata(_ metadata: DBNMetadata?, _ instruments: InstrumentSelection) -> DBNMetadata {
        let own = metadata ?? DBNMetadata(dataset: "", schema: nil, start: Timestamp(nanoseconds: 0))
        var result = instruments.narrowed(own)
        result.version = version
        if let schema = selection.schema { result.schema = schema }
        if let from = selection.from { result.start = max(from, own.start) }
        if let to = selection.to { result.end = own.end.map { min(to, $0) } ?? to }
        // A window before or behind the records holds nothing, and does not end before it begins.
        if selection.from != nil || selection.to != nil, let end = result.end { result.end = max(end, result.start) }
        result.hasSendTime = isBuilding ? false : metadata?.hasSendTime ?? fragment?.hasSendTime ?? false
        // The limit was on the records of the source.
        if selection.schema != nil || selection.from != nil || !selection.symbols.isEmpty { result.limit = nil }
        return result
    }

    private func copy(
        _ file: inout TapeFile, _ instruments: inout InstrumentSelection, _ sink: any RecordSink
    ) throws {
        var progress = ConversionProgress(input)
        let type = selection.schema?.recordType
        while let record = try file.next() {
            progress.step(file)
            // Asked first: symbol mappings teach it, taken or not.
            guard instruments.takes(record), type == nil || record.type == type else { continue }
            if selection.takesTime(of: record) { try sink.write(record) }
        }
    }

    private mutating func build(
        _ file: inout TapeFile, _ instruments: inout InstrumentSelection, _ sink: any RecordSink
    ) throws {
        var progress = ConversionProgress(input)
        var builder = MBP10Builder()
        while let record = try file.next() {
            progress.step(file)
            guard instruments.takes(record), record.type == .mbo else { continue }
            builder.apply(record)
            try drain(&builder, sink)
        }
        builder.finish()
        try drain(&builder, sink)
        unknownOrders = builder.unknownOrders
    }

    private func drain(_ builder: inout MBP10Builder, _ sink: any RecordSink) throws {
        try builder.drain { record in
            if selection.takesTime(of: record) { try sink.write(record) }
        }
    }
}

/// A progress bar that looks at the clock once in many records.
private struct ConversionProgress: ~Copyable {
    private var bar: ProgressBar
    private var count = 0

    init(_ label: String) { bar = ProgressBar(label) }

    mutating func step(_ file: borrowing TapeFile) {
        count += 1
        guard count & 0xFFFF == 0 else { return }
        let position = file.position
        bar.update(done: position.bytesRead, of: position.byteCount, items: count)
    }
}
