/// What a decoder does with records of an older version.
public enum UpgradePolicy: Sendable {
    /// Every record comes out as a version 3 record.
    case toVersion3
    /// Every record comes out as it lies.
    case asIs
}

/// What the bytes at the front of a decoder's input are.
public enum DBNStep {
    /// Nothing whole yet. The next step needs at least this many bytes at the front of the input, in total.
    case needMore(bytes: Int)
    /// The metadata, now in `DBNDecoder.metadata`.
    case metadata(consumed: Int)
    /// A record, valid until the next call and while the input's bytes are.
    case record(RecordView, consumed: Int)
    /// A record of a type this module does not know.
    case skipped(rtype: UInt8, consumed: Int)
}

/// A state machine over the bytes of a decompressed DBN stream. It reads nothing and keeps nothing: the caller owns the
/// buffer, offers what it has, drops what was consumed, and offers again with more behind it.
///
/// Records come out where they lie; only those that an upgrade changes are copied, into memory of the decoder's own.
/// Copies of a decoder share that memory, so use one at a time. Records longer than their type prescribes are accepted,
/// unknown types are skipped and counted. After an error the decoder stays where it was.
public struct DBNDecoder {
    /// What the stream says about itself; nil until it was read, and for fragments. Its `version` is that of the
    /// records as they come out.
    public private(set) var metadata: DBNMetadata?
    /// The version the stream is written in; nil until known.
    public private(set) var sourceVersion: UInt8?
    /// Records of unknown types so far.
    public private(set) var skippedCount: UInt64 = 0

    private let policy: UpgradePolicy
    /// Where upgraded records lie until the next call.
    private let scratch = RecordScratch()
    /// What the last `needMore` asked for.
    private var bytesNeeded = 0
    @usableFromInline var offset: UInt64 = 0
    @usableFromInline var sendTimeByteCount = 0
    /// By record type: the least size of a record that passes through where it lies. `UInt16.max`, which no record
    /// reaches, sends all others to the slow path.
    @usableFromInline var passingByteCount: InlineArray<256, UInt16> = .init(repeating: .max)
    @usableFromInline var counts: InlineArray<256, UInt64> = .init(repeating: 0)

    /// - Parameters:
    ///   - fragmentVersion: the version of a stream that begins with its first record instead of metadata.
    ///   - fragmentHasSendTime: whether the records of such a stream end with a send time.
    /// - Precondition: `fragmentVersion` is nil, 1, 2 or 3.
    public init(
        upgrade policy: UpgradePolicy = .toVersion3, fragmentVersion: UInt8? = nil, fragmentHasSendTime: Bool = false
    ) {
        self.policy = policy
        guard let fragmentVersion else { return }
        precondition((1...3).contains(fragmentVersion), "DBN has the versions 1, 2 and 3")
        begin(version: fragmentVersion, hasSendTime: fragmentHasSendTime)
    }

    /// Bytes of the stream consumed so far: the offset of the next record.
    @inlinable public var streamOffset: UInt64 { offset }
    /// Whether records end with the gateway's send time.
    @inlinable public var hasSendTime: Bool { sendTimeByteCount != 0 }
    /// The version of the records as they come out; nil until known.
    public var recordVersion: UInt8? { policy == .toVersion3 ? sourceVersion.map { _ in 3 } : sourceVersion }
    /// Records of this type so far, skipped ones included.
    @inlinable public func recordCount(_ type: RecordType) -> UInt64 { counts[Int(type.rawValue)] }
    /// All records so far, skipped ones included.
    public var recordCount: UInt64 { (0..<256).reduce(0) { $0 + counts[$1] } }

    /// Goes on with the record that begins at this offset of the stream. Counts go on.
    /// - Precondition: the metadata were read, or there are none.
    public mutating func goOn(at offset: UInt64) {
        precondition(sourceVersion != nil, "records are read by what the metadata say")
        self.offset = offset
    }

    /// Takes one step at the front of `input`. Constant time for a record, without allocation.
    @inlinable @inline(__always)
    public mutating func decode(_ input: UnsafeRawBufferPointer) throws(DBNError) -> DBNStep {
        if let record = takePassing(input) { return .record(record, consumed: record.byteCount) }
        return try decodeOther(input)
    }

    /// Takes the record at the front of `input` if it lies there whole and comes out as it is, which is most of them;
    /// nil, and nothing has happened, if it takes a step to say.
    @inlinable @inline(__always)
    public mutating func takePassing(_ input: UnsafeRawBufferPointer) -> RecordView? {
        guard input.count >= 2, let bytes = input.baseAddress else { return nil }
        let length = Int(bytes.load(as: UInt8.self)) * 4
        let type = Int(bytes.load(fromByteOffset: 1, as: UInt8.self))
        guard length >= Int(passingByteCount[type]), input.count >= length else { return nil }
        offset &+= UInt64(length)
        counts[type] &+= 1
        return RecordView(bytes)
    }

