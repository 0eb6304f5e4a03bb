import COpenSSL

/// SHA-256 by OpenSSL (`SHA256_Init`, `SHA256_Update`, `SHA256_Final`), any number of digests one after the other.
/// Allocates nothing; OpenSSL's newer `EVP_Digest…` functions, same code below, take memory for each digest.
///
/// Costs about 0.5 ns a byte on x86-64 with SHA instructions.
public struct SHA256Hasher: ~Copyable {
    private var context = SHA256_CTX()

    public init() { start() }

    /// Adds bytes to the digest under way.
    public mutating func update(_ bytes: UnsafeRawBufferPointer) {
        precondition(SHA256_Update(&context, bytes.baseAddress, bytes.count) == 1, "SHA256_Update")
    }

    public mutating func update(_ bytes: [UInt8]) { bytes.withUnsafeBytes { update($0) } }

    public mutating func update(_ digest: SHA256Digest) { digest.withBytes { update($0) } }

    /// Ends the digest under way and starts the next.
    public mutating func finish() -> SHA256Digest {
        let digest = withUnsafeTemporaryAllocation(byteCount: SHA256Digest.byteCount, alignment: 8) { out in
            let bytes = out.baseAddress?.assumingMemoryBound(to: UInt8.self)
            precondition(SHA256_Final(bytes, &context) == 1, "SHA256_Final")
            return SHA256Digest(bytes: UnsafeRawBufferPointer(out))
        }
        start()
        return digest
    }

    /// One step of a chain of blocks: SHA256(previous ‖ block), `previous` as its 32 raw bytes.
    public mutating func chain(_ previous: SHA256Digest, _ block: UnsafeRawBufferPointer) -> SHA256Digest {
        update(previous)
        update(block)
        return finish()
    }

    private mutating func start() { precondition(SHA256_Init(&context) == 1, "SHA256_Init") }
}

extension SHA256Digest {
    /// The digest of `bytes`.
    public init(of bytes: [UInt8]) {
        var hasher = SHA256Hasher()
        hasher.update(bytes)
        self = hasher.finish()
    }
}
