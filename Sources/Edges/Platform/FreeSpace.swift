@preconcurrency import Glibc

/// What a file system has left.
public enum FreeSpace {
    /// Bytes that this user may still write below `directory` (`statvfs(3)`).
    ///
    /// - Parameter path: what is to be written, which an error names.
    public static func bytes(in directory: String, for path: String) throws(SystemCallError) -> UInt64 {
        var status = statvfs()
        _ = try SystemCallError.retrying("statvfs", path) { Int(statvfs(directory, &status)) }
        return UInt64(status.f_bavail) * UInt64(status.f_frsize)
    }
}
