import CZstd

/// Decompresses a zstd stream of any number of frames, skippable ones among them, in constant memory.
public struct ZstdDecompressor: ~Copyable {
    /// Compressed bytes consumed so far.
    public private(set) var compressedOffset = 0
    private let stream: OpaquePointer
    private var isInsideFrame = false
    /// The output was full when the last call ended: the library may hold more. It is not asked otherwise when nothing
    /// has come, for after some questions without input it calls the stream damaged.
    private var mayHoldOutput = false
    private let allowsSkippableStart: Bool

    /// The four bytes every zstd frame begins with.
    public static let frameMagic: [UInt8] = [0x28, 0xB5, 0x2F, 0xFD]
    /// What a call should be offered to run at full speed (`ZSTD_DStreamInSize`).
    public static var suggestedInputBytes: Int { ZSTD_DStreamInSize() }

    /// - Parameter allowsSkippableStart: a leading skippable frame is no DBZ file, as in a live stream.
    public init(allowsSkippableStart: Bool = false) throws(ZstdError) {
        guard let stream = ZSTD_createDStream() else { throw .outOfMemory }
        self.stream = stream
        self.allowsSkippableStart = allowsSkippableStart
    }

    deinit { ZSTD_freeDStream(stream) }

    /// Whether bytes begin with a skippable frame (`5x 2A 4D 18`), as DBZ files do.
    public static func beginsWithSkippableFrame(_ bytes: UnsafeRawBufferPointer) -> Bool {
        bytes.count >= 4 && bytes[0] & 0xF0 == 0x50 && bytes[1] == 0x2A && bytes[2] == 0x4D && bytes[3] == 0x18
    }

    /// Whether bytes begin as zstd data do, DBZ's skippable frame included.
    public static func isCompressed(_ bytes: UnsafeRawBufferPointer) -> Bool {
        bytes.starts(with: frameMagic) || beginsWithSkippableFrame(bytes)
    }

    /// Decompresses as much as fits. When `output` comes back full there may be more: call again, with an empty `input`
    /// too.
    /// - Returns: bytes taken from `input` and bytes put into `output`.
    public mutating func decompress(
        _ input: UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer
    ) throws(ZstdError) -> (consumed: Int, produced: Int) {
        if !allowsSkippableStart, compressedOffset == 0, Self.beginsWithSkippableFrame(input) { throw .legacyDBZ }
        var source = ZSTD_inBuffer(src: input.baseAddress, size: input.count, pos: 0)
        var target = ZSTD_outBuffer(dst: output.baseAddress, size: output.count, pos: 0)
        while source.pos < source.size || mayHoldOutput, target.pos < target.size {
            let (before, produced) = (source.pos, target.pos)
            let result = ZSTD_decompressStream(stream, &target, &source)
            let hint = try ZstdError.check(result, offset: compressedOffset + source.pos)
            isInsideFrame = hint != 0
            mayHoldOutput = isInsideFrame && target.pos == target.size
            if source.pos == before, target.pos == produced { break }
        }
        compressedOffset += source.pos
        return (source.pos, target.pos)
    }

    /// - Throws: `.truncated` when the input that ended here ended inside a frame.
    public func finish() throws(ZstdError) {
        if isInsideFrame { throw .truncated(compressedOffset: compressedOffset) }
    }
}
