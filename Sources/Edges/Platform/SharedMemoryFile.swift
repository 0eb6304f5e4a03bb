import CPlatform
import Glibc

/// Why shared memory could not be had.
public enum SharedMemoryError: Error, Hashable, Sendable {
    /// Nothing has this name; its writer has not made it yet.
    case absent(path: String)
    /// A living process holds the writer's lock.
    case owned(path: String)
    /// It exists with another size, so another configuration or version made it.
    case wrongSize(path: String, found: Int, expected: Int)
    /// It belongs to another user, or others than its owner may open it: whoever made it could write what is taken for
    /// ours.
    case foreign(path: String)
    /// A system call failed.
    case system(call: String, path: String, errno: Int32)
}

extension SharedMemoryError: CustomStringConvertible {
    public var description: String {
        switch self {
        case .absent(let path): "\(path): no such ring"
        case .owned(let path): "\(path): in use by another writer"
        case .wrongSize(let path, let found, let expected): "\(path): \(found) bytes, expected \(expected)"
        case .foreign(let path): "\(path): expected a file of this user's that nobody else may open"
        case .system(let call, let path, let code): "\(path): \(String(cString: strerror(code))) (\(call))"
        }
    }
}

/// A mapped file in memory (`/dev/shm`), mode 0600, that processes share by its path.
///
/// The writer's side holds an exclusive lock (`flock`) on the file while this value lives; the kernel drops it when the
/// process dies, however it dies. The file appears under its name only when its bytes are complete. Unmapped on
/// release; the file stays for the successor.
public final class SharedMemoryFile: @unchecked Sendable {
    // SAFETY of @unchecked: immutable; who may touch which byte is the protocol of whatever lies in the memory.
    public let path: String
    public let bytes: UnsafeMutableRawBufferPointer
    private let descriptor: Int32

    private init(path: String, bytes: UnsafeMutableRawBufferPointer, descriptor: Int32) {
        self.path = path
        self.bytes = bytes
        self.descriptor = descriptor
    }

    deinit {
        munmap(bytes.baseAddress, bytes.count)
        // Closing drops the lock only when no child that is being started has the descriptor still.
        flock(descriptor, LOCK_UN)
        close(descriptor)
    }

    /// The writer's side: takes the file that a predecessor left, or makes it.
    ///
    /// `prepare` gets the zeroed bytes of a new file before anybody else can see it. The pages are allocated at once,
    /// so that a full `/dev/shm` is an error here and not a signal later.
    /// - Throws: `owned` while another writer lives, `wrongSize`, `system`.
    public static func own(
        path: String, byteCount: Int, prepare: (UnsafeMutableRawBufferPointer) -> Void
    ) throws(SharedMemoryError) -> SharedMemoryFile {
        while true {
            if let file = try takeOver(path: path, byteCount: byteCount) { return file }
            if let file = try make(path: path, byteCount: byteCount, prepare: prepare) { return file }
            // Somebody made it, or removed it, between the two: look again.
        }
    }

    /// The side of one of several that all write, and whose bytes begin as zeros: takes the file that is there, or
    /// makes it. Nobody holds a lock.
    /// - Throws: `wrongSize`, `system`.
    public static func share(path: String, byteCount: Int) throws(SharedMemoryError) -> SharedMemoryFile {
        while true {
            if let file = try takeOver(path: path, byteCount: byteCount, locks: false) { return file }
            if let file = try make(path: path, byteCount: byteCount, locks: false, prepare: { _ in }) {
                return file
            }
        }
    }

    /// A reader's side. It may write the first `writableBytes` (whole pages); the rest is mapped read-only.
    /// - Throws: `absent`, `system`.
    public static func open(path: String, writableBytes: Int) throws(SharedMemoryError) -> SharedMemoryFile {
        let descriptor = Glibc.open(path, O_RDWR | O_CLOEXEC | O_NOFOLLOW)
        if descriptor < 0 {
            let code = errno
            throw code == ENOENT ? .absent(path: path) : .system(call: "open", path: path, errno: code)
        }
        let size: Int
        let bytes: UnsafeMutableRawBufferPointer
        do throws(SharedMemoryError) {
            let found = try status(of: descriptor, path: path)
            guard found.isOurs else { throw SharedMemoryError.foreign(path: path) }
            size = found.size
            guard size > writableBytes else {
                throw SharedMemoryError.wrongSize(path: path, found: size, expected: writableBytes + 1)
            }
            bytes = try map(descriptor, byteCount: size, path: path)
        } catch {
            close(descriptor)
            throw error
        }
        let file = SharedMemoryFile(path: path, bytes: bytes, descriptor: descriptor)
        if let base = bytes.baseAddress, mprotect(base + writableBytes, size - writableBytes, PROT_READ) != 0 {
            throw .system(call: "mprotect", path: path, errno: errno)
        }
        return file
    }

