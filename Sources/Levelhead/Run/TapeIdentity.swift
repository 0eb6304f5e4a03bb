import Foundation
import Platform
import Security
import Tape

/// Which tapes a run read: their sizes and the digest of their bytes.
///
/// A fingerprint of the first and last 64 KiB is there at once and tells whether a resumed run has the same tapes; the
/// digest of all bytes takes half a second a gigabyte and is made in another thread while the run goes on.
final class TapeIdentity: Sendable {
    struct File: Sendable {
        let path: String
        let byteCount: Int
        let fingerprint: SHA256Digest
    }

    private static let edgeBytes = 1 << 16
    private static let chunkBytes = 1 << 20

    let files: [File]
    private let digests: DigestWork

    private final class DigestWork: @unchecked Sendable {
        // SAFETY: `values` is written by one thread before it signals, and read after the wait.
        var values: [SHA256Digest?] = []
        let done = DispatchSemaphore(value: 0)
    }

    /// Reads the edges of every file and starts to read all of them.
    init(_ paths: [String]) throws {
        files = try paths.map { try Self.file($0) }
        let work = DigestWork()
        digests = work
        Thread.detachNewThread {
            work.values = paths.map { try? Self.digest($0) }
            work.done.signal()
        }
    }

    /// What a resumed run must have in common with the run that it goes on with. Names do not matter.
    var canonicalText: String {
        files.map { "tape=\($0.byteCount) \($0.fingerprint.hexadecimal)\n" }.sorted().joined()
    }

    /// The SHA-256 of every file's bytes, in the order of `files`; waits for it.
    func digestsWhenDone() -> [SHA256Digest?] {
        digests.done.wait()
        digests.done.signal()
        return digests.values
    }

    private static func file(_ path: String) throws -> File {
        let file = try PosixFile(path, .read)
        let size = try file.size()
        var hasher = SHA256Hasher()
        hasher.update(try file.read(at: 0, count: min(size, edgeBytes)))
        hasher.update(try file.read(at: max(0, size - edgeBytes), count: min(size, edgeBytes)))
        return File(path: path, byteCount: size, fingerprint: hasher.finish())
    }

    private static func digest(_ path: String) throws -> SHA256Digest {
        let file = try PosixFile(path, .read)
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
}
