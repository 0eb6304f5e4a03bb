@preconcurrency import Glibc

/// What a file system has left.
public enum FreeSpace {
    /// Bytes that this user may still write below `directory` (`statvfs(3)`).
    public static func bytes(in directory: String) throws(SystemCallError) -> UInt64 {
        var status = statvfs()
        _ = try SystemCallError.retrying("statvfs", directory) { Int(statvfs(directory, &status)) }
        return UInt64(status.f_bavail) * UInt64(status.f_frsize)
    }
}