    /// Decodes all that is whole in `input`, metadata included, calls `body` with each record and returns the bytes
    /// consumed.
    /// - Throws: at the first error, after `body` got every record before it; `streamOffset` says where.
    @inlinable @inline(__always)
    public mutating func forEach(
        in input: UnsafeRawBufferPointer, _ body: (RecordView) -> Void
    ) throws(DBNError) -> Int {
        guard let start = input.baseAddress else { return 0 }
        var position = 0
        while true {
            let rest = UnsafeRawBufferPointer(start: start + position, count: input.count - position)
            switch try decode(rest) {
            case .record(let record, let consumed):
                body(record)
                position += consumed
            case .metadata(let consumed), .skipped(_, let consumed): position += consumed
            case .needMore: return position
            }
        }
    }

    /// The end of the input. Throws if `remaining` bytes were left unconsumed, or metadata never came.
    public mutating func finish(remaining: Int) throws(DBNError) {
        guard remaining == 0 else {
            throw .truncated(offset: offset, missing: max(1, bytesNeeded - remaining))
        }
        guard sourceVersion != nil else { throw .empty }
    }

    /// Metadata, records that an upgrade changes, unknown types, and what is incomplete or wrong.
    @usableFromInline
    mutating func decodeOther(_ input: UnsafeRawBufferPointer) throws(DBNError) -> DBNStep {
        guard let version = sourceVersion else { return try decodeMetadata(input) }
        guard let bytes = input.baseAddress, input.count >= 16 else { return need(16) }
        let record = RecordView(bytes)
        let type = record.type, length = record.byteCount
        let layout = DBNRecordLayout.of(type)
        let expected = layout.map { $0.byteCount(version: version) + sendTimeByteCount } ?? 16 + sendTimeByteCount
        guard length >= expected else {
            throw .recordTooShort(offset: offset, rtype: type.rawValue, length: length, expected: expected)
        }
        guard input.count >= length else { return need(length) }
        let step: DBNStep
        if let layout {
            // Only an upgrade comes here: all that passes was taken before.
            _ = try RecordConversion.convert(
                record, layout, from: version, to: 3, hasSendTime: hasSendTime, into: scratch.bytes)
            step = .record(RecordView(scratch.bytes), consumed: length)
        } else {
            skippedCount += 1
            step = .skipped(rtype: type.rawValue, consumed: length)
        }
        offset += UInt64(length)
        counts[Int(type.rawValue)] += 1
        return step
    }

    private mutating func decodeMetadata(_ input: UnsafeRawBufferPointer) throws(DBNError) -> DBNStep {
        guard input.count >= DBNMetadata.prefixByteCount else { return need(DBNMetadata.prefixByteCount) }
        guard input.prefix(3).elementsEqual(DBNMetadata.magic) else { throw Self.foreign(input) }
        let version = input[3]
        guard (1...3).contains(version) else { throw .unsupportedVersion(version) }
        let length = Int(input.loadUnaligned(fromByteOffset: 4, as: UInt32.self))
        guard (DBNMetadata.fixedByteCount...DBNMetadata.byteCountMax).contains(length) else {
            throw .metadataLength(length)
        }
        let byteCount = DBNMetadata.prefixByteCount + length
        guard input.count >= byteCount else { return need(byteCount) }
        var metadata = try DBNMetadata(decoding: UnsafeRawBufferPointer(rebasing: input[..<byteCount]))
        begin(version: version, hasSendTime: metadata.hasSendTime)
        if policy == .toVersion3 { metadata.version = 3 }
        self.metadata = metadata
        offset += UInt64(byteCount)
        return .metadata(consumed: byteCount)
    }

    private mutating func begin(version: UInt8, hasSendTime: Bool) {
        sourceVersion = version
        sendTimeByteCount = hasSendTime ? 8 : 0
        for rawValue in 0..<256 {
            guard let layout = DBNRecordLayout.of(RecordType(rawValue: UInt8(rawValue))) else { continue }
            guard policy == .asIs || layout.isSame(in: version, and: 3) else { continue }
            passingByteCount[rawValue] = UInt16(layout.byteCount(version: version) + sendTimeByteCount)
        }
    }

    private mutating func need(_ bytes: Int) -> DBNStep {
        bytesNeeded = bytes
        return .needMore(bytes: bytes)
    }

    private static func foreign(_ input: UnsafeRawBufferPointer) -> DBNError {
        let magic = input.loadUnaligned(as: UInt32.self)
        if magic == 0xFD2F_B528 { return .compressed }
        if magic & 0xFFFF_FFF0 == 0x184D_2A50 { return .legacyDBZ }
        return .notDBN(firstBytes: Array(input.prefix(4)))
    }
}
