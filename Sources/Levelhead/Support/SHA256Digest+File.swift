import Platform
import Security

extension SHA256Digest {
    private static let chunkBytes = 1 << 20

    /// Of a whole file, read in pieces.
    init(of file: borrowing PosixFile) throws {
        let size = try file.size()
        var hasher = SHA256Hasher()
        var offset = 0
        while offset < size {
            let bytes = try file.read(at: offset, count: min(Self.chunkBytes, size - offset))
            if bytes.isEmpty { break }
            hasher.update(bytes)
            offset += bytes.count
        }
        self = hasher.finish()
    }
}
