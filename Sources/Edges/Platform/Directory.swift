@preconcurrency import Glibc

/// Reading and making directories.
public enum Directory {
    /// The names in a directory without `.` and `..`, sorted by their bytes, so that the order does not depend on the
    /// disk.
    public static func names(in path: String) throws(SystemCallError) -> [String] {
        guard let stream = opendir(path) else { throw SystemCallError(call: "opendir", path: path, code: errno) }
        defer { closedir(stream) }
        var names: [String] = []
        while true {
            errno = 0
            guard let entry = readdir(stream) else {
                guard errno == 0 else { throw SystemCallError(call: "readdir", path: path, code: errno) }
                break
            }
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name != ".", name != ".." { names.append(name) }
        }
        return names.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    }

    /// Makes a directory and those above it. One that exists already is left as it is.
    public static func make(_ path: String, mode: UInt32 = 0o755) throws(SystemCallError) {
        if mkdir(path, mode_t(mode)) == 0 { return }
        switch errno {
        case EEXIST where (try? FileKind(of: path)) == .directory:
            return
        case ENOENT:
            let parent = FilePath.parent(of: path)
            guard parent != path, parent != "." else { throw SystemCallError(call: "mkdir", path: path, code: ENOENT) }
            try make(parent, mode: mode)
            _ = try SystemCallError.retrying("mkdir", path) { Int(mkdir(path, mode_t(mode))) }
        case let code:
            throw SystemCallError(call: "mkdir", path: path, code: code)
        }
    }
}

extension Directory {
    /// Whether the disk below a directory has become read-only. It is tried: one that a failure has made so does not
    /// always say it (`access(2)`, ext4's `emergency_ro`).
    public static func isReadOnly(_ path: String) -> Bool {
        var template = Array(FilePath.join(path, ".writable-XXXXXX").utf8CString)
        let file = mkstemp(&template)
        guard file >= 0 else { return errno == EROFS }
        close(file)
        unlink(template)
        return false
    }
}

/// The text of paths. No system call.
public enum FilePath {
    /// Everything before the last component; "." when there is nothing.
    public static func parent(of path: String) -> String {
        let trimmed = trimmingSlashes(path)
        guard let slash = trimmed.lastIndex(of: "/") else { return trimmed == "/" ? "/" : "." }
        return slash == trimmed.startIndex ? "/" : String(trimmed[..<slash])
    }

    public static func lastComponent(of path: String) -> String {
        let trimmed = trimmingSlashes(path)
        guard trimmed != "/", let slash = trimmed.lastIndex(of: "/") else { return trimmed }
        return String(trimmed[trimmed.index(after: slash)...])
    }

    public static func join(_ directory: String, _ name: String) -> String {
        directory.hasSuffix("/") ? directory + name : directory + "/" + name
    }

    private static func trimmingSlashes(_ path: String) -> String {
        var path = path[...]
        while path.count > 1, path.hasSuffix("/") { path.removeLast() }
        return String(path)
    }
}
