import Security

/// The code that proves that the risk gateway sent a message: HMAC-SHA256 under the approval key, which risk and
/// execution alone have. For one thread.
struct ApprovalSeal {
    private let key: MessageAuthenticator

    init(_ key: SecretKey) { self.key = MessageAuthenticator(key) }

    func code(of bytes: [UInt8]) -> [UInt8] {
        bytes.withUnsafeBytes { key.code(of: $0) }.withBytes { Array($0) }
    }

    /// What was sealed; nil when the code is not that of the bytes.
    func open(_ bytes: [UInt8]) -> ArraySlice<UInt8>? {
        guard bytes.count > SHA256Digest.byteCount else { return nil }
        let body = bytes.dropLast(SHA256Digest.byteCount)
        let isValid = bytes.withUnsafeBytes { raw in
            let code = SHA256Digest(bytes: UnsafeRawBufferPointer(rebasing: raw[body.count...]))
            return key.isValid(code, for: UnsafeRawBufferPointer(rebasing: raw[..<body.count]))
        }
        return isValid ? body : nil
    }
}
