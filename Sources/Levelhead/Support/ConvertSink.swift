import DBN
import Tape

/// Where converted records go: a file that appears when it is closed.
protocol RecordSink: AnyObject {
    var recordCount: UInt64 { get }
    func write(_ record: RecordView) throws
    /// Puts the file under its name. Without it there is no file.
    func close() throws
}

final class DBNSink: RecordSink {
    private var writer: TapeWriter?
    private(set) var recordCount: UInt64 = 0

    /// - Parameter inputVersion: of the records that are written.
    init(_ path: String, metadata: DBNMetadata, version: UInt8, inputVersion: UInt8) throws(TapeError) {
        writer = try TapeWriter.create(path, metadata: metadata, version: version, inputVersion: inputVersion)
    }

    func write(_ record: RecordView) throws {
        try writer?.write(record)
        recordCount += 1
    }

    func close() throws { try writer.take()?.close() }
}

/// One JSON object a line; records of several types may be mixed.
final class JSONLinesSink: RecordSink {
    private var file: OutputFile?
    private let hasSendTime: Bool
    private(set) var recordCount: UInt64 = 0

    init(_ path: String, hasSendTime: Bool) throws(TapeError) {
        file = try OutputFile.create(path)
        self.hasSendTime = hasSendTime
    }

    func write(_ record: RecordView) throws {
        guard let fields = RecordFields(record, hasSendTime: hasSendTime), var file = file.take() else { return }
        fields.appendJSONLine(to: &file.buffer)
        try file.flushIfFull()
        self.file = consume file
        recordCount += 1
    }

    func close() throws { try file.take()?.close() }
}

/// A header and one row a record, all of one type.
final class CSVSink: RecordSink {
    private var file: OutputFile?
    private let hasSendTime: Bool
    private let input: String
    private var type: RecordType?
    private(set) var recordCount: UInt64 = 0

    /// - Parameter type: of all records, if known: a file without records has its header then.
    init(_ path: String, type: RecordType?, hasSendTime: Bool, input: String) throws(TapeError) {
        self.hasSendTime = hasSendTime
        self.input = input
        file = try OutputFile.create(path)
        if let type { writeHeader(type) }
    }

    func write(_ record: RecordView) throws {
        if type == nil { writeHeader(record.type) }
        if let type, type != record.type { throw ConvertError.mixedCSV(path: input, first: type, second: record.type) }
        guard let fields = RecordFields(record, hasSendTime: hasSendTime), var file = file.take() else { return }
        fields.appendCSVRow(to: &file.buffer)
        try file.flushIfFull()
        self.file = consume file
        recordCount += 1
    }

    func close() throws { try file.take()?.close() }

    /// The names of the fields depend on the type alone: an empty record has them.
    private func writeHeader(_ type: RecordType) {
        self.type = type
        let bytes = UnsafeMutableRawBufferPointer.allocate(byteCount: 255 * 4, alignment: 8)
        defer { bytes.deallocate() }
        bytes.initializeMemory(as: UInt8.self, repeating: 0)
        bytes[0] = 255
        bytes[1] = type.rawValue
        guard let base = bytes.baseAddress, let fields = RecordFields(RecordView(base), hasSendTime: hasSendTime),
            var file = file.take()
        else { return }
        fields.appendCSVHeader(to: &file.buffer)
        self.file = consume file
    }
}

extension OutputFormat {
    func sink(
        _ path: String, metadata: DBNMetadata, version: UInt8, inputVersion: UInt8, type: RecordType?, input: String
    ) throws(TapeError) -> any RecordSink {
        switch self {
        case .dbn: try DBNSink(path, metadata: metadata, version: version, inputVersion: inputVersion)
        case .jsonLines: try JSONLinesSink(path, hasSendTime: metadata.hasSendTime)
        case .csv:
            try CSVSink(
                path, type: type ?? metadata.schema?.recordType, hasSendTime: metadata.hasSendTime, input: input)
        }
    }
}
