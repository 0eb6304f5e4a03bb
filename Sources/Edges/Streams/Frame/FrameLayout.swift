/// The header of every message of a stream; the payload follows. Little-endian, every field at a multiple of its size:
///
/// | offset | type | field |
/// |---|---|---|
/// | 0 | 32 bytes | `topic`: the name, padded with zeros |
/// | 32 | UInt16 | `version` of this layout: 1 |
/// | 34 | UInt16 | `kind` of the payload (`FrameKind`) |
/// | 36 | UInt16 | `columns`: values of a vector, rows of a table; 0 for other kinds |
/// | 38 | UInt16 | `quality`: flags of `DataQuality` |
/// | 40 | UInt64 | `sequence`: place in the topic, from 0, without gaps |
/// | 48 | UInt64 | `ring_sequence`: the record that it was made from |
/// | 56 | UInt64 | `ts_event`: the exchange's time of that record |
/// | 64 | UInt64 | `ts_send`: when the exchange sent it |
/// | 72 | UInt64 | `ts_recv`: when Databento received it; the row is knowable from then on |
/// | 80 | UInt64 | `ts_local`: when we received it |
/// | 88 | UInt64 | `ts_publish`: when this was published |
/// | 96 | UInt64 | `run`: identity of the run |
/// | 104 | UInt32 | `payload_bytes` |
/// | 108 | UInt32 | 0 |
///
/// Times are ns since 1970 UTC, UInt64.max when unknown. The payload begins at byte 112. Of a vector it is `columns`
/// Float64, every NaN as 0x7ff8000000000000, and a bitmap of the values that are not NaN: first column in the lowest
/// bit of the first byte, padded with zeros to a multiple of eight bytes. Of a table it is rows of one length, one
/// behind the other.
enum FrameLayout {
    static let version: UInt16 = 1
    static let headerByteCount = 112

    static let versionOffset = 32
    static let kindOffset = 34
    static let columnsOffset = 36
    static let qualityOffset = 38
    static let sequenceOffset = 40
    static let ringSequenceOffset = 48
    static let eventTimeOffset = 56
    static let sendTimeOffset = 64
    static let receiveTimeOffset = 72
    static let localTimeOffset = 80
    static let publishTimeOffset = 88
    static let runOffset = 96
    static let payloadByteCountOffset = 104

    /// Name and NumPy type of each field of the header, in order.
    static let fields: [(name: String, type: String)] = [
        ("topic", "S32"), ("version", "<u2"), ("kind", "<u2"), ("columns", "<u2"), ("quality", "<u2"),
        ("sequence", "<u8"), ("ring_sequence", "<u8"), ("ts_event", "<u8"), ("ts_send", "<u8"), ("ts_recv", "<u8"),
        ("ts_local", "<u8"), ("ts_publish", "<u8"), ("run", "<u8"), ("payload_bytes", "<u4"), ("reserved", "<u4"),
    ]

    static func bitmapByteCount(columns: Int) -> Int { (columns + 63) / 64 * 8 }
    static func vectorByteCount(columns: Int) -> Int { columns * 8 + bitmapByteCount(columns: columns) }
}

/// What the payload of a frame is.
public enum FrameKind: UInt16, Sendable, CaseIterable {
    /// Float64 values and a bitmap.
    case vector = 1
    // Records by their canonical bytes.
    case signal = 2
    case verdict = 3
    case order = 4
    case fill = 5
    /// One JSON object.
    case text = 6
    /// A `StreamSchema` as JSON: how the frames of a topic are read.
    case schema = 7
    /// For each topic of the publisher, its name (32 bytes) and its next sequence (UInt64).
    case heartbeat = 8
    /// A table: a row for each strike of the option chain, lowest first (`StrikeRow`).
    case strikes = 9

    /// The payload is rows of one layout, and frames differ in length.
    public var isTable: Bool { self == .strikes }
}

/// When and from what a frame was made. Times are ns; `UInt64.max` when unknown.
public struct FrameStamp: BitwiseCopyable, Equatable, Sendable {
    public var ringSequence: UInt64
    public var eventTime: UInt64
    public var sendTime: UInt64
    public var receiveTime: UInt64
    public var localTime: UInt64
    public var publishTime: UInt64
    /// `DataQuality.rawValue`.
    public var quality: UInt16

    public init(
        ringSequence: UInt64, eventTime: UInt64 = .max, sendTime: UInt64 = .max, receiveTime: UInt64 = .max,
        localTime: UInt64 = .max, publishTime: UInt64, quality: UInt16 = 0
    ) {
        self.ringSequence = ringSequence
        self.eventTime = eventTime
        self.sendTime = sendTime
        self.receiveTime = receiveTime
        self.localTime = localTime
        self.publishTime = publishTime
        self.quality = quality
    }
}
