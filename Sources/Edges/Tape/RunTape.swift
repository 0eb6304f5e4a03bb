import DBN
import Platform
import Units

/// The tape that a run writes: plain DBN files of mixed schema in ring order, one per trade date, and a list that says
/// with which record of the run each begins.
///
/// Record n of the run is record n of the files read one after the other.
public struct RunTape: Sendable {
    /// One file, and the number of its first record.
    public struct Part: Equatable, Sendable {
        public let path: String
        public let firstSequence: UInt64

        /// By its name; 0 when that is not one of ours.
        public var tradeDate: Int { path.split(separator: "-").last.flatMap { Int($0.prefix(8)) } ?? 0 }
    }

    public let directory: String

    public init(directory: String) { self.directory = directory }

    /// `name sequence` a line.
    var listPath: String { "\(directory)/parts" }

    static func fileName(tradeDate: Int) -> String { "levelhead-\(tradeDate).dbn" }

    /// The files that there are, in their order; none before the run has begun.
    public func parts() throws(TapeError) -> [Part] {
        guard PosixFile.exists(listPath) else { return [] }
        let text: [UInt8]
        do throws(SystemCallError) {
            text = try PosixFile.contents(of: listPath)
        } catch {
            throw .system(error)
        }
        return String(decoding: text, as: UTF8.self).split(separator: "\n").compactMap { line in
            let words = line.split(separator: " ")
            guard words.count == 2, let sequence = UInt64(words[1]) else { return nil }
            return Part(path: "\(directory)/\(words[0])", firstSequence: sequence)
        }
    }

    /// In which order a run wrote these files, as places in `paths`; nil when they are not the whole tape of one run,
    /// or are one file.
    static func order(of paths: [String]) throws(TapeError) -> [Int]? {
        guard paths.count > 1, let first = paths.first else { return nil }
        let directory = FilePath.parent(of: first)
        guard paths.allSatisfy({ FilePath.parent(of: $0) == directory }) else { return nil }
        let parts = try RunTape(directory: directory).parts().map { FilePath.lastComponent(of: $0.path) }
        let names = paths.map { FilePath.lastComponent(of: $0) }
        guard parts.sorted() == names.sorted() else { return nil }
        return parts.compactMap { names.firstIndex(of: $0) }
    }

    func write(_ parts: [Part]) throws(TapeError) {
        let lines = parts.map { "\($0.path.split(separator: "/").last ?? "") \($0.firstSequence)\n" }
        do throws(SystemCallError) {
            try PosixFile.replace(listPath, with: Array(lines.joined().utf8))
        } catch {
            throw .system(error)
        }
    }

    /// Opens the tape so that the next record is number `sequence`. Passes over a few megabytes before it.
    public func reader(at sequence: UInt64) throws(TapeError) -> RunTapeReader {
        var reader = RunTapeReader(self, parts: try parts())
        try reader.seek(to: sequence)
        return reader
    }
}

/// Reads a run's tape, also while it grows: never past what is known to have been written.
public struct RunTapeReader: ~Copyable {
    private let tape: RunTape
    private var parts: [RunTape.Part]
    private var part = 0
    private var file: TapeFile?
    /// The number of the next record.
    public private(set) var nextSequence: UInt64 = 0

    init(_ tape: RunTape, parts: [RunTape.Part]) {
        self.tape = tape
        self.parts = parts
    }

    /// Goes on to a later record, or back to an earlier one.
    public mutating func seek(to sequence: UInt64) throws(TapeError) {
        if sequence < nextSequence || file == nil {
            part = max(0, (parts.firstIndex { $0.firstSequence > sequence } ?? parts.count) - 1)
            guard part < parts.count else { return }
            var opened = try TapeFile.open(parts[part].path)
            let place = try opened.seek(near: sequence, TapeIndex(ofTape: parts[part].path).places())
            file = consume opened
            nextSequence = place?.sequence ?? parts[part].firstSequence
        }
        while nextSequence < sequence {
            guard try next() != nil else { return }
        }
    }

    /// The next record; nil at the end of what has been written.
    public mutating func next() throws(TapeError) -> (record: RecordView, sequence: UInt64)? {
        while true {
            guard file != nil else { return nil }
            if let record = try file?.next() ?? nil {
                nextSequence &+= 1
                return (record, nextSequence &- 1)
            }
            if part + 1 >= parts.count { parts = try tape.parts() }
            guard part + 1 < parts.count else { return nil }
            part += 1
            file = try TapeFile.open(parts[part].path)
        }
    }
}

/// Appends to a run's tape. What was flushed survives the death of the process; a record that was being written then is
/// cut off by `resume`.
public struct RunTapeWriter: ~Copyable {
    private let tape: RunTape
    private let metadata: DBNMetadata
    private let encoder = DBNEncoder(version: 3, inputVersion: 3, hasSendTime: false)
    private var parts: [RunTape.Part]
    private var file: PosixFile?
    private var offset = 0
    /// Nothing is shown before it is synced: what a sync that failed was for is taken off the tape.
    public var showsSyncedOnly = false
    private var syncedOffset = 0
    private var buffer: [UInt8] = []
    /// Records of the run so far: the number of the next one.
    public private(set) var recordCount: UInt64
    /// Bytes of an unfinished record that `resume` cut off.
    public let cutByteCount: Int
    private var tradeDate = 0
    /// Places of the file in its index, and where the last one is, or the file began.
    private var placeCount = 0
    private var placeOffset = 0
    /// The number of the first record in the buffer.
    private var flushedCount: UInt64

