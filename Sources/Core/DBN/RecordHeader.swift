import Units

/// The fields that every record begins with, for writing new records.
@frozen public struct RecordHeader: Hashable, BitwiseCopyable, Sendable {
    public var publisherID: UInt16
    public var instrumentID: InstrumentID
    /// When the venue says it happened.
    public var eventTime: Timestamp

    @inlinable public init(publisherID: UInt16, instrumentID: InstrumentID, eventTime: Timestamp) {
        self.publisherID = publisherID
        self.instrumentID = instrumentID
        self.eventTime = eventTime
    }

    /// Writes the first 16 bytes of a record.
    /// - Precondition: `byteCount` is a multiple of 4, at most 1020.
    @inlinable func write(_ type: RecordType, byteCount: Int, to output: UnsafeMutableRawPointer) {
        output.storeBytes(of: UInt8(byteCount / 4), as: UInt8.self)
        output.storeBytes(of: type.rawValue, toByteOffset: 1, as: UInt8.self)
        output.storeBytes(of: publisherID, toByteOffset: 2, as: UInt16.self)
        output.storeBytes(of: instrumentID.raw, toByteOffset: 4, as: UInt32.self)
        output.storeBytes(of: eventTime.nanoseconds, toByteOffset: 8, as: UInt64.self)
    }
}

/// Sizes in bytes of version 3 records without a send time, for the callers' buffers.
public enum RecordByteCount {
    public static let trade = 48
    public static let mbp1 = 80
    public static let mbp10 = 368
    public static let mbo = 56
    public static let status = 40
    public static let statistics = 80
    public static let system = 320
    public static let error = 320
    public static let symbolMapping = 176
    public static let instrumentDefinition = 520
    public static let ohlcv = 56
    /// The longest of all, with a send time.
    public static let largest = 528
}

extension UnsafeMutableRawPointer {
    /// Zeroes a text field and writes `text` into it.
    /// - Throws: `textNotEncodable` unless it is ASCII without NUL and leaves room for the final NUL.
    func storeText(_ text: String, at offset: Int, byteCount: Int) throws(DBNError) {
        let bytes = text.utf8
        guard bytes.count < byteCount, bytes.allSatisfy({ $0 != 0 && $0 < 0x80 }) else {
            throw .textNotEncodable(text, byteCountMax: byteCount - 1)
        }
        var position = offset
        for byte in bytes {
            storeBytes(of: byte, toByteOffset: position, as: UInt8.self)
            position += 1
        }
        while position < offset + byteCount {
            storeBytes(of: 0, toByteOffset: position, as: UInt8.self)
            position += 1
        }
    }
}
