/// A record with one fixed layout of bytes, little-endian and without padding: what digests are taken over and what
/// journals hold. The layout is drawn at each type; changing one changes every digest.
public protocol CanonicalBytes {
    /// Bytes of every record of this type.
    static var byteCount: Int { get }
    /// Writes exactly `byteCount` bytes.
    func write(into writer: inout CanonicalWriter)
}

/// Writes fields one after the other into memory of the caller. Does not allocate.
@frozen public struct CanonicalWriter {
    private let base: UnsafeMutableRawPointer
    private let capacity: Int
    public private(set) var count = 0

    /// - Parameter buffer: outlives the writer; not empty.
    public init(_ buffer: UnsafeMutableRawBufferPointer) {
        guard let base = buffer.baseAddress else { preconditionFailure("a writer has room") }
        self.base = base
        capacity = buffer.count
    }

    public mutating func put<T: FixedWidthInteger & BitwiseCopyable>(_ value: T) {
        let size = MemoryLayout<T>.size
        precondition(size <= capacity - count, "the record fits in its buffer")
        (base + count).storeBytes(of: value.littleEndian, as: T.self)
        count += size
    }

    /// Every NaN is written as 0x7ff8000000000000.
    public mutating func put(_ value: Double) {
        put(value.isNaN ? 0x7ff8_0000_0000_0000 : value.bitPattern)
    }
}

extension CanonicalBytes {
    /// The bytes as an array, for tests and cold paths.
    public var canonicalBytes: [UInt8] {
        [UInt8](unsafeUninitializedCapacity: Self.byteCount) { buffer, count in
            var writer = CanonicalWriter(UnsafeMutableRawBufferPointer(buffer))
            write(into: &writer)
            precondition(writer.count == Self.byteCount, "a record writes all of its bytes")
            count = writer.count
        }
    }
}
