import CPlatform
@preconcurrency import Glibc

/// An open file. Leaving scope closes it; whether the bytes are on the disk is what `sync()` says.
public struct PosixFile: ~Copyable {
    public enum Access: Sendable {
        /// An existing file, read only.
        case read
        /// An existing file, read and written.
        case update
        /// Read and written, made empty when absent.
        case updateOrCreate
        /// Read and written, must not exist yet.
        case create
    }

    public let path: String
    /// The number the system knows the file by: valid as long as this value.
    public let descriptor: Int32

    /// `open(2)`, close-on-exec. `mode` counts when the file is made. Without `followsLink` a symbolic link is refused.
    public init(
        _ path: String, _ access: Access, mode: mode_t = 0o600, followsLink: Bool = true
    ) throws(SystemCallError) {
        let flags: Int32 =
            switch access {
            case .read: O_RDONLY
            case .update: O_RDWR
            case .updateOrCreate: O_RDWR | O_CREAT
            case .create: O_RDWR | O_CREAT | O_EXCL
            }
        let descriptor = open(path, flags | O_CLOEXEC | (followsLink ? 0 : O_NOFOLLOW), mode)
        guard descriptor >= 0 else { throw SystemCallError(call: "open", path: path, code: errno) }
        self.path = path
        self.descriptor = descriptor
    }

    deinit { close(descriptor) }

    /// Bytes in the file.
    public func size() throws(SystemCallError) -> Int {
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw failure("fstat") }
        return Int(status.st_size)
    }

    /// Writes every byte at `offset` (`pwrite(2)`, repeated after short writes and signals).
    public func write(_ bytes: UnsafeRawBufferPointer, at offset: Int) throws(SystemCallError) {
        guard let base = bytes.baseAddress else { return }
        var done = 0
        while done < bytes.count {
            let count = pwrite(descriptor, base + done, bytes.count - done, off_t(offset + done))
            if count < 0 {
                guard errno == EINTR else { throw failure("pwrite") }
            } else {
                done += count
            }
        }
    }

    public func write(_ bytes: [UInt8], at offset: Int) throws(SystemCallError) {
        try bytes.span.bytes.withUnsafeBytes { (raw) throws(SystemCallError) in try write(raw, at: offset) }
    }

    /// Fills `bytes` from `offset` (`pread(2)`) and returns how many there were: fewer only at the end of the file.
    public func read(into bytes: UnsafeMutableRawBufferPointer, at offset: Int) throws(SystemCallError) -> Int {
        guard let base = bytes.baseAddress else { return 0 }
        var done = 0
        while done < bytes.count {
            let count = pread(descriptor, base + done, bytes.count - done, off_t(offset + done))
            if count == 0 { break }
            if count < 0 {
                guard errno == EINTR else { throw failure("pread") }
            } else {
                done += count
            }
        }
        return done
    }

    /// `count` bytes from `offset`, fewer only at the end of the file.
    public func read(at offset: Int, count: Int) throws(SystemCallError) -> [UInt8] {
        // An empty array is one for all, and the initializer would write its count into it.
        if count == 0 { return [] }
        var failed: SystemCallError?
        let bytes = [UInt8](unsafeUninitializedCapacity: count) { buffer, initialized in
            do throws(SystemCallError) {
                initialized = try read(into: UnsafeMutableRawBufferPointer(buffer), at: offset)
            } catch { failed = error }
        }
        if let failed { throw failed }
        return bytes
    }

    /// `ftruncate(2)`.
    public func truncate(to size: Int) throws(SystemCallError) {
        guard ftruncate(descriptor, off_t(size)) == 0 else { throw failure("ftruncate") }
    }

    /// Sets space aside for `count` bytes from `offset` on, without a longer file: writes there do not fail for
    /// want of it. Where the file system cannot do that, nothing is set aside and nothing thrown.
    public func reserve(from offset: Int, count: Int) throws(SystemCallError) {
        while true {
            let code = lh_reserve(descriptor, Int64(offset), Int64(count))
            switch code {
            case 0, EOPNOTSUPP, ENOSYS, EINVAL: return
            case EINTR: continue
            default: throw SystemCallError(call: "fallocate", path: path, code: code)
            }
        }
    }

    /// `fdatasync(2)`: contents and size reach the disk.
    public func sync() throws(SystemCallError) {
        guard fdatasync(descriptor) == 0 else { throw failure("fdatasync") }
    }

    /// `flock(2)`, exclusive or shared, without waiting. False when another open file has a lock that excludes this
    /// one; it ends with this file.
    public func lock(isShared: Bool = false) throws(SystemCallError) -> Bool {
        while flock(descriptor, (isShared ? LOCK_SH : LOCK_EX) | LOCK_NB) != 0 {
            switch errno {
            case EINTR: continue
            case EWOULDBLOCK: return false
            default: throw failure("flock")
            }
        }
        return true
    }

    private func failure(_ call: StaticString) -> SystemCallError {
        SystemCallError(call: call, path: path, code: errno)
    }
}

extension PosixFile {
    /// Whether something has this name, of any kind.
    public static func exists(_ path: String) -> Bool { access(path, F_OK) == 0 }

    /// Whether nothing has this name. Unlike the opposite of `exists`, not of what this user may not look at.
    public static func isMissing(_ path: String) -> Bool {
        var found = stat()
        return lstat(path, &found) != 0 && errno == ENOENT
    }

    /// The whole of a file, also of one in `/proc` or `/sys`, which tells no size.
    public static func contents(of path: String) throws(SystemCallError) -> [UInt8] {
        let file = try PosixFile(path, .read)
        var bytes: [UInt8] = []
        while true {
            let part = try file.read(at: bytes.count, count: max(4_096, try file.size() - bytes.count))
            if part.isEmpty { return bytes }
            bytes += part
        }
    }

    /// Replaces `path` so that a reader, or a restart after a crash or power loss, sees the old bytes or all of the new
    /// ones. A failure leaves nothing.
    public static func replace(_ path: String, with bytes: [UInt8], mode: UInt32 = 0o600) throws(SystemCallError) {
        var writer = try AtomicFileWriter(path: path, mode: mode)
        try writer.write(bytes)
        try writer.commit(sync: true)
    }
}
