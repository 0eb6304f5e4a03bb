@preconcurrency import Glibc

/// A file open for reading from front to back.
public struct FileReader: ~Copyable {
    public let path: String
    public let kind: FileKind
    private let descriptor: Int32

    /// - Throws: `open` or `fstat` failed; a directory opens, and its first read fails.
    public init(path: String) throws(SystemCallError) {
        let opened = Int32(try SystemCallError.retrying("open", path) { Int(open(path, O_RDONLY | O_CLOEXEC)) })
        var status = stat()
        guard fstat(opened, &status) == 0 else {
            let code = errno
            close(opened)
            throw SystemCallError(call: "fstat", path: path, code: code)
        }
        self.path = path
        kind = FileKind(status)
        descriptor = opened
    }

    deinit { close(descriptor) }

    /// Reads what fits. Returns fewer bytes than there is room for only at the end of a file; 0 is the end.
    public func read(into buffer: UnsafeMutableRawBufferPointer) throws(SystemCallError) -> Int {
        var count = 0
        while count < buffer.count {
            let rest = UnsafeMutableRawBufferPointer(rebasing: buffer[count...])
            let got = try SystemCallError.retrying("read", path) {
                Glibc.read(descriptor, rest.baseAddress, rest.count)
            }
            if got == 0 { break }
            count += got
        }
        return count
    }
}
