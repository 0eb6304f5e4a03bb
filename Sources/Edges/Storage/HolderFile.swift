import Glibc
import Platform

/// A file that is locked by one process, or shared by several (`flock(2)`), and carries a holder's pid. The lock ends
/// with this value or with the process, however that dies.
public final class HolderFile {
    private let file: PosixFile

    /// Opens the file, made when it is absent. It is not locked yet.
    public init(_ path: String) throws(SystemCallError) {
        file = try PosixFile(path, .updateOrCreate, followsLink: false)
    }

    /// Without waiting: false when another has a lock that excludes this one.
    public func lock(isShared: Bool = false) throws(SystemCallError) -> Bool { try file.lock(isShared: isShared) }

    /// Writes this process's pid.
    public func sign() throws(SystemCallError) {
        try file.truncate(to: 0)
        try file.write(Array("\(getpid())\n".utf8), at: 0)
    }

    /// The pid that was signed last; nil while a holder is just writing it.
    public func holder() -> Int? { Self.holder(in: file) }

    public static func holder(in path: String) -> Int? {
        guard let file = try? PosixFile(path, .read) else { return nil }
        return holder(in: file)
    }

    private static func holder(in file: borrowing PosixFile) -> Int? {
        guard let bytes = try? file.read(at: 0, count: 32) else { return nil }
        return Int(String(decoding: bytes.prefix { $0 != UInt8(ascii: "\n") }, as: UTF8.self))
    }

    /// Keeps the lock until the process ends.
    public func keep() { _ = Unmanaged.passRetained(self) }
}
