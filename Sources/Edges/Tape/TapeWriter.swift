import Compression
import DBN
import Platform

/// Writes one DBN file, zstd when its name ends in `.zst`. The file appears under its name at `close`, complete; before
/// that, on any error and when the process dies, there is nothing.
public struct TapeWriter: ~Copyable {
    public let path: String
    public private(set) var recordCount: UInt64 = 0
    private let encoder: DBNEncoder
    private var output: OutputFile

    /// - Parameters:
    ///   - version: 1, 2 or 3.
    ///   - inputVersion: of the records given to `write`.
    public static func create(
        _ path: String, metadata: DBNMetadata, version: UInt8 = 3, inputVersion: UInt8 = 3
    ) throws(TapeError) -> TapeWriter {
        let encoder = DBNEncoder(version: version, inputVersion: inputVersion, hasSendTime: metadata.hasSendTime)
        var writer = TapeWriter(encoder, try OutputFile.create(path))
        try writer.encode { (encoder, bytes) throws(DBNError) in try encoder.encode(metadata, into: &bytes) }
        return writer
    }

    private init(_ encoder: DBNEncoder, _ output: consuming OutputFile) {
        path = output.path
        self.encoder = encoder
        self.output = output
    }

    /// Appends one record of the input version, with its send time if the metadata say so.
    /// - Throws: the disk is full; or the record holds what the version to be written cannot.
    public mutating func write(_ record: RecordView) throws(TapeError) {
        try encode { (encoder, bytes) throws(DBNError) in try encoder.encode(record, into: &bytes) }
        recordCount += 1
    }

    /// Puts the file under its name. With `sync` its bytes are on the disk first.
    public consuming func close(sync: Bool = false) throws(TapeError) { try output.close(sync: sync) }

    private mutating func encode(_ body: (DBNEncoder, inout [UInt8]) throws(DBNError) -> Void) throws(TapeError) {
        do throws(DBNError) {
            try body(encoder, &output.buffer)
        } catch {
            throw .format(path: path, error)
        }
        try output.flushIfFull()
    }
}

/// Bytes on their way to an atomic file, through zstd when its name ends in `.zst`.
public struct OutputFile: ~Copyable {
    public let path: String
    /// Append here, then call `flushIfFull`.
    public var buffer: [UInt8] = []
    private var file: AtomicFileWriter
    private var compressor: ZstdCompressor?
    private var compressed: [UInt8] = []

    private static let bufferBytes = 256 << 10

    public static func create(_ path: String) throws(TapeError) -> OutputFile {
        let file = try TapeError.system { () throws(SystemCallError) in try AtomicFileWriter(path: path) }
        guard path.hasSuffix(".zst") else { return OutputFile(file, nil) }
        do throws(ZstdError) {
            return OutputFile(file, try ZstdCompressor())
        } catch {
            throw .compression(path: path, offset: 0, error)
        }
    }

    private init(_ file: consuming AtomicFileWriter, _ compressor: consuming ZstdCompressor?) {
        path = file.path
        self.file = file
        self.compressor = compressor
        buffer.reserveCapacity(Self.bufferBytes + 4_096)
    }

    public mutating func flushIfFull() throws(TapeError) {
        if buffer.count >= Self.bufferBytes { try flush() }
    }

    /// Puts the file under its name.
    public consuming func close(sync: Bool = false) throws(TapeError) {
        try flush()
        if compressor != nil {
            try compress { (compressor, output) throws(ZstdError) in try compressor.finish(into: &output) }
            try put(compressed)
        }
        do throws(SystemCallError) {
            try file.commit(sync: sync)
        } catch {
            throw .system(error)
        }
    }

    private mutating func flush() throws(TapeError) {
        if compressor == nil {
            try put(buffer)
        } else {
            let bytes = buffer
            try compress { (compressor, output) throws(ZstdError) in
                try bytes.withUnsafeBytes { raw in
                    Result { () throws(ZstdError) in try compressor.compress(raw, into: &output) }
                }.get()
            }
            try put(compressed)
            compressed.removeAll(keepingCapacity: true)
        }
        buffer.removeAll(keepingCapacity: true)
    }

    private mutating func compress(
        _ body: (inout ZstdCompressor, inout [UInt8]) throws(ZstdError) -> Void
    ) throws(TapeError) {
        guard var taken = compressor.take() else { return }
        var failure: ZstdError?
        do throws(ZstdError) {
            try body(&taken, &compressed)
        } catch {
            failure = error
        }
        compressor = consume taken
        if let failure { throw .compression(path: path, offset: 0, failure) }
    }

    private mutating func put(_ bytes: [UInt8]) throws(TapeError) {
        do throws(SystemCallError) {
            try file.write(bytes)
        } catch {
            throw .system(error)
        }
    }
}
