@preconcurrency import Glibc
import Units

/// A file that appears under its name complete or not at all.
///
/// The bytes go to a file without a name (`O_TMPFILE`), which the kernel forgets when the process dies in any way.
/// Where the file system cannot do that they go to a hidden temporary name beside the target, removed unless `commit`
/// succeeds.
public struct AtomicFileWriter: ~Copyable {
    public let path: String
    public private(set) var byteCount = 0
    private let descriptor: Int32
    private let temporaryPath: String
    private let isUnnamed: Bool
    private var isCommitted = false

    /// - Throws: the directory does not exist or may not be written, or `path` is a directory.
    public init(path: String, mode: UInt32 = 0o644) throws(SystemCallError) {
        if (try? FileKind(of: path)) == .directory { throw SystemCallError(call: "open", path: path, code: EISDIR) }
        let directory = FilePath.parent(of: path)
        let name = ".\(FilePath.lastComponent(of: path)).\(getpid())-\(Self.stamp()).part"
        let temporary = FilePath.join(directory, name)
        let opened = try Self.openUnnamed(in: directory, or: temporary, for: path, mode: mode_t(mode))
        self.path = path
        temporaryPath = temporary
        descriptor = opened.descriptor
        isUnnamed = opened.isUnnamed
    }

    deinit {
        close(descriptor)
        if !isUnnamed, !isCommitted { unlink(temporaryPath) }
    }

    /// Appends all of `buffer`.
    public mutating func write(_ buffer: UnsafeRawBufferPointer) throws(SystemCallError) {
        var rest = buffer
        while !rest.isEmpty {
            let count = try SystemCallError.retrying("write", path) {
                Glibc.write(descriptor, rest.baseAddress, rest.count)
            }
            rest = UnsafeRawBufferPointer(rebasing: rest[count...])
        }
        byteCount += buffer.count
    }

    public mutating func write(_ bytes: [UInt8]) throws(SystemCallError) {
        try bytes.withUnsafeBytes { raw in Result { () throws(SystemCallError) in try write(raw) } }.get()
    }

    /// Replaces the first bytes, for a header that is only known at the end.
    public mutating func overwriteStart(_ bytes: [UInt8]) throws(SystemCallError) {
        precondition(bytes.count <= byteCount, "a header is replaced, not appended")
        let count = bytes.withUnsafeBytes { pwrite(descriptor, $0.baseAddress, $0.count, 0) }
        guard count == bytes.count else { throw SystemCallError(call: "pwrite", path: path, code: errno) }
    }

    /// Puts the file under its name, replacing what was there. With `sync` the bytes are on the disk first.
    public consuming func commit(sync: Bool = false) throws(SystemCallError) {
        if sync { _ = try SystemCallError.retrying("fsync", path) { Int(fsync(descriptor)) } }
        if isUnnamed {
            let source = "/proc/self/fd/\(descriptor)"
            _ = try SystemCallError.retrying("linkat", path) {
                Int(linkat(AT_FDCWD, source, AT_FDCWD, temporaryPath, AT_SYMLINK_FOLLOW))
            }
        }
        guard rename(temporaryPath, path) == 0 else {
            let code = errno
            if isUnnamed { unlink(temporaryPath) }
            throw SystemCallError(call: "rename", path: path, code: code)
        }
        isCommitted = true
        if sync { try Self.syncDirectory(of: path) }
    }

    /// Puts the file under its name unless something has that name. False then: of several writers exactly one wins.
    /// The bytes are on the disk first.
    public consuming func commitIfAbsent() throws(SystemCallError) -> Bool {
        _ = try SystemCallError.retrying("fsync", path) { Int(fsync(descriptor)) }
        let source = isUnnamed ? "/proc/self/fd/\(descriptor)" : temporaryPath
        guard linkat(AT_FDCWD, source, AT_FDCWD, path, AT_SYMLINK_FOLLOW) == 0 else {
            let code = errno
            if code == EEXIST { return false }
            throw SystemCallError(call: "linkat", path: path, code: code)
        }
        try Self.syncDirectory(of: path)
        return true
    }

    /// Puts the new name on the disk.
    private static func syncDirectory(of path: String) throws(SystemCallError) {
        let directory = FilePath.parent(of: path)
        let handle = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard handle >= 0 else { throw SystemCallError(call: "open", path: directory, code: errno) }
        defer { close(handle) }
        _ = try SystemCallError.retrying("fsync", directory) { Int(fsync(handle)) }
    }

    private static func openUnnamed(
        in directory: String, or temporaryPath: String, for path: String, mode: mode_t
    ) throws(SystemCallError) -> (descriptor: Int32, isUnnamed: Bool) {
        // __O_TMPFILE is a GNU name that does not import; its value is the same on x86-64 and arm64.
        let unnamed = open(directory, 0o20_000_000 | O_DIRECTORY | O_WRONLY | O_CLOEXEC, mode)
        if unnamed >= 0 { return (unnamed, true) }
        let named = open(temporaryPath, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode)
        guard named >= 0 else { throw SystemCallError(call: "open", path: path, code: errno) }
        return (named, false)
    }

    /// Two writers of one process must not share a temporary name.
    private static func stamp() -> UInt64 { UInt64(bitPattern: MonotonicClock.now().count) }
}
