@preconcurrency import Glibc

/// The bytes of a file that come after what has been read, mapped so that the processor's caches can be asked for them:
/// copying what the caches hold takes a third of the time.
///
/// Nobody reads them here. To ask for what is not there does nothing, so a file that is cut off meanwhile stays an
/// error of `read` and never becomes a signal.
struct FileAhead: ~Copyable {
    /// How much is mapped at once, bytes: many windows, and little memory.
    private static let span = 2 << 20
    private static let pageSize = 4_096

    private var start = 0
    private var bytes = UnsafeMutableRawBufferPointer(start: nil, count: 0)

    deinit { Self.unmap(bytes) }

    private static func unmap(_ bytes: UnsafeMutableRawBufferPointer) {
        if let base = bytes.baseAddress { munmap(base, bytes.count) }
    }

    /// Where `count` bytes from `offset` on lie; nil when the file ends before, or cannot be mapped.
    mutating func place(of offset: Int, count: Int, in descriptor: Int32, fileByteCount: Int) -> UnsafeRawPointer? {
        guard offset >= 0, offset < fileByteCount else { return nil }
        let end = min(offset + count, fileByteCount)
        if offset < start || end > start + bytes.count { map(from: offset, descriptor, fileByteCount) }
        guard let base = bytes.baseAddress else { return nil }
        return UnsafeRawPointer(base + (offset - start))
    }

    private mutating func map(from offset: Int, _ descriptor: Int32, _ fileByteCount: Int) {
        Self.unmap(bytes)
        start = offset / Self.pageSize * Self.pageSize
        let length = min(Self.span, fileByteCount - start)
        let mapped = mmap(nil, length, PROT_READ, MAP_SHARED | MAP_POPULATE, descriptor, off_t(start))
        let base = mapped == MAP_FAILED ? nil : mapped
        bytes = UnsafeMutableRawBufferPointer(start: base, count: base == nil ? 0 : length)
    }
}
