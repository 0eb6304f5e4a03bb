import COpenSSL

/// HMAC-SHA256 (RFC 2104, FIPS 198-1) by OpenSSL.
public enum MessageAuthentication {
    /// The code of `message` under `key`. Any key length is valid; longer than 64 bytes is hashed first, as the
    /// standard says.
    public static func code(key: [UInt8], message: UnsafeRawBufferPointer) -> SHA256Digest {
        key.withUnsafeBytes { key in
            withUnsafeTemporaryAllocation(byteCount: SHA256Digest.byteCount, alignment: 8) { out in
                var written: UInt32 = 0
                let bytes = out.baseAddress?.assumingMemoryBound(to: UInt8.self)
                let text = message.baseAddress?.assumingMemoryBound(to: UInt8.self)
                let result = HMAC(EVP_sha256(), key.baseAddress, Int32(key.count), text, message.count, bytes, &written)
                precondition(result != nil && written == SHA256Digest.byteCount, "HMAC")
                return SHA256Digest(bytes: UnsafeRawBufferPointer(out))
            }
        }
    }

    public static func code(key: [UInt8], message: [UInt8]) -> SHA256Digest {
        message.withUnsafeBytes { code(key: key, message: $0) }
    }

    /// Whether two codes are equal, in a time that does not tell where they differ (`CRYPTO_memcmp`).
    public static func isEqual(_ a: SHA256Digest, _ b: SHA256Digest) -> Bool {
        a.withBytes { first in
            b.withBytes { CRYPTO_memcmp(first.baseAddress, $0.baseAddress, SHA256Digest.byteCount) == 0 }
        }
    }
}

/// The cryptographic library in use.
public enum CryptographyLibrary {
    /// As `openssl version` prints it.
    public static var version: String { String(cString: OpenSSL_version(OPENSSL_VERSION)) }
}
