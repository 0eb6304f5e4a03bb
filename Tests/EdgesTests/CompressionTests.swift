import Compression
import Foundation
import Testing

enum Zstd {
    static func compressed(_ bytes: [UInt8], level: Int32 = 3) throws -> [UInt8] {
        var compressor = try ZstdCompressor(level: level)
        var output: [UInt8] = []
        try bytes.withUnsafeBytes { raw in
            Result { () throws(ZstdError) in try compressor.compress(raw, into: &output) }
        }.get()
        try compressor.finish(into: &output)
        return output
    }

    /// Decompresses with the given sizes of input and output pieces.
    static func decompressed(_ bytes: [UInt8], piece: Int = .max, room: Int = 4_096) throws -> [UInt8] {
        var decompressor = try ZstdDecompressor()
        var result: [UInt8] = []
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: room, alignment: 16)
        defer { buffer.deallocate() }
        var position = 0
        try bytes.withUnsafeBytes { raw in
            while true {
                let end = min(raw.count, position + min(piece, raw.count))
                let input = UnsafeRawBufferPointer(rebasing: raw[position..<end])
                let (consumed, produced) = try decompressor.decompress(input, into: buffer)
                position += consumed
                result += buffer[..<produced]
                if position == raw.count, produced < room { break }
            }
        }
        try decompressor.finish()
        return result
    }
}

@Suite struct CompressionTests {
    static let text = (0..<9_000).map { UInt8(truncatingIfNeeded: $0 * $0 >> 7) }

    @Test(arguments: [1, 4_096, Int.max], [64, 100_000])
    func `what was compressed comes back whatever the pieces`(piece: Int, room: Int) throws {
        #expect(try Zstd.decompressed(Zstd.compressed(Self.text), piece: piece, room: room) == Self.text)
    }

    @Test func `several frames and skippable frames between them are one stream`() throws {
        let skippable: [UInt8] = [0x51, 0x2A, 0x4D, 0x18, 3, 0, 0, 0, 1, 2, 3]
        let a = Array(Self.text[..<5_000])
        let b = Array(Self.text[5_000...])
        let stream = try Zstd.compressed(a) + skippable + Zstd.compressed([]) + Zstd.compressed(b) + skippable
        for piece in [1, 13, Int.max] { #expect(try Zstd.decompressed(stream, piece: piece) == Self.text) }
    }

    @Test func `a leading skippable frame is a legacy DBZ file`() throws {
        #expect(throws: ZstdError.legacyDBZ) {
            try Zstd.decompressed([0x50, 0x2A, 0x4D, 0x18, 3, 0, 0, 0, 1, 2, 3])
        }
    }

    @Test func `a stream cut at any byte is truncated and says where`() throws {
        let frame = try Zstd.compressed(Array(Self.text[..<700]))
        for length in 1..<frame.count {
            #expect(throws: ZstdError.truncated(compressedOffset: length)) {
                try Zstd.decompressed(Array(frame[..<length]))
            }
        }
    }

    @Test func `a flipped byte in the content fails by the checksum`() throws {
        var frame = try Zstd.compressed(Self.text)
        frame[frame.count - 1] ^= 1
        let error = #expect(throws: ZstdError.self) { try Zstd.decompressed(frame) }
        guard case .failed(let name, let offset) = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect(name.contains("checksum"))
        #expect(offset > 0 && offset <= frame.count)
    }

    @Test func `what lies behind the last frame and is no frame is an error`() throws {
        #expect(throws: ZstdError.self) { try Zstd.decompressed(Zstd.compressed([1, 2]) + [0, 0, 0, 0, 0, 0]) }
    }

    @Test func `flushed bytes can be read while the frame is open`() throws {
        var compressor = try ZstdCompressor()
        var output: [UInt8] = []
        try [UInt8](1...9).withUnsafeBytes { raw in
            Result { () throws(ZstdError) in try compressor.compress(raw, into: &output) }
        }.get()
        try compressor.flush(into: &output)
        var decompressor = try ZstdDecompressor()
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 64, alignment: 16)
        defer { buffer.deallocate() }
        let produced = try output.withUnsafeBytes { try decompressor.decompress($0, into: buffer).produced }
        #expect(Array(buffer[..<produced]) == Array(1...9))
        #expect(throws: ZstdError.self) { try decompressor.finish() }
    }

    @Test func `a frame that is not over may pause for as long as it likes`() throws {
        let text = (0..<40_000).flatMap { Array("\($0 &* 7_919) ".utf8) }
        let whole = try Zstd.compressed(text)
        let (first, rest) = (Array(whole[..<(whole.count / 2)]), Array(whole[(whole.count / 2)...]))
        var decompressor = try ZstdDecompressor()
        var out = [UInt8](repeating: 0, count: 1_000)
        var found: [UInt8] = []
        func take(_ bytes: [UInt8]) throws {
            var left = bytes
            while true {
                let step = try left.withUnsafeBytes { input in
                    try out.withUnsafeMutableBytes { try decompressor.decompress(input, into: $0) }
                }
                left.removeFirst(step.consumed)
                found += out[..<step.produced]
                if left.isEmpty, step.produced < out.count { return }
            }
        }
        try take(first)
        for _ in 0..<100 { try take([]) }
        try take(rest)
        #expect(found == text)
        try decompressor.finish()
    }
}
