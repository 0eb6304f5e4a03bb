/// The 32 bytes of a SHA-256 digest, in the order FIPS 180-4 writes them.
///
/// A value without references: it can be a field of a snapshot (`StateArchive.field`) or of a header.
public struct SHA256Digest: BitwiseCopyable, Hashable, Sendable {
    public static let byteCount = 32

    /// The bytes as they lie in memory, eight at a time: never read as numbers.
    private var storage: (UInt64, UInt64, UInt64, UInt64)

    /// Thirty-two zero bytes: the start of a chain.
    public init() { storage = (0, 0, 0, 0) }

    /// Copies the first 32 of `bytes`, which must hold at least as many.
    public init(bytes: UnsafeRawBufferPointer) {
        precondition(bytes.count >= Self.byteCount, "a digest has 32 bytes")
        storage = bytes.loadUnaligned(as: (UInt64, UInt64, UInt64, UInt64).self)
    }

    /// Reads 64 hexadecimal digits of either case; nil for anything else.
    public init?(hexadecimal digits: some Collection<UInt8>) {
        guard digits.count == 2 * Self.byteCount else { return nil }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(Self.byteCount)
        var high: UInt8?
        for digit in digits {
            guard let value = Self.value(ofDigit: digit) else { return nil }
            if let first = high {
                bytes.append(first << 4 | value)
                high = nil
            } else {
                high = value
            }
        }
        self = bytes.withUnsafeBytes { SHA256Digest(bytes: $0) }
    }

    public init?(hexadecimal text: String) { self.init(hexadecimal: text.utf8) }

    /// Lends the 32 bytes.
    public func withBytes<Result, Failure: Error>(
        _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        var copy = storage
        return try withUnsafeBytes(of: &copy, body)
    }

    /// Writes the 64 lower-case hexadecimal digits to the start of `out`. Allocates nothing.
    public func writeHexadecimal(to out: UnsafeMutableRawBufferPointer) {
        precondition(out.count >= 2 * Self.byteCount, "a digest has 64 digits")
        withBytes { bytes in
            for index in 0..<Self.byteCount {
                out[2 * index] = Self.digit(bytes[index] >> 4)
                out[2 * index + 1] = Self.digit(bytes[index] & 15)
            }
        }
    }

    /// 64 lower-case hexadecimal digits.
    public var hexadecimal: String {
        String(unsafeUninitializedCapacity: 2 * Self.byteCount) { buffer in
            writeHexadecimal(to: UnsafeMutableRawBufferPointer(buffer))
            return 2 * Self.byteCount
        }
    }

    public static func == (a: SHA256Digest, b: SHA256Digest) -> Bool { a.storage == b.storage }

    public func hash(into hasher: inout Hasher) { withBytes { hasher.combine(bytes: $0) } }

    private static func digit(_ value: UInt8) -> UInt8 { value < 10 ? 0x30 + value : 0x57 + value }

    private static func value(ofDigit digit: UInt8) -> UInt8? {
        switch digit {
        case 0x30...0x39: digit - 0x30
        case 0x41...0x46: digit - 0x37
        case 0x61...0x66: digit - 0x57
        default: nil
        }
    }
}

extension SHA256Digest: CustomStringConvertible {
    public var description: String { hexadecimal }
}
