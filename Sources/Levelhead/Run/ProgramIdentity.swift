import Foundation
import Platform
import Security

/// Which program makes a run.
enum ProgramIdentity {
    /// Of the newest section of the changelog; the first release is not yet.
    static let version = "0.1.0"

    private static let chunkBytes = 1 << 20

    private static let hashed = Result<SHA256Digest, any Error> {
        let file = try PosixFile("/proc/self/exe", .read)
        let size = try file.size()
        var hasher = SHA256Hasher()
        var offset = 0
        while offset < size {
            let bytes = try file.read(at: offset, count: min(chunkBytes, size - offset))
            hasher.update(bytes)
            offset += bytes.count
        }
        return hasher.finish()
    }

    /// The SHA-256 of the program's file.
    static func digest() throws -> SHA256Digest { try hashed.get() }

    /// Begins to read the file, a few hundredths of a second, beside what comes first.
    static func prepare() { Thread.detachNewThread { _ = hashed } }
}
