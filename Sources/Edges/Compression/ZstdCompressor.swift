import CZstd

/// Compresses into one zstd frame with a checksum of the content.
public struct ZstdCompressor: ~Copyable {
    private let stream: OpaquePointer
    private let buffer: UnsafeMutableRawBufferPointer

    /// - Parameter level: 1 (fast) to 19 (small); 3 is zstd's own default.
    public init(level: Int32 = 3) throws(ZstdError) {
        guard let stream = ZSTD_createCCtx() else { throw .outOfMemory }
        self.stream = stream
        buffer = .allocate(byteCount: ZSTD_CStreamOutSize(), alignment: 16)
        // Neither can fail on a new context: zstd clamps the level, and the flag is a Boolean.
        _ = ZSTD_CCtx_setParameter(stream, ZSTD_c_compressionLevel, level)
        _ = ZSTD_CCtx_setParameter(stream, ZSTD_c_checksumFlag, 1)
    }

    deinit {
        ZSTD_freeCCtx(stream)
        buffer.deallocate()
    }

    /// Compresses all of `input` and appends what is ready.
    public mutating func compress(_ input: UnsafeRawBufferPointer, into output: inout [UInt8]) throws(ZstdError) {
        try step(input, ZSTD_e_continue, &output)
    }

    /// Appends everything compressed so far, so that a reader can decompress it; the frame stays open.
    public mutating func flush(into output: inout [UInt8]) throws(ZstdError) {
        try step(UnsafeRawBufferPointer(start: nil, count: 0), ZSTD_e_flush, &output)
    }

    /// Ends the frame. Further input begins another one.
    public mutating func finish(into output: inout [UInt8]) throws(ZstdError) {
        try step(UnsafeRawBufferPointer(start: nil, count: 0), ZSTD_e_end, &output)
    }

    private mutating func step(
        _ input: UnsafeRawBufferPointer, _ directive: ZSTD_EndDirective, _ output: inout [UInt8]
    ) throws(ZstdError) {
        var source = ZSTD_inBuffer(src: input.baseAddress, size: input.count, pos: 0)
        while true {
            var target = ZSTD_outBuffer(dst: buffer.baseAddress, size: buffer.count, pos: 0)
            let result = ZSTD_compressStream2(stream, &target, &source, directive)
            let pending = try ZstdError.check(result, offset: source.pos)
            output.append(contentsOf: buffer[..<target.pos])
            let isDone = directive == ZSTD_e_continue ? source.pos == source.size : pending == 0
            if isDone { return }
        }
    }
}
