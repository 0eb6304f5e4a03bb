import DBN
import Units

/// Several DBN files as one stream of records.
///
/// Records come by `ts_recv` (else, or where Databento calls that wrong, `ts_event`); ties by dataset, then schema in
/// the order definition, status, statistics, mbo, mbp-10, other book and quote schemas, trades, the rest, then
/// instrument. Within a file its own order always holds, and the order in which files are given never matters.
///
/// A tape that was cut replays as the whole: a file that begins at or after the last receive time of another of the
/// same dataset, schema and symbols is that one's continuation and waits for its end, ties or not. (When receive times
/// run backwards over the cut itself, nothing in the files tells a cut from two parallel tapes, and time decides.)
///
/// The files of one run's own tape, all of them and nothing else, are read one after the other, as the run wrote them
/// (`RunTape`), whatever their records' stamps say.
///
/// Files are opened when their first record is due: years of days need one open file. Of `trades` records, those of
/// instruments that have `mbp-10` in the set are dropped and counted, because `mbp-10` holds the same trades. Two files
/// that share records of a book or of trades are an error at the first of these.
///
/// Cost over that of `TapeFile`: 3 ns a record for one file, 15 ns for two that take turns.
public struct MergedTape: ~Copyable {
    /// The files in the order of the merge.
    public let sources: [TapeSource]
    /// The datasets, sorted.
    public let datasets: [String]
    /// Names of instruments, from all metadata.
    public let symbols: SymbolTable
    /// Records of all files so far, dropped ones included.
    public private(set) var inputRecords: UInt64 = 0
    /// Records of the `trades` schema that were dropped.
    public private(set) var ignoredTrades: UInt64 = 0
    /// The position in `sources` of the file that the last record came from; −1 before the first record.
    public private(set) var currentSource = -1

    /// Receive times, ns, of the dropped records that count; nil for all.
    public var counted: Range<UInt64>?

    /// The sources are read one after the other.
    private let isSequence: Bool
    private let fragment: FragmentFormat?
    private let heads: UnsafeMutableBufferPointer<MergeHead>
    private let keys: UnsafeMutableBufferPointer<MergeKey>
    private let datasetRanks: [UInt64]
    /// Files not opened yet, by the time of their first record.
    private var waiting: [Int]
    private var nextBegin: UInt64
    private var runnerUp = MergeKey.end
    /// The current head has gone on to its next record, whose turn it may not be.
    private var isAdvanced = false
    private var trades: TradeFilter

    /// At most as many files as fit in a key's rank.
    public static let fileCountMax = Int(UInt16.max)

    /// Reads the metadata and the first record of every file: an error of any of them comes before any record does.
    /// - Parameters:
    ///   - paths: files; for directories see `TapePaths.expand`.
    ///   - keepsTrades: drop no `trades` records: for those who pass the records on instead of folding them.
    public static func open(
        _ paths: [String], fragment: FragmentFormat? = nil, keepsTrades: Bool = false
    ) throws(TapeError) -> MergedTape {
        guard !paths.isEmpty else { throw .noPaths }
        guard paths.count <= fileCountMax else { throw .tooManyFiles(count: paths.count) }
        var sources: [TapeSource] = []
        for path in paths { sources.append(try TapeSource(path, fragment: fragment)) }
        if let order = try RunTape.order(of: paths) {
            return MergedTape(order.map { sources[$0] }, isSequence: true, fragment, keepsTrades)
        }
        let sorted = try TapeSourceOrder.sort(sources, fragment: fragment)
        return MergedTape(sorted, isSequence: false, fragment, keepsTrades)
    }

