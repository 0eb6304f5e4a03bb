@preconcurrency import Glibc

/// Why a file or directory that holds secrets, or the right to command, cannot be used.
public enum PrivatePathError: Error, Equatable, Sendable {
    case system(SystemCallError)
    /// Others than the owner may use it. `mode` has the permission bits found.
    case permissions(path: String, mode: UInt32, expected: UInt32)
    /// It belongs to another user.
    case owner(path: String, user: UInt32)
    /// It is not what its name says.
    case kind(path: String, expected: String)
    /// It has another size.
    case size(path: String, found: Int, expected: Int)
    /// It is longer than what it should hold.
    case tooLong(path: String, found: Int, longest: Int)
}

extension PrivatePathError: CustomStringConvertible {
    public var description: String {
        switch self {
        case .system(let error): error.description
        case .permissions(let path, let mode, let expected):
            "\(path): mode \(Self.octal(mode)), expected \(Self.octal(expected)): "
                + "chmod \(Self.octal(expected)) '\(path)'"
        case .owner(let path, let user): "\(path): belongs to user \(user), expected \(geteuid())"
        case .kind(let path, let expected): "\(path): expected \(expected)"
        case .size(let path, let found, let expected): "\(path): \(found) bytes, expected \(expected)"
        case .tooLong(let path, let found, let longest): "\(path): \(found) bytes, expected at most \(longest)"
        }
    }

    private static func octal(_ mode: UInt32) -> String {
        let digits = String(mode, radix: 8)
        return String(repeating: "0", count: max(0, 4 - digits.count)) + digits
    }
}

/// Files of mode 0600 in directories of mode 0700, all of this user: every file with a key is opened here.
public enum PrivatePath {
    public static let directoryMode: UInt32 = 0o700
    public static let fileMode: UInt32 = 0o600
    /// Bytes of the longest key that somebody writes into a file, blanks and line ends around it included.
    private static let longestKey = 4_096

    /// Makes the directory when it is missing, and checks it.
    public static func makeDirectory(_ path: String) throws(PrivatePathError) {
        do throws(SystemCallError) {
            try Directory.make(path, mode: directoryMode)
        } catch { throw .system(error) }
        try checkDirectory(path)
    }

    public static func checkDirectory(_ path: String) throws(PrivatePathError) {
        var found = stat()
        guard lstat(path, &found) == 0 else {
            throw .system(SystemCallError(call: "lstat", path: path, code: errno))
        }
        guard found.st_mode & S_IFMT == S_IFDIR else { throw .kind(path: path, expected: "a directory") }
        try check(found, path: path, expected: directoryMode)
    }

    /// Opens a private file of exactly `size` bytes; nil when there is none. Symbolic links are refused (`ELOOP`).
    public static func open(_ path: String, flags: Int32, size: Int) throws(PrivatePathError) -> Int32? {
        let opened: (descriptor: Int32, size: Int)
        do throws(PrivatePathError) { opened = try openChecked(path, flags | O_NOFOLLOW) } catch {
            if case .system(let failure) = error, failure.code == ENOENT { return nil }
            throw error
        }
        guard opened.size == size else {
            close(opened.descriptor)
            throw .size(path: path, found: opened.size, expected: size)
        }
        return opened.descriptor
    }

    /// What a private file holds that somebody names for its key; a link is followed.
    ///
    /// - Throws: there is none, others than this user may use it, or it is too long for a key.
    public static func key(in path: String) throws(PrivatePathError) -> [UInt8] {
        let (descriptor, size) = try openChecked(path, O_RDONLY)
        defer { close(descriptor) }
        guard size <= longestKey else { throw .tooLong(path: path, found: size, longest: longestKey) }
        var bytes = [UInt8](repeating: 0, count: size)
        do throws(SystemCallError) {
            let count = try SystemCallError.retrying("read", path) { read(descriptor, &bytes, size) }
            return Array(bytes[..<count])
        } catch { throw .system(error) }
    }

    /// Opens a file of this user that nobody else may use.
    private static func openChecked(
        _ path: String, _ flags: Int32
    ) throws(PrivatePathError) -> (descriptor: Int32, size: Int) {
        let descriptor = Glibc.open(path, flags | O_CLOEXEC)
        guard descriptor >= 0 else { throw .system(SystemCallError(call: "open", path: path, code: errno)) }
        do throws(PrivatePathError) {
            var found = stat()
            guard fstat(descriptor, &found) == 0 else {
                throw PrivatePathError.system(SystemCallError(call: "fstat", path: path, code: errno))
            }
            guard found.st_mode & S_IFMT == S_IFREG else {
                throw PrivatePathError.kind(path: path, expected: "a regular file")
            }
            try check(found, path: path, expected: fileMode)
            return (descriptor, Int(found.st_size))
        } catch {
            close(descriptor)
            throw error
        }
    }

    /// Makes a private file with these bytes unless there is one. False when there was.
    public static func makeFile(_ path: String, _ bytes: [UInt8]) throws(PrivatePathError) -> Bool {
        do throws(SystemCallError) {
            var writer = try AtomicFileWriter(path: path, mode: fileMode)
            try writer.write(bytes)
            return try writer.commitIfAbsent()
        } catch { throw .system(error) }
    }

    private static func check(_ found: stat, path: String, expected: UInt32) throws(PrivatePathError) {
        guard found.st_uid == geteuid() else { throw .owner(path: path, user: found.st_uid) }
        let mode = found.st_mode & 0o7777
        guard mode & 0o077 == 0 else { throw .permissions(path: path, mode: mode, expected: expected) }
    }
}
