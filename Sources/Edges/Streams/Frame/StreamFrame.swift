/// A frame that was received: a view of bytes that belong to somebody else, valid as long as they are.
public struct StreamFrame {
    public enum Failure: Error, Equatable, Sendable {
        /// Shorter than a header.
        case truncated(byteCount: Int)
        case topic
        /// Written by another version of this program.
        case version(found: UInt16)
        case kind(found: UInt16)
        /// Header and length do not agree.
        case length(byteCount: Int, expected: Int)
    }

    public let bytes: UnsafeRawBufferPointer
    public let topic: StreamTopic
    public let kind: FrameKind

    public init(_ bytes: UnsafeRawBufferPointer) throws(Failure) {
        guard bytes.count >= FrameLayout.headerByteCount else { throw .truncated(byteCount: bytes.count) }
        let field = UnsafeRawBufferPointer(rebasing: bytes[..<StreamTopic.fieldByteCount])
        guard let topic = StreamTopic(field: field) else { throw .topic }
        self.bytes = bytes
        self.topic = topic
        let version = Self.load(bytes, FrameLayout.versionOffset, UInt16.self)
        guard version == FrameLayout.version else { throw .version(found: version) }
        let code = Self.load(bytes, FrameLayout.kindOffset, UInt16.self)
        guard let kind = FrameKind(rawValue: code) else { throw .kind(found: code) }
        self.kind = kind
        let expected =
            FrameLayout.headerByteCount + Int(Self.load(bytes, FrameLayout.payloadByteCountOffset, UInt32.self))
        guard bytes.count == expected else { throw .length(byteCount: bytes.count, expected: expected) }
        if let payload = payloadByteCount, bytes.count != FrameLayout.headerByteCount + payload {
            throw .length(byteCount: bytes.count, expected: FrameLayout.headerByteCount + payload)
        }
    }

    /// Bytes of a payload of the frame's kind and columns; nil where they vary.
    private var payloadByteCount: Int? {
        if kind == .vector { return FrameLayout.vectorByteCount(columns: columnCount) }
        return RecordLayout.of(kind).map { kind.isTable ? columnCount * $0.byteCount : $0.byteCount }
    }

    /// Values of a vector, rows of a table.
    public var columnCount: Int { Int(Self.load(bytes, FrameLayout.columnsOffset, UInt16.self)) }
    public var sequence: UInt64 { Self.load(bytes, FrameLayout.sequenceOffset, UInt64.self) }
    /// Identity of the run that published it.
    public var run: UInt64 { Self.load(bytes, FrameLayout.runOffset, UInt64.self) }

    public var stamp: FrameStamp {
        FrameStamp(
            ringSequence: Self.load(bytes, FrameLayout.ringSequenceOffset, UInt64.self),
            eventTime: Self.load(bytes, FrameLayout.eventTimeOffset, UInt64.self),
            sendTime: Self.load(bytes, FrameLayout.sendTimeOffset, UInt64.self),
            receiveTime: Self.load(bytes, FrameLayout.receiveTimeOffset, UInt64.self),
            localTime: Self.load(bytes, FrameLayout.localTimeOffset, UInt64.self),
            publishTime: Self.load(bytes, FrameLayout.publishTimeOffset, UInt64.self),
            quality: Self.load(bytes, FrameLayout.qualityOffset, UInt16.self))
    }

    public var payload: UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(rebasing: bytes[FrameLayout.headerByteCount...])
    }

    /// Records in the payload: of a table its rows.
    public var recordCount: Int { kind.isTable ? columnCount : RecordLayout.of(kind) == nil ? 0 : 1 }

    public func record(_ index: Int) -> UnsafeRawBufferPointer {
        precondition(index >= 0 && index < recordCount, "the frame has the record")
        let byteCount = payload.count / recordCount
        return UnsafeRawBufferPointer(rebasing: payload[(index * byteCount)..<((index + 1) * byteCount)])
    }

    /// Value of a column of a vector.
    public func value(_ column: Int) -> Double {
        precondition(kind == .vector && column >= 0 && column < columnCount, "the vector has the column")
        return Double(bitPattern: Self.load(payload, column * 8, UInt64.self))
    }

    /// Whether a column of a vector is defined, by the bitmap.
    public func isDefined(_ column: Int) -> Bool {
        precondition(kind == .vector && column >= 0 && column < columnCount, "the vector has the column")
        return payload[columnCount * 8 + column / 8] >> UInt8(column % 8) & 1 == 1
    }

    /// Topics and their next sequences, of a heartbeat.
    var heads: [(topic: StreamTopic, next: UInt64)] {
        let size = StreamTopic.fieldByteCount + 8
        return stride(from: 0, to: payload.count - size + 1, by: size).compactMap { start in
            let field = UnsafeRawBufferPointer(rebasing: payload[start..<(start + StreamTopic.fieldByteCount)])
            guard let topic = StreamTopic(field: field) else { return nil }
            return (topic, Self.load(payload, start + StreamTopic.fieldByteCount, UInt64.self))
        }
    }

    static func load<T: FixedWidthInteger & BitwiseCopyable>(
        _ bytes: UnsafeRawBufferPointer, _ offset: Int, _ type: T.Type
    ) -> T {
        T(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: T.self))
    }
}
