import Platform
import Security

/// What is wrong with an audit log. Lines count from 1.
public enum AuditLogError: Error, Equatable, Sendable {
    case file(SystemCallError)
    /// A snapshot continues behind the end of the log.
    case shorter(path: String, size: Int, expected: Int)
    /// A line is not an object that ends in its hash.
    case malformed(path: String, line: Int, offset: Int)
    /// A line's hash is not the one that follows from what is before it, or that a snapshot knows.
    case otherHash(path: String, line: Int, expected: SHA256Digest, found: SHA256Digest)
    /// The run that is resumed produced another line than the run before it.
    case differs(path: String, line: Int, existing: String, produced: String)
    /// The run that is resumed ended before it had produced the lines that are there.
    case notProduced(path: String, line: Int, bytes: Int)
    /// The last line has no line feed: a process was killed while writing it.
    case torn(path: String, line: Int, offset: Int, bytes: Int)

    static func file<Result: ~Copyable>(
        _ body: () throws(SystemCallError) -> Result
    ) throws(AuditLogError) -> Result {
        do throws(SystemCallError) { return try body() } catch { throw .file(error) }
    }
}

extension AuditLogError: CustomStringConvertible {
    public var description: String {
        switch self {
        case .file(let error): error.description
        case .shorter(let path, let size, let expected):
            "\(path): \(size) bytes, but the snapshot continues at byte \(expected)"
        case .malformed(let path, let line, let offset):
            "\(path): line \(line), byte \(offset): not a JSON object that ends in its hash"
        case .otherHash(let path, let line, let expected, let found):
            "\(path): line \(line): hash \(found), expected \(expected)"
        case .differs(let path, let line, let existing, let produced):
            "\(path): line \(line) was produced again and differs: there \(existing), now \(produced)"
        case .notProduced(let path, let line, let bytes):
            "\(path): the resumed run ended before line \(line): \(bytes) bytes were not produced again"
        case .torn(let path, let line, let offset, let bytes):
            "\(path): line \(line), byte \(offset): \(bytes) bytes without a line feed"
        }
    }
}
