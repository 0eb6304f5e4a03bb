import Compression
@preconcurrency import Glibc
import Platform

/// The decompressed bytes of a file from front to back, a window at a time. Called once per half megabyte, not per record.
protocol ByteWindow: AnyObject {
    /// Moves the window on: it begins with `rest`, the end of the former window that was not consumed, and is longer than that,
    /// by so much that it has `wanted` bytes, unless the file ends before.
    func refill(keeping rest: UnsafeRawBufferPointer, wanted: Int) throws(TapeError) -> UnsafeRawBufferPointer
    /// Bytes of the file that were read or reached.
    var fileBytesRead: Int { get }
    /// Length of the file; 0 when it has none, as a pipe.
    var fileByteCount: Int { get }
    var isCompressed: Bool { get }
}

enum ByteWindows {
    /// Opens a file by its content, not by its name: plain files are mapped, zstd and pipes are streamed.
    static func open(_ path: String) throws(TapeError) -> any ByteWindow {
        let reader = try TapeError.system { () throws(SystemCallError) in try FileReader(path: path) }
        if reader.kind == .directory { throw .system(.isDirectory(path)) }
        let mapping = try TapeError.system { () throws(SystemCallError) in try reader.map() }
        guard case .file(let byteCount) = reader.kind else { return try StreamedWindow(reader, fileByteCount: 0) }
        if ZstdDecompressor.isCompressed(mapping.bytes) { return try StreamedWindow(reader, fileByteCount: byteCount) }
        return MappedWindow(mapping)
    }
}

/// A plain file in memory.
final class MappedWindow: ByteWindow {
    private var mapping: MappedFile
    private var end = 0

    init(_ mapping: consuming MappedFile) { self.mapping = mapping }

    var fileBytesRead: Int { end }
    var fileByteCount: Int { mapping.bytes.count }
    var isCompressed: Bool { false }

    func refill(keeping rest: UnsafeRawBufferPointer, wanted: Int) -> UnsafeRawBufferPointer {
        let start = end - rest.count
        repeat { end = mapping.advance(to: end) } while end - start < wanted && end < mapping.bytes.count
        return UnsafeRawBufferPointer(rebasing: mapping.bytes[start..<end])
    }
}

/// A compressed file, or a plain one that cannot be mapped, through buffers of constant size.
final class StreamedWindow: ByteWindow {
    private let reader: FileReader
    private var decompressor: ZstdDecompressor
    private let input: UnsafeMutableRawBufferPointer
    private var pending: UnsafeRawBufferPointer
    private var output: UnsafeMutableRawBufferPointer
    private var decompressedBytes = 0
    private(set) var fileBytesRead = 0
    let fileByteCount: Int
    private(set) var isCompressed = false

    /// Large enough that moving the unconsumed rest, at most one record, costs nothing.
    private static let outputBytes = 512 << 10

    init(_ reader: consuming FileReader, fileByteCount: Int) throws(TapeError) {
        let path = reader.path
        do throws(ZstdError) {
            decompressor = try ZstdDecompressor()
        } catch {
            throw .compression(path: path, offset: 0, error)
        }
        input = .allocate(byteCount: ZstdDecompressor.suggestedInputBytes, alignment: 16)
        output = .allocate(byteCount: Self.outputBytes, alignment: 16)
        pending = UnsafeRawBufferPointer(start: input.baseAddress, count: 0)
        self.fileByteCount = fileByteCount
        self.reader = reader
        try read()
        isCompressed = ZstdDecompressor.isCompressed(pending)
    }

    deinit {
        input.deallocate()
        output.deallocate()
    }

    func refill(keeping rest: UnsafeRawBufferPointer, wanted: Int) throws(TapeError) -> UnsafeRawBufferPointer {
        makeRoom(for: max(wanted, rest.count + 1), keeping: rest)
        var count = rest.count
        repeat {
            let produced = try fill(UnsafeMutableRawBufferPointer(rebasing: output[count...]))
            if produced == 0 { break }
            count += produced
            decompressedBytes += produced
        } while count < wanted
        return UnsafeRawBufferPointer(rebasing: output[..<count])
    }

    /// Moves `rest` to the front of a buffer of at least `byteCount` bytes.
    private func makeRoom(for byteCount: Int, keeping rest: UnsafeRawBufferPointer) {
        let old = output
        if byteCount > old.count { output = .allocate(byteCount: byteCount, alignment: 16) }
        if let from = rest.baseAddress, let to = output.baseAddress { memmove(to, from, rest.count) }
        if old.baseAddress != output.baseAddress { old.deallocate() }
    }

    /// Some more bytes of the decompressed stream; 0 at its end.
    private func fill(_ target: UnsafeMutableRawBufferPointer) throws(TapeError) -> Int {
        while true {
            if pending.isEmpty { try read() }
            let isAtEnd = pending.isEmpty
            let (consumed, produced) = try expand(pending, into: target)
            pending = UnsafeRawBufferPointer(rebasing: pending[consumed...])
            if produced > 0 { return produced }
            if isAtEnd { break }
        }
        try compression { (decompressor) throws(ZstdError) in try decompressor.finish() }
        return 0
    }

    private func read() throws(TapeError) {
        let count = try TapeError.system { () throws(SystemCallError) in try reader.read(into: input) }
        fileBytesRead += count
        pending = UnsafeRawBufferPointer(rebasing: input[..<count])
    }

    private func expand(
        _ source: UnsafeRawBufferPointer, into target: UnsafeMutableRawBufferPointer
    ) throws(TapeError) -> (consumed: Int, produced: Int) {
        guard isCompressed else {
            let count = min(source.count, target.count)
            target.copyMemory(from: UnsafeRawBufferPointer(rebasing: source[..<count]))
            return (count, count)
        }
        var result = (consumed: 0, produced: 0)
        try compression { (decompressor) throws(ZstdError) in result = try decompressor.decompress(source, into: target) }
        return result
    }

    /// Runs `body` on the decompressor and puts file and offset to its errors.
    private func compression(_ body: (inout ZstdDecompressor) throws(ZstdError) -> Void) throws(TapeError) {
        guard isCompressed else { return }
        do throws(ZstdError) {
            try body(&decompressor)
        } catch {
            throw .compression(path: reader.path, offset: decompressedBytes, error)
        }
    }
}