    /// Starts the tape of a new run in an empty directory.
    public static func create(_ directory: String, metadata: DBNMetadata) throws(TapeError) -> RunTapeWriter {
        do throws(SystemCallError) {
            try Directory.make(directory, mode: 0o700)
        } catch {
            throw .system(error)
        }
        return RunTapeWriter(RunTape(directory: directory), metadata, parts: [], recordCount: 0, cut: 0)
    }

    /// Goes on with the tape of a run whose writer died. Reads the end of its last file.
    /// - Throws: the file is damaged before its last record.
    public static func resume(_ directory: String) throws(TapeError) -> RunTapeWriter? {
        let tape = RunTape(directory: directory)
        let parts = try tape.parts()
        guard let last = parts.last else { return nil }
        var file = try TapeFile.open(last.path)
        guard let metadata = file.metadata else { return nil }
        let index = TapeIndex(ofTape: last.path)
        let place = try file.seek(near: .max, index.places())
        index.keep(place?.placeCount ?? 0)
        do throws(TapeError) {
            while try file.next() != nil {}
        } catch {
            guard case .format(_, .truncated) = error else { throw error }
        }
        let (end, count) = (Int(file.streamOffset), file.recordCount)
        var cut = 0
        do throws(SystemCallError) {
            let writable = try PosixFile(last.path, .update)
            cut = try writable.size() - end
            if cut > 0 { try writable.truncate(to: end) }
        } catch {
            throw .system(error)
        }
        let first = place?.sequence ?? last.firstSequence
        var writer = RunTapeWriter(tape, metadata, parts: parts, recordCount: first + count, cut: cut)
        try writer.open(last.path, at: end)
        writer.placeCount = place?.placeCount ?? 0
        return writer
    }

    private init(
        _ tape: RunTape, _ metadata: DBNMetadata, parts: [RunTape.Part], recordCount: UInt64, cut: Int
    ) {
        self.tape = tape
        self.metadata = metadata
        self.parts = parts
        self.recordCount = recordCount
        flushedCount = recordCount
        cutByteCount = cut
        tradeDate = parts.last.flatMap { Int($0.path.dropLast(4).suffix(8)) } ?? 0
    }

    /// Adds one record of version 3, without a send time, to the file of its trade date (YYYYMMDD). A new date begins a
    /// new file; one before the last file's stays in that.
    public mutating func append(_ record: RecordView, tradeDate date: Int) throws(TapeError) {
        try begin(date)
        do throws(DBNError) {
            try encoder.encode(record, into: &buffer)
        } catch {
            throw .format(path: tape.directory, error)
        }
        recordCount += 1
    }

    /// Hands everything to the system (`write(2)`): from then on a killed process does not lose it.
    public mutating func flush() throws(TapeError) {
        guard !buffer.isEmpty, let open = file.take() else { return }
        var failure: SystemCallError?
        do throws(SystemCallError) {
            try open.write(buffer, at: offset)
            addPlace()
            offset += buffer.count
            flushedCount = recordCount
            buffer.removeAll(keepingCapacity: true)
        } catch {
            failure = error
        }
        file = consume open
        if let failure { throw .system(failure) }
    }

    /// The buffer lies at the file's end. Its first record is a place of the index when the last one is far behind.
    private mutating func addPlace() {
        guard offset - placeOffset >= TapeIndex.spacing, flushedCount < recordCount, let last = parts.last,
            let beginning = TapeIndex.beginning(buffer)
        else { return }
        let place = TapeIndex.Place(sequence: flushedCount, offset: UInt64(offset), beginning: beginning)
        TapeIndex(ofTape: last.path).append(place, after: placeCount)
        placeCount += 1
        placeOffset = offset
    }

    /// Flushes, and waits for the disk: from then on a power cut does not lose it either.
    public mutating func sync() throws(TapeError) {
        try flush()
        guard let open = file.take() else { return }
        var failure: SystemCallError?
        do throws(SystemCallError) {
            try open.sync()
            syncedOffset = offset
        } catch {
            failure = error
            // The system says it once: a successor would find it in memory, and its own sync would succeed.
            if showsSyncedOnly { try? open.truncate(to: syncedOffset) }
        }
        file = consume open
        if let failure { throw .system(failure) }
    }

    /// As `sync`; nothing more comes into this file.
    public mutating func close() throws(TapeError) {
        try sync()
        file = nil
    }

    /// Begins the file of a trade date (YYYYMMDD), unless it has begun.
    public mutating func begin(_ date: Int) throws(TapeError) {
        guard date > tradeDate else { return }
        try close()
        tradeDate = date
        let path = "\(tape.directory)/\(RunTape.fileName(tradeDate: date))"
        do throws(SystemCallError) {
            // Left by a process that died before the list had it: without a record of the run.
            _ = try PosixFile(path, .updateOrCreate).truncate(to: 0)
        } catch {
            throw .system(error)
        }
        try open(path, at: 0)
        do throws(DBNError) {
            try encoder.encode(metadata, into: &buffer)
        } catch {
            throw .format(path: path, error)
        }
        // No list names a file that a power cut would empty.
        try sync()
        parts.append(RunTape.Part(path: path, firstSequence: recordCount))
        try tape.write(parts)
    }

    private mutating func open(_ path: String, at end: Int) throws(TapeError) {
        do throws(SystemCallError) {
            file = try PosixFile(path, .update)
        } catch {
            throw .system(error)
        }
        (offset, syncedOffset) = (end, end)
        (placeCount, placeOffset) = (0, end)
    }
}
