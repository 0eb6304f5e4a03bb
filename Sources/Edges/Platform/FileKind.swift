@preconcurrency import Glibc

/// What a path names, links followed.
public enum FileKind: Equatable, Sendable {
    case file(byteCount: Int)
    case directory
    /// A pipe, a socket or a device.
    case other

    public init(of path: String) throws(SystemCallError) {
        var status = stat()
        _ = try SystemCallError.retrying("stat", path) { Int(stat(path, &status)) }
        self.init(status)
    }

    init(_ status: stat) {
        switch status.st_mode & S_IFMT {
        case S_IFREG: self = .file(byteCount: Int(status.st_size))
        case S_IFDIR: self = .directory
        default: self = .other
        }
    }
}

/// One file of the machine, whatever it is called.
public struct FileIdentity: Hashable, Sendable {
    public let device: UInt64
    public let inode: UInt64

    public init(of path: String) throws(SystemCallError) {
        var status = stat()
        _ = try SystemCallError.retrying("stat", path) { Int(stat(path, &status)) }
        device = UInt64(status.st_dev)
        inode = UInt64(status.st_ino)
    }
}
