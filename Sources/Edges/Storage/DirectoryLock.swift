@preconcurrency import Glibc
import Platform

/// The right to use a directory, held by one process at a time: `flock(2)` on the file `lock` in it, which carries the
/// holder's pid. It ends with this value or with the process, however that dies.
public struct DirectoryLock: ~Copyable {
    public enum Failure: Error, Equatable, Sendable {
        case file(SystemCallError)
        /// Another process, or another part of this one, holds it. The pid is nil while the holder is just writing it.
        case held(path: String, pid: Int?)
    }

    public static let fileName = "lock"

    public let path: String
    private let file: HolderFile
    /// How often a lock that this process seems to hold itself is tried again, 2 ms apart.
    private static let looks = 100

    /// Locks `directory`, which must exist.
    public init(_ directory: String) throws(Failure) {
        let path = "\(directory)/\(Self.fileName)"
        let file = try Self.file { () throws(SystemCallError) in try HolderFile(path) }
        var looks = Self.looks
        while try !Self.file({ () throws(SystemCallError) in try file.lock() }) {
            // A child that this process is starting has its files, and so a lock that was just given back, until it
            // becomes another program.
            let holder = file.holder()
            guard holder == Int(getpid()), looks > 0 else { throw .held(path: directory, pid: holder) }
            looks -= 1
            usleep(2_000)
        }
        try Self.file { () throws(SystemCallError) in try file.sign() }
        self.path = directory
        self.file = file
    }

    /// The process that holds the lock of a directory now; nil for none. Takes nothing, so that it keeps nobody out.
    public static func holder(of directory: String) -> Int? {
        let path = "\(directory)/\(fileName)"
        var found = stat()
        guard stat(path, &found) == 0, let locks = try? PosixFile.contents(of: "/proc/locks") else { return nil }
        // proc_locks(5): "1: FLOCK  ADVISORY  WRITE 811 08:01:131 0 EOF", the file by its inode.
        let isHeld = String(decoding: locks, as: UTF8.self).split(separator: "\n").contains { line in
            let words = line.split(separator: " ")
            return words.count > 5 && words[1] == "FLOCK" && words[5].hasSuffix(":\(found.st_ino)")
        }
        return isHeld ? HolderFile.holder(in: path) : nil
    }

    private static func file<Result>(_ body: () throws(SystemCallError) -> Result) throws(Failure) -> Result {
        do throws(SystemCallError) { return try body() } catch { throw .file(error) }
    }
}

extension DirectoryLock.Failure: CustomStringConvertible {
    public var description: String {
        switch self {
        case .file(let error): error.description
        case .held(let path, let pid): "\(path): in use by process \(pid.map(String.init) ?? "unknown")"
        }
    }
}
