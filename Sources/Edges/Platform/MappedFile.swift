@preconcurrency import Glibc

/// A file mapped for reading from front to back. A reader announces where it is; pages behind it are given back and pages
/// ahead are fetched in one call, so that memory stays constant in the file's length.
///
/// The file must not shrink while it is mapped: reading past its new end would stop the process (SIGBUS).
public struct MappedFile: ~Copyable {
    public let path: String
    public let bytes: UnsafeRawBufferPointer
    private var populated = 0
    private var released = 0

    /// How far ahead pages are fetched. 2 MiB keeps the cost of the call below 1 ns a record and the pages in cache.
    private static let window = 2 << 20

    public static func open(_ path: String) throws(SystemCallError) -> MappedFile {
        let reader = try FileReader(path: path)
        return try reader.map()
    }

    init(descriptor: Int32, path: String) throws(SystemCallError) {
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw SystemCallError(call: "fstat", path: path, code: errno) }
        let count = Int(status.st_size)
        // mmap refuses a length of 0.
        let start = count == 0 ? nil : mmap(nil, count, PROT_READ, MAP_PRIVATE, descriptor, 0)
        guard start != MAP_FAILED else { throw SystemCallError(call: "mmap", path: path, code: errno) }
        if let start { madvise(start, count, MADV_SEQUENTIAL) }
        self.path = path
        bytes = UnsafeRawBufferPointer(start: start, count: count)
    }

    deinit {
        if let start = bytes.baseAddress { munmap(UnsafeMutableRawPointer(mutating: start), bytes.count) }
    }

    /// Makes the bytes from `offset` on ready and forgets those far behind it. What was forgotten may still be read, slowly.
    /// - Returns: the offset up to which pages are ready: call again there.
    public mutating func advance(to offset: Int) -> Int {
        guard let base = bytes.baseAddress.map(UnsafeMutableRawPointer.init(mutating:)) else { return 0 }
        let start = max(populated, offset & ~(Self.window - 1))
        populated = min(bytes.count, start + Self.window)
        // MADV_POPULATE_READ, since Linux 5.14. Advice only: without it the pages come one fault at a time.
        if populated > start { madvise(base + start, populated - start, 22) }
        let behind = (offset - Self.window) & ~(Self.window - 1)
        if behind > released {
            madvise(base + released, behind - released, MADV_DONTNEED)
            released = behind
        }
        return populated
    }
}
