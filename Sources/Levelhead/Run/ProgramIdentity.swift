import Foundation
import Platform
import Security

/// Which program makes a run.
enum ProgramIdentity {
    /// Of the newest section of the changelog; the first release is not yet.
    static let version = "0.1.0"

    private static let hashed = Result<SHA256Digest, any Error> {
        try SHA256Digest(of: try PosixFile("/proc/self/exe", .read))
    }

    /// The SHA-256 of the program's file.
    static func digest() throws -> SHA256Digest { try hashed.get() }

    /// Begins to read the file, a few hundredths of a second, beside what comes first.
    static func prepare() { Thread.detachNewThread { _ = hashed } }
}
