import Compression
import Dispatch
import Platform

/// One zstd file that is compressed and written on a thread of its own, in the order in which bytes were appended. It
/// appears under its name when `commit` returns, complete or not at all.
///
/// SAFETY: the compressor and the file are touched only on `queue`, the block being filled only by the one caller.
final class CompressedFile: @unchecked Sendable {
    let path: String
    private let queue: DispatchQueue
    /// Blocks that may be under way at once: the caller waits for a slow disk instead of filling memory.
    private let room = DispatchSemaphore(value: 3)
    private var block: [UInt8] = []
    private var compressor: ZstdCompressor?
    private var file: AtomicFileWriter?
    private var failure: (any Error)?

    private static let blockByteCount = 1 << 20

    init(path: String, level: Int32) throws {
        self.path = path
        queue = DispatchQueue(label: path)
        block.reserveCapacity(Self.blockByteCount + 1_024)
        compressor = try ZstdCompressor(level: level)
        file = try AtomicFileWriter(path: path)
    }

    /// Appends bytes. What fails later is thrown by `commit`.
    func append(_ bytes: UnsafeRawBufferPointer) {
        block.append(contentsOf: bytes)
        if block.count >= Self.blockByteCount { handOver() }
    }

    private func handOver() {
        room.wait()
        var full: [UInt8] = []
        full.reserveCapacity(Self.blockByteCount + 1_024)
        swap(&full, &block)
        let bytes = full
        queue.async {
            self.write(bytes)
            self.room.signal()
        }
    }

    private func write(_ bytes: [UInt8]) {
        guard failure == nil else { return }
        do {
            var output: [UInt8] = []
            try bytes.withUnsafeBytes { try compressor?.compress($0, into: &output) }
            try output.withUnsafeBytes { try file?.write($0) }
        } catch {
            failure = error
        }
    }

    /// Ends the frame: every byte is written, or this throws.
    func finish() throws {
        handOver()
        try queue.sync {
            if let failure { throw failure }
            var output: [UInt8] = []
            try compressor?.finish(into: &output)
            try output.withUnsafeBytes { try file?.write($0) }
        }
    }

    /// Puts the finished file under its name.
    func commit() throws {
        try queue.sync { try file.take()?.commit() }
    }
}
