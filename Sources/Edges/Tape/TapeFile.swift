import CVectors
import DBN
import Platform

/// How the records of a stream that begins without metadata are to be read.
public struct FragmentFormat: Equatable, Sendable {
    /// 1, 2 or 3.
    public let version: UInt8
    /// Whether every record ends with the gateway's send time.
    public let hasSendTime: Bool

    /// Nil for a version that does not exist.
    public init?(version: UInt8, hasSendTime: Bool = false) {
        guard (1...3).contains(version) else { return nil }
        self.version = version
        self.hasSendTime = hasSendTime
    }
}

/// How far reading a file or a set of files has come.
public struct TapePosition: Equatable, Sendable {
    /// Bytes read as they lie on the disk, compressed or not.
    public var bytesRead: Int
    /// Bytes there are; 0 when unknown, as for a pipe.
    public var byteCount: Int

    public init(bytesRead: Int, byteCount: Int) {
        self.bytesRead = bytesRead
        self.byteCount = byteCount
    }
}

/// One DBN file, plain or zstd, read record by record in constant memory.
///
/// Records come out as version 3, whatever the file's version. Reading costs about as much as touching the record.
public struct TapeFile: ~Copyable {
    public let path: String
    @usableFromInline var decoder: DBNDecoder
    @usableFromInline var ready = UnsafeRawBufferPointer(start: nil, count: 0)
    /// From a record in the window to the bytes that the caches are asked for meanwhile; 0 for none.
    @usableFromInline var aheadDistance = 0
    private let window: ByteWindow
    private var isAtEnd = false

    /// Opens the file and reads its metadata.
    /// - Throws: what is wrong with the file or its metadata; an empty file is an error, one without records is not.
    public static func open(
        _ path: String, fragment: FragmentFormat? = nil, upgrade: UpgradePolicy = .toVersion3
    ) throws(TapeError) -> TapeFile {
        let decoder = DBNDecoder(
            upgrade: upgrade, fragmentVersion: fragment?.version, fragmentHasSendTime: fragment?.hasSendTime ?? false)
        var file = TapeFile(path: path, window: try ByteWindow.open(path), decoder: decoder)
        if fragment == nil { try file.readMetadata() }
        return file
    }

    /// Goes on at a byte of the file where a record begins, of a file that is not compressed.
    mutating func seek(to offset: UInt64) throws(TapeError) {
        try window.seek(to: Int(offset))
        ready = UnsafeRawBufferPointer(start: nil, count: 0)
        aheadDistance = 0
        isAtEnd = false
        decoder.goOn(at: offset)
    }

    private init(path: String, window: ByteWindow, decoder: DBNDecoder) {
        self.path = path
        self.window = window
        self.decoder = decoder
    }

    private mutating func readMetadata() throws(TapeError) {
        while decoder.metadata == nil {
            switch try step() {
            case .metadata(let consumed): take(consumed)
            case .needMore(let bytes): if try !refill(wanted: bytes) { return }
            case .record, .skipped: preconditionFailure("a decoder begins with metadata")
            }
        }
    }

    /// Nil for a fragment. Its version is that of the records as they come out; see `version` for the file's.
    public var metadata: DBNMetadata? { decoder.metadata }
    /// The DBN version the file is written in.
    public var version: UInt8 { decoder.sourceVersion ?? 0 }
    public var isCompressed: Bool { window.isCompressed }
    /// Records that came out so far.
    public var recordCount: UInt64 { decoder.recordCount - decoder.skippedCount }
    /// Records of types unknown to this program, which did not.
    public var skippedCount: UInt64 { decoder.skippedCount }
    /// Records so far by type, skipped ones included.
    public func recordCount(_ type: RecordType) -> UInt64 { decoder.recordCount(type) }
    /// Where the next record begins in the decompressed stream.
    public var streamOffset: UInt64 { decoder.streamOffset }
    public var position: TapePosition {
        let unread = window.isCompressed ? 0 : ready.count
        return TapePosition(bytesRead: window.fileBytesRead - unread, byteCount: window.fileByteCount)
    }

    /// The next record, valid until the next call; nil at the end.
    /// - Throws: at damage, after every record before it came out.
    @inlinable @inline(__always)
    public mutating func next() throws(TapeError) -> RecordView? {
        let first: DBNStep
        do throws(DBNError) {
            first = try decoder.decode(ready)
        } catch {
            throw .format(path: path, error)
        }
        if case .record(let record, let consumed) = first {
            take(consumed)
            return record
        }
        return try nextOther(first)
    }

    /// The next record if it lies whole in what has been read and comes out as it is; nil, and nothing has happened, if
    /// `next` has to say.
    @inlinable @inline(__always)
    mutating func nextPassing() -> RecordView? {
        guard let record = decoder.takePassing(ready) else { return nil }
        take(record.byteCount)
        lh_prefetch_record(record.bytes + aheadDistance)
        return record
    }

    /// Goes on from a step that gave no record.
    @usableFromInline
    mutating func nextOther(_ first: DBNStep) throws(TapeError) -> RecordView? {
        var current = first
        while true {
            switch current {
            case .record(let record, let consumed):
                take(consumed)
                return record
            case .skipped(_, let consumed):
                if ready.starts(with: [0x44, 0x42, 0x4E]), ready.count > 3, (1...3).contains(ready[3]) {
                    throw .joined(path: path, offset: Int(decoder.streamOffset) - consumed)
                }
                take(consumed)
            case .metadata(let consumed): take(consumed)
            case .needMore(let bytes): if try !refill(wanted: bytes) { return nil }
            }
            current = try step()
        }
    }

    @inlinable @inline(__always)
    mutating func take(_ count: Int) {
        ready = UnsafeRawBufferPointer(start: ready.baseAddress.map { $0 + count }, count: ready.count &- count)
    }

    private mutating func step() throws(TapeError) -> DBNStep {
        do throws(DBNError) {
            return try decoder.decode(ready)
        } catch {
            throw .format(path: path, error)
        }
    }

    /// False at the end of the file.
    private mutating func refill(wanted: Int) throws(TapeError) -> Bool {
        let before = ready.count
        if !isAtEnd {
            ready = try window.refill(keeping: ready, wanted: wanted)
            aheadDistance = window.ahead.flatMap { ahead in ready.baseAddress.map { ahead - $0 } } ?? 0
        }
        if ready.count > before { return true }
        isAtEnd = true
        do throws(DBNError) {
            try decoder.finish(remaining: ready.count)
        } catch {
            throw .format(path: path, error)
        }
        return false
    }
}
