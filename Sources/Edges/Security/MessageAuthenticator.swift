import COpenSSL

/// HMAC-SHA256 under one key, for one message after the other: what depends on the key alone is done once (`HMAC_CTX`).
///
/// For one thread. A code costs about 1 µs; `MessageAuthentication.code`, which looks the algorithm up each time, 60 µs
/// when nothing has used it for a while.
public final class MessageAuthenticator {
    private let context: OpaquePointer

    public init(_ key: SecretKey) {
        guard let context = HMAC_CTX_new() else { preconditionFailure("HMAC_CTX_new") }
        self.context = context
        key.withBytes { key in
            precondition(
                HMAC_Init_ex(context, key.baseAddress, Int32(key.count), EVP_sha256(), nil) == 1, "HMAC_Init_ex")
        }
    }

    deinit { HMAC_CTX_free(context) }

    public func code(of message: UnsafeRawBufferPointer) -> SHA256Digest {
        // Without a key it starts anew with the one before.
        var isDone = HMAC_Init_ex(context, nil, 0, nil, nil) == 1
        if let bytes = message.baseAddress?.assumingMemoryBound(to: UInt8.self) {
            isDone = isDone && HMAC_Update(context, bytes, message.count) == 1
        }
        return withUnsafeTemporaryAllocation(byteCount: SHA256Digest.byteCount, alignment: 8) { out in
            var written: UInt32 = 0
            let bytes = out.baseAddress?.assumingMemoryBound(to: UInt8.self)
            isDone = isDone && HMAC_Final(context, bytes, &written) == 1
            precondition(isDone && written == SHA256Digest.byteCount, "HMAC")
            return SHA256Digest(bytes: UnsafeRawBufferPointer(out))
        }
    }

    /// Whether `code` is that of `message`, in a time that does not tell where they differ.
    public func isValid(_ code: SHA256Digest, for message: UnsafeRawBufferPointer) -> Bool {
        MessageAuthentication.isEqual(self.code(of: message), code)
    }
}
