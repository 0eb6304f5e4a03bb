import Compression
@preconcurrency import Glibc
import Platform

/// The decompressed bytes of a file from front to back, a window at a time, in constant memory. Called once in hundreds
/// of records.
///
/// Plain files are read, not mapped: a read of 256 KiB stays in the second cache and costs 24 ns an MBP-10 record, walk
/// over ten levels included, where a mapping costs 36 to 47 ns for its page faults; memory stays constant, and a file
/// that is cut off under us is an error instead of a signal. A mapping serves to ask the caches for the bytes after the
/// window while this one is used (`ahead`): 0.05 s instead of 0.15 s for the reads of a gigabyte.
final class ByteWindow {
    private var reader: FileReader
    /// Nil for a plain file.
    private var decompressor: ZstdDecompressor?
    /// Of a compressed file: what is read but not decompressed yet.
    private let input: UnsafeMutableRawBufferPointer
    private var pending: UnsafeRawBufferPointer
    private var output = UnsafeMutableRawBufferPointer.allocate(byteCount: ByteWindow.outputBytes, alignment: 16)
    private var decompressedBytes = 0
    /// Bytes of the file that were read.
    private(set) var fileBytesRead = 0
    /// Where the bytes after the window lie, as far as the caches can be asked for them; nil for a compressed file.
    private(set) var ahead: UnsafeRawPointer?
    /// Length of the file; 0 when it has none, as a pipe.
    let fileByteCount: Int

    private static let outputBytes = 256 << 10

    /// Opens a file and tells by its first bytes, not by its name, whether it is compressed.
    static func open(_ path: String) throws(TapeError) -> ByteWindow {
        let reader = try TapeError.system { () throws(SystemCallError) in try FileReader(path: path) }
        let byteCount: Int
        switch reader.kind {
        case .directory: throw .system(.isDirectory(path))
        case .other: byteCount = 0
        case .file(let count): byteCount = count
        }
        let window = ByteWindow(reader, byteCount)
        try window.begin()
        return window
    }

    private init(_ reader: consuming FileReader, _ fileByteCount: Int) {
        self.reader = reader
        self.fileByteCount = fileByteCount
        input = .allocate(byteCount: ZstdDecompressor.suggestedInputBytes, alignment: 16)
        pending = UnsafeRawBufferPointer(start: input.baseAddress, count: 0)
    }

    deinit {
        input.deallocate()
        output.deallocate()
    }

    var isCompressed: Bool { decompressor != nil }

    /// Moves the window on: it begins with `rest`, the end of the former window that was not consumed, and is longer
    /// than that, by so much that it has `wanted` bytes, unless the file ends before.
    func refill(keeping rest: UnsafeRawBufferPointer, wanted: Int) throws(TapeError) -> UnsafeRawBufferPointer {
        makeRoom(for: max(wanted, rest.count + 1), keeping: rest)
        var count = rest.count
        repeat {
            let produced = try fill(UnsafeMutableRawBufferPointer(rebasing: output[count...]))
            if produced == 0 { break }
            count += produced
            decompressedBytes += produced
        } while count < wanted
        if !isCompressed { ahead = reader.ahead(of: fileBytesRead, count: count) }
        return UnsafeRawBufferPointer(rebasing: output[..<count])
    }

    /// Goes on at this byte of a plain file. What was in the window is no longer of use.
    func seek(to offset: Int) throws(TapeError) {
        precondition(!isCompressed, "there are no places in a compressed file")
        try TapeError.system { () throws(SystemCallError) in try reader.seek(to: offset) }
        pending = UnsafeRawBufferPointer(start: input.baseAddress, count: 0)
        fileBytesRead = offset
        decompressedBytes = offset
        ahead = nil
    }

    private func begin() throws(TapeError) {
        try readInput()
        guard ZstdDecompressor.isCompressed(pending) else { return }
        do throws(ZstdError) {
            decompressor = try ZstdDecompressor()
        } catch {
            throw .compression(path: reader.path, offset: 0, error)
        }
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
        guard isCompressed else { return try fillPlain(target) }
        while true {
            if pending.isEmpty { try readInput() }
            let isAtEnd = pending.isEmpty
            let produced = try decompress(into: target)
            if produced > 0 { return produced }
            if isAtEnd { break }
        }
        try checkEnd()
        return 0
    }

    private func fillPlain(_ target: UnsafeMutableRawBufferPointer) throws(TapeError) -> Int {
        // What was read to find out that the file is plain comes first.
        guard pending.isEmpty else {
            let count = min(pending.count, target.count)
            target.copyMemory(from: UnsafeRawBufferPointer(rebasing: pending[..<count]))
            pending = UnsafeRawBufferPointer(rebasing: pending[count...])
            return count
        }
        return try read(into: target)
    }

    private func readInput() throws(TapeError) {
        let count = try read(into: input)
        pending = UnsafeRawBufferPointer(rebasing: input[..<count])
    }

    private func read(into buffer: UnsafeMutableRawBufferPointer) throws(TapeError) -> Int {
        let count = try TapeError.system { () throws(SystemCallError) in try reader.read(into: buffer) }
        fileBytesRead += count
        return count
    }

    private func decompress(into target: UnsafeMutableRawBufferPointer) throws(TapeError) -> Int {
        do throws(ZstdError) {
            guard let (consumed, produced) = try decompressor?.decompress(pending, into: target) else { return 0 }
            pending = UnsafeRawBufferPointer(rebasing: pending[consumed...])
            return produced
        } catch {
            throw .compression(path: reader.path, offset: decompressedBytes, error)
        }
    }

    private func checkEnd() throws(TapeError) {
        do throws(ZstdError) {
            try decompressor?.finish()
        } catch {
            throw .compression(path: reader.path, offset: decompressedBytes, error)
        }
    }
}
