@preconcurrency import Glibc

/// A file open for reading from front to back.
public struct FileReader: ~Copyable {
    public let path: String
    public let kind: FileKind
    private let descriptor: Int32
    private var mapping = FileAhead()

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

    /// Reads from this byte of the file on.
    public func seek(to offset: Int) throws(SystemCallError) {
        _ = try SystemCallError.retrying("lseek", path) { Int(lseek(descriptor, off_t(offset), SEEK_SET)) }
    }

    /// Where `count` bytes from `offset` on lie, to ask the processor's caches for them and for nothing else: who reads
    /// them may find that the file has been cut off. Nil when there are none, or for what is no file.
    public mutating func ahead(of offset: Int, count: Int) -> UnsafeRawPointer? {
        guard case .file(let byteCount) = kind else { return nil }
        return mapping.place(of: offset, count: count, in: descriptor, fileByteCount: byteCount)
    }
}
