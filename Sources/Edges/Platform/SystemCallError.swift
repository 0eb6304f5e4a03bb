@preconcurrency import Glibc

/// A system call that failed on a named file.
public struct SystemCallError: Error, Equatable, CustomStringConvertible {
    /// The C name of the call.
    public let call: String
    public let path: String
    public let code: Int32

    public init(call: StaticString, path: String, code: Int32) {
        self.call = "\(call)"
        self.path = path
        self.code = code
    }

    /// The system's words for `code`.
    public var reason: String { String(cString: strerror(code)) }
    public var description: String { "\(path): \(reason) (\(call))" }

    /// It says that a file cannot grow: there is no space, no quota, or no disk that takes anything.
    public var isMissingSpace: Bool { Self.isMissingSpace(code) }

    public static func isMissingSpace(_ code: Int32) -> Bool { [ENOSPC, EDQUOT, EROFS, EFBIG, EIO].contains(code) }

    /// Runs `body` again as long as a signal interrupts it.
    @inline(__always)
    static func retrying(_ call: StaticString, _ path: String, _ body: () -> Int) throws(SystemCallError) -> Int {
        while true {
            let result = body()
            if result >= 0 { return result }
            let code = errno
            if code != EINTR { throw SystemCallError(call: call, path: path, code: code) }
        }
    }
}

extension SystemCallError {
    /// A directory where a file was expected.
    public static func isDirectory(_ path: String) -> SystemCallError {
        SystemCallError(call: "read", path: path, code: EISDIR)
    }
}