    private init(_ sources: [TapeSource], isSequence: Bool, _ fragment: FragmentFormat?, _ keepsTrades: Bool) {
        self.sources = sources
        self.isSequence = isSequence
        self.fragment = fragment
        let names = Set(sources.map(\.dataset)).sorted()
        datasets = names
        datasetRanks = sources.map { source in UInt64(names.firstIndex(of: source.dataset) ?? 0) }
        var table = SymbolTable()
        for source in sources { if let metadata = source.metadata { table.add(metadata) } }
        symbols = table
        heads = .allocate(capacity: sources.count)
        keys = .allocate(capacity: sources.count)
        for index in sources.indices { heads.initializeElement(at: index, to: MergeHead()) }
        keys.initialize(repeating: .end)
        waiting = sources.indices.filter { !sources[$0].isEmpty }.sorted {
            (sources[$0].begin.time, $0) < (sources[$1].begin.time, $1)
        }
        nextBegin = waiting.first.map { sources[$0].begin.time } ?? .max
        trades = TradeFilter(keepsTrades ? [] : sources, datasetRanks)
    }

    deinit {
        heads.deinitialize().deallocate()
        keys.deallocate()
    }

    /// Records of unknown types, which do not come out.
    public var skippedRecords: UInt64 { heads.indices.reduce(0) { $0 + heads[$1].skippedCount } }

    public var position: TapePosition {
        var position = TapePosition(bytesRead: 0, byteCount: 0)
        for index in sources.indices {
            position.byteCount += sources[index].byteCount
            position.bytesRead += heads[index].isFinished ? sources[index].byteCount : heads[index].bytesRead ?? 0
        }
        return position
    }

    /// The next record, valid until the next call; nil at the end.
    public mutating func next() throws(TapeError) -> RecordView? {
        if !trades.isActive, let record = nextPassing() {
            inputRecords &+= 1
            return record
        }
        return try nextOther()
    }

    /// The next record if it follows the last one in its file, where it lies ready, and no other file is due; nil if
    /// `nextInput` has to find it.
    @inline(__always)
    private mutating func nextPassing() -> RecordView? {
        guard currentSource >= 0, !isAdvanced, let head = heads.baseAddress.map({ $0 + currentSource }),
            let record = head.pointee.advancePassing()
        else { return nil }
        // One file needs no comparison, and neither do those that have their order.
        if heads.count == 1 || isSequence { return record }
        // Most records follow one of the same file: no other head is due, and none waits. The key is made before keys
        // are compared again.
        let isBook = record.type == .mbp10 || record.type == .mbp1
        let received = (isBook ? record.marketByPrice.receiveTime : record.receiveTime).nanoseconds
        let time = received == .max ? record.eventTime.nanoseconds : received
        if time < min(runnerUp.time, nextBegin) { return record }
        let key = key(of: currentSource)
        keys[currentSource] = key
        if key < runnerUp, key.time < nextBegin, !key.isPlace(of: runnerUp) { return record }
        isAdvanced = true
        return nil
    }

    private mutating func nextOther() throws(TapeError) -> RecordView? {
        while let record = try nextInput() {
            inputRecords &+= 1
            guard trades.isActive, trades.drops(record, datasetRanks[currentSource]) else { return record }
            if counted?.contains(record.mergeTime.nanoseconds) ?? true { ignoredTrades &+= 1 }
        }
        return nil
    }

    private mutating func nextInput() throws(TapeError) -> RecordView? {
        if let record = nextPassing() { return record }
        if currentSource >= 0, !isAdvanced {
            try heads[currentSource].advance()
            keys[currentSource] = key(of: currentSource)
        }
        isAdvanced = false
        return try choose()
    }

    /// The next record of files that are read one after the other.
    private mutating func nextOfSequence() throws(TapeError) -> RecordView? {
        while true {
            if currentSource >= 0, let record = heads[currentSource].current { return record }
            guard currentSource + 1 < sources.count else { return nil }
            currentSource += 1
            if !sources[currentSource].isEmpty {
                try heads[currentSource].open(sources[currentSource], fragment: fragment)
            }
        }
    }

    /// Opens what is due and finds the least head.
    private mutating func choose() throws(TapeError) -> RecordView? {
        if isSequence { return try nextOfSequence() }
        var (least, index) = scan()
        while nextBegin <= least.time, try openDue(at: least.time) { (least, index) = scan() }
        guard least.time != MergeKey.end.time || least.order != MergeKey.end.order else { return nil }
        if least.isPlace(of: runnerUp) { try refuseSameRecord(index, runnerUp.file) }
        currentSource = index
        return heads[index].current
    }

