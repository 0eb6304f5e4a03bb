/// What a client asks the snapshot socket. Little-endian, 64 bytes, one part:
///
///     0       4         6      8    16      24     32      64
///     | magic | version | kind | id | first | last | topic |
///       u32     u16       u16    u64  u64     u64    32 B
struct SnapshotRequest: Equatable {
    enum Kind: UInt16 {
        /// How the topic is read; of every topic when it is empty.
        case schema = 1
        /// The newest frame of the topic; of every topic when it is empty.
        case snapshot = 2
        /// The frames `first...last`; a `last` of UInt64.max means the newest.
        case frames = 3
    }

    static let byteCount = 64
    static let version: UInt16 = 1
    /// "LHRQ" as a little-endian number.
    private static let magic: UInt32 = 0x5152_484c

    var kind: Kind
    /// Chosen by the client; stands in every reply.
    var id: UInt64
    /// Nil for every topic.
    var topic: StreamTopic?
    var first: UInt64 = 0
    var last: UInt64 = 0

    var bytes: [UInt8] {
        let numbers = LittleEndianBytes()
            .adding(Self.magic).adding(Self.version).adding(kind.rawValue).adding(id).adding(first).adding(last)
        return numbers.bytes + (topic?.field ?? Array(repeating: 0, count: StreamTopic.fieldByteCount))
    }

    /// Nil for bytes that are no request of this version.
    static func read(_ bytes: UnsafeRawBufferPointer) -> SnapshotRequest? {
        guard bytes.count == byteCount, StreamFrame.load(bytes, 0, UInt32.self) == magic,
            StreamFrame.load(bytes, 4, UInt16.self) == version,
            let kind = Kind(rawValue: StreamFrame.load(bytes, 6, UInt16.self))
        else { return nil }
        let field = UnsafeRawBufferPointer(rebasing: bytes[32...])
        let topic = StreamTopic(field: field)
        guard topic != nil || (kind != .frames && field.allSatisfy { $0 == 0 }) else { return nil }
        return SnapshotRequest(
            kind: kind, id: StreamFrame.load(bytes, 8, UInt64.self), topic: topic,
            first: StreamFrame.load(bytes, 16, UInt64.self), last: StreamFrame.load(bytes, 24, UInt64.self))
    }
}

/// The first part of a reply; the second is its payload. Little-endian, 72 bytes:
///
///     0       4         6      8    16      24     32    40      72
///     | magic | version | kind | id | first | last | run | topic |
///       u32     u16       u16    u64  u64     u64    u64   32 B
struct SnapshotReply: Equatable {
    enum Kind: UInt16 {
        /// The payload is a schema, JSON.
        case schema = 1
        /// The payload is a frame; `first` and `last` are its sequence.
        case frame = 2
        /// The frames `first...last` are not kept any more. No payload.
        case gone = 3
        /// Everything that was asked for has been sent. Of one topic, `first` is its next sequence. No payload.
        case end = 4
        /// The publisher has no such topic. Nothing follows.
        case unknownTopic = 5
        /// The request could not be read; its id is 0. Nothing follows.
        case malformed = 6
    }

    static let byteCount = 72
    /// "LHRP" as a little-endian number.
    private static let magic: UInt32 = 0x5052_484c

    var kind: Kind
    var id: UInt64
    var topic: StreamTopic?
    var first: UInt64 = 0
    var last: UInt64 = 0
    var run: UInt64

    var bytes: [UInt8] {
        let numbers = LittleEndianBytes()
            .adding(Self.magic).adding(SnapshotRequest.version).adding(kind.rawValue).adding(id).adding(first)
            .adding(last).adding(run)
        return numbers.bytes + (topic?.field ?? Array(repeating: 0, count: StreamTopic.fieldByteCount))
    }

    static func read(_ bytes: UnsafeRawBufferPointer) -> SnapshotReply? {
        guard bytes.count == byteCount, StreamFrame.load(bytes, 0, UInt32.self) == magic,
            StreamFrame.load(bytes, 4, UInt16.self) == SnapshotRequest.version,
            let kind = Kind(rawValue: StreamFrame.load(bytes, 6, UInt16.self))
        else { return nil }
        return SnapshotReply(
            kind: kind, id: StreamFrame.load(bytes, 8, UInt64.self),
            topic: StreamTopic(field: UnsafeRawBufferPointer(rebasing: bytes[40...])),
            first: StreamFrame.load(bytes, 16, UInt64.self), last: StreamFrame.load(bytes, 24, UInt64.self),
            run: StreamFrame.load(bytes, 32, UInt64.self))
    }
}

/// Numbers one after the other, for messages that are made now and then.
struct LittleEndianBytes {
    private(set) var bytes: [UInt8] = []

    func adding<T: FixedWidthInteger & BitwiseCopyable>(_ value: T) -> LittleEndianBytes {
        var result = self
        withUnsafeBytes(of: value.littleEndian) { result.bytes.append(contentsOf: $0) }
        return result
    }
}