    /// Removes the name; those that have it mapped keep their memory. Not there is not an error.
    /// - Throws: `system`.
    public static func remove(path: String) throws(SharedMemoryError) {
        if unlink(path) != 0, errno != ENOENT { throw .system(call: "unlink", path: path, errno: errno) }
    }
}

extension SharedMemoryFile {
    /// The existing file, locked; nil if there is none, or if its name went to another file meanwhile.
    private static func takeOver(
        path: String, byteCount: Int, locks: Bool = true
    ) throws(SharedMemoryError) -> SharedMemoryFile? {
        let descriptor = Glibc.open(path, O_RDWR | O_CLOEXEC | O_NOFOLLOW)
        if descriptor < 0 {
            let code = errno
            if code == ENOENT { return nil }
            throw .system(call: "open", path: path, errno: code)
        }
        do throws(SharedMemoryError) {
            if locks { try lock(descriptor, path: path) }
            let found = try status(of: descriptor, path: path)
            guard inode(at: path) == found.inode else {
                close(descriptor)
                return nil
            }
            guard found.isOurs else { throw SharedMemoryError.foreign(path: path) }
            guard found.size == byteCount else {
                throw SharedMemoryError.wrongSize(path: path, found: found.size, expected: byteCount)
            }
            let bytes = try map(descriptor, byteCount: byteCount, path: path)
            return SharedMemoryFile(path: path, bytes: bytes, descriptor: descriptor)
        } catch {
            close(descriptor)
            throw error
        }
    }

    /// A new file, locked and prepared, then linked to its name; nil if the name was taken meanwhile.
    private static func make(
        path: String, byteCount: Int, locks: Bool = true, prepare: (UnsafeMutableRawBufferPointer) -> Void
    ) throws(SharedMemoryError) -> SharedMemoryFile? {
        // Nameless until it is complete: a process that dies in between leaves nothing behind.
        let directory = path.lastIndex(of: "/").map { String(path[...$0]) } ?? "."
        let descriptor = Glibc.open(directory, O_RDWR | temporaryFile | O_CLOEXEC, 0o600)
        if descriptor < 0 { throw .system(call: "open", path: directory, errno: errno) }
        let file: SharedMemoryFile
        do throws(SharedMemoryError) {
            if locks { try lock(descriptor, path: path) }
            let code = posix_fallocate(descriptor, 0, off_t(byteCount))
            if code != 0 { throw SharedMemoryError.system(call: "posix_fallocate", path: path, errno: code) }
            let bytes = try map(descriptor, byteCount: byteCount, path: path)
            file = SharedMemoryFile(path: path, bytes: bytes, descriptor: descriptor)
        } catch {
            close(descriptor)
            throw error
        }
        prepare(file.bytes)
        if linkat(AT_FDCWD, "/proc/self/fd/\(descriptor)", AT_FDCWD, path, AT_SYMLINK_FOLLOW) == 0 { return file }
        if errno == EEXIST { return nil }
        throw .system(call: "linkat", path: path, errno: errno)
    }

    /// `O_TMPFILE` (open(2)), which the importer does not bring.
    private static var temporaryFile: Int32 { 0o20000000 | O_DIRECTORY }

    private static func lock(_ descriptor: Int32, path: String) throws(SharedMemoryError) {
        if flock(descriptor, LOCK_EX | LOCK_NB) == 0 { return }
        throw errno == EWOULDBLOCK ? .owned(path: path) : .system(call: "flock", path: path, errno: errno)
    }

    private static func map(
        _ descriptor: Int32, byteCount: Int, path: String
    ) throws(SharedMemoryError) -> UnsafeMutableRawBufferPointer {
        let flags = MAP_SHARED | MAP_POPULATE
        guard let base = mmap(nil, byteCount, PROT_READ | PROT_WRITE, flags, descriptor, 0), base != MAP_FAILED else {
            throw .system(call: "mmap", path: path, errno: errno)
        }
        return UnsafeMutableRawBufferPointer(start: base, count: byteCount)
    }

    private static func status(
        of descriptor: Int32, path: String
    ) throws(SharedMemoryError) -> (size: Int, inode: UInt64, isOurs: Bool) {
        var found = stat()
        guard fstat(descriptor, &found) == 0 else { throw .system(call: "fstat", path: path, errno: errno) }
        let isOurs = found.st_uid == geteuid() && found.st_mode & 0o077 == 0
        return (Int(found.st_size), UInt64(found.st_ino), isOurs)
    }

    private static func inode(at path: String) -> UInt64? {
        var found = stat()
        return stat(path, &found) == 0 ? UInt64(found.st_ino) : nil
    }
}