    private mutating func refuseSameRecord(_ a: Int, _ b: Int) throws(TapeError) {
        guard let record = heads[a].current, let other = heads[b].current, record.isOfFlow else { return }
        // One of them may have been recorded with the times of sending behind it, and says so in its length.
        let sendTime = MemoryLayout<UInt64>.size
        let (least, most) = (min(record.byteCount, other.byteCount), max(record.byteCount, other.byteCount))
        guard most == least || most == least + sendTime else { return }
        let left = UnsafeRawBufferPointer(start: record.bytes + 1, count: least - 1)
        let right = UnsafeRawBufferPointer(start: other.bytes + 1, count: least - 1)
        guard left.elementsEqual(right) else { return }
        throw .overlapping(path: sources[a].path, other: sources[b].path, time: record.receiveTime)
    }

    private mutating func scan() -> (least: MergeKey, index: Int) {
        var least = MergeKey.end
        var index = -1
        runnerUp = .end
        for candidate in keys.indices {
            let key = keys[candidate]
            if key < least {
                runnerUp = least
                least = key
                index = candidate
            } else if key < runnerUp {
                runnerUp = key
            }
        }
        return (least, index)
    }

    /// Opens the first waiting file that begins before `time`, or at it and continues no file that is still being read.
    private mutating func openDue(at time: UInt64) throws(TapeError) -> Bool {
        for (place, index) in waiting.enumerated() {
            let begin = sources[index].begin.time
            if begin > time { return false }
            if begin == time, try continuesOpenFile(index, at: time) { continue }
            waiting.remove(at: place)
            nextBegin = waiting.first.map { sources[$0].begin.time } ?? .max
            try heads[index].open(sources[index], fragment: fragment)
            keys[index] = key(of: index)
            return true
        }
        return false
    }

    private mutating func continuesOpenFile(_ index: Int, at time: UInt64) throws(TapeError) -> Bool {
        for other in sources.indices where keys[other].time == time && heads[other].current != nil {
            guard sources[other].family == sources[index].family else { continue }
            if try heads[other].ends(by: time) { return true }
        }
        return false
    }

    // Mutating only so that a call does not copy the tape.
    private mutating func key(of index: Int) -> MergeKey {
        guard let record = heads[index].current else { return .end }
        return MergeKey(record, dataset: datasetRanks[index], file: index)
    }
}

/// What heads are compared by.
///
///   time | dataset 13 bits, schema 3, instrument 32, file 16
struct MergeKey: BitwiseCopyable {
    var time: UInt64
    var order: UInt64

    /// After every record.
    static let end = MergeKey(time: .max, order: .max)

    private init(time: UInt64, order: UInt64) {
        self.time = time
        self.order = order
    }

    @inline(__always)
    init(_ record: RecordView, dataset: UInt64, file: Int) {
        time = record.mergeTime.nanoseconds
        let instrument = UInt64(record.instrumentID.raw)
        order = dataset << 51 | Self.schemaRank(record.type) << 48 | instrument << 16 | UInt64(file)
    }

    @inline(__always)
    static func < (a: MergeKey, b: MergeKey) -> Bool { a.time < b.time || (a.time == b.time && a.order < b.order) }

    /// Whether both are the same but for the file.
    @inline(__always)
    func isPlace(of other: MergeKey) -> Bool { time == other.time && order >> 16 == other.order >> 16 }

    /// The file's rank.
    var file: Int { Int(order & 0xFFFF) }

    @inline(__always)
    private static func schemaRank(_ type: RecordType) -> UInt64 {
        switch type {
        case .mbp10: 4
        case .trade: 6
        case .mbo: 3
        case .mbp1, .cmbp1, .tcbbo, .cbbo1s, .cbbo1m, .bbo1s, .bbo1m: 5
        case .instrumentDefinition: 0
        case .status: 1
        case .statistics: 2
        default: 7
        }
    }
}
