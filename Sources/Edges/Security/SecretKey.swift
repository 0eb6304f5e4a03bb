/// A key for message authentication. It has no text: printing, interpolating, dumping or encoding one gives a word in
/// place of its bytes, so that no log and no report can hold them.
public struct SecretKey: Sendable {
    public static let byteCount = 32

    private let bytes: [UInt8]

    /// Takes 32 bytes; nil for any other number.
    public init?(bytes: [UInt8]) {
        guard bytes.count == Self.byteCount else { return nil }
        self.bytes = bytes
    }

    func withBytes<Result>(_ body: (UnsafeRawBufferPointer) -> Result) -> Result { bytes.withUnsafeBytes(body) }

    /// HMAC-SHA256 of `message` under this key.
    public func code(of message: UnsafeRawBufferPointer) -> SHA256Digest {
        MessageAuthentication.code(key: bytes, message: message)
    }

    /// Whether `code` is that of `message`, in a time that does not tell where they differ.
    public func isValid(_ code: SHA256Digest, for message: UnsafeRawBufferPointer) -> Bool {
        MessageAuthentication.isEqual(self.code(of: message), code)
    }
}

extension SecretKey: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    public var description: String { "(secret)" }
    public var debugDescription: String { description }
    public var customMirror: Mirror { Mirror(self, children: []) }
}
