import Foundation
import Platform
import Security
import Tape

/// Which tapes a run read: their sizes and the digest of their bytes.
///
/// A fingerprint of samples is there at once and tells whether a resumed run has the same tapes. The digest of all
/// bytes takes half a second a gigabyte, as much as the records of an uncompressed tape: it is made in another thread
/// while the run goes on, and of files up to 256 MiB only, a compressed day of one contract.
final class TapeIdentity: Sendable {
    struct File: Sendable {
        let path: String
        let byteCount: Int
        let fingerprint: SHA256Digest
    }

    private static let sampleBytes = 1 << 16
    private static let sampleCount = 64
    private static let largestDigested = 1 << 28

    let files: [File]
    private let digests: DigestWork

    private final class DigestWork: @unchecked Sendable {
        // SAFETY: `values` is written by one thread before it signals, and read after the wait.
        var values: [SHA256Digest?] = []
        let done = DispatchSemaphore(value: 0)
    }

    /// Reads samples of every file and starts to read all of them.
    init(_ paths: [String]) throws {
        // Absolute, so that a run is verified from everywhere.
        files = try Self.files(paths)
        let work = DigestWork()
        digests = work
        Thread.detachNewThread {
            work.values = paths.map { (try? Self.digest($0)) ?? nil }
            work.done.signal()
        }
    }

    /// What a resumed run must have in common with the run that it goes on with. Names do not matter.
    var canonicalText: String {
        files.map { "tape=\($0.byteCount) \($0.fingerprint.hexadecimal)\n" }.sorted().joined()
    }

    /// The SHA-256 of every file's bytes, in the order of `files`; nil for the large ones. Waits for it.
    func digestsWhenDone() -> [SHA256Digest?] {
        digests.done.wait()
        digests.done.signal()
        return digests.values
    }

    /// Sizes and samples alone.
    static func files(_ paths: [String]) throws -> [File] { try paths.map { try file(RunSite.absolute($0)) } }

    private static func file(_ path: String) throws -> File {
        let file = try PosixFile(path, .read)
        let size = try file.size()
        var hasher = SHA256Hasher()
        // Evenly spaced, the first and the last bytes among them.
        for sample in 0..<sampleCount {
            let offset = max(0, size - sampleBytes) / (sampleCount - 1) * sample
            hasher.update(try file.read(at: offset, count: min(size - offset, sampleBytes)))
            if size <= sampleBytes { break }
        }
        hasher.update(try file.read(at: max(0, size - sampleBytes), count: min(size, sampleBytes)))
        return File(path: path, byteCount: size, fingerprint: hasher.finish())
    }

    private static func digest(_ path: String) throws -> SHA256Digest? {
        let file = try PosixFile(path, .read)
        return try file.size() <= largestDigested ? try SHA256Digest(of: file) : nil
    }
}
