import DBN
import Foundation
import Platform
import Tape
import TestSupport
import Testing
import Units

/// Version 3 records as bytes, laid out by the DBN specification.
enum TestRecord {
    /// Of the market-by-price family: trade, mbp-1 or mbp-10 by `type`.
    static func book(
        _ type: RecordType, instrument: UInt32, received: UInt64, event: UInt64? = nil, sequence: UInt32 = 0,
        flags: UInt8 = 0x80, action: Character = "A"
    ) -> [UInt8] {
        let byteCount = type == .trade ? 48 : type == .mbp1 ? 80 : 368
        var bytes = header(type, byteCount, instrument, event ?? received)
        put(Int64(5_000_000_000_000), &bytes, 16)
        put(UInt32(1), &bytes, 24)
        bytes[28] = action.asciiValue ?? 0
        bytes[29] = 0x42
        bytes[30] = flags
        put(received, &bytes, 32)
        put(sequence, &bytes, 44)
        return bytes
    }

    static func order(instrument: UInt32, received: UInt64, sequence: UInt32, flags: UInt8 = 0x80) -> [UInt8] {
        var bytes = header(.mbo, 56, instrument, received)
        put(UInt64(sequence), &bytes, 16)
        bytes[36] = flags
        bytes[38] = 0x41
        bytes[39] = 0x42
        put(received, &bytes, 40)
        put(sequence, &bytes, 52)
        return bytes
    }

    static func status(instrument: UInt32, received: UInt64) -> [UInt8] {
        var bytes = header(.status, 40, instrument, received)
        put(received, &bytes, 16)
        return bytes
    }

    static func unknown(received: UInt64) -> [UInt8] { header(RecordType(rawValue: 0x77), 24, 1, received) }

    static func header(_ type: RecordType, _ byteCount: Int, _ instrument: UInt32, _ event: UInt64) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: byteCount)
        bytes[0] = UInt8(byteCount / 4)
        bytes[1] = type.rawValue
        put(UInt16(1), &bytes, 2)
        put(instrument, &bytes, 4)
        put(event, &bytes, 8)
        return bytes
    }

    static func put<T: BitwiseCopyable>(_ value: T, _ bytes: inout [UInt8], _ offset: Int) {
        bytes.withUnsafeMutableBytes { $0.storeBytes(of: value, toByteOffset: offset, as: T.self) }
    }
}

enum TestTape {
    static func metadata(
        _ schema: Schema?, dataset: String = "GLBX.MDP3", symbols: [String] = ["ESZ6"]
    ) -> DBNMetadata {
        DBNMetadata(
            dataset: dataset, schema: schema, start: Timestamp(nanoseconds: 0), stypeIn: .rawSymbol, symbols: symbols)
    }

    /// Writes a tape and returns its path.
    @discardableResult
    static func write(_ path: String, _ metadata: DBNMetadata, _ records: [[UInt8]]) throws -> String {
        var writer = try TapeWriter.create(path, metadata: metadata)
        for record in records {
            let result = record.withUnsafeBytes { raw in
                Result { () throws(TapeError) in try writer.write(RecordView(raw.baseAddress!)) }
            }
            try result.get()
        }
        try writer.close()
        return path
    }

    static func bytes(_ record: RecordView) -> [UInt8] {
        Array(UnsafeRawBufferPointer(start: record.bytes, count: record.byteCount))
    }

    static func records(_ path: String, fragment: FragmentFormat? = nil) throws -> [[UInt8]] {
        var file = try TapeFile.open(path, fragment: fragment)
        var records: [[UInt8]] = []
        while let record = try file.next() { records.append(bytes(record)) }
        return records
    }

    static func merged(_ paths: [String]) throws -> [[UInt8]] {
        var tape = try MergedTape.open(paths)
        var records: [[UInt8]] = []
        while let record = try tape.next() { records.append(bytes(record)) }
        return records
    }
}

/// Real data beside the package; absent on other machines.
enum RealData {
    static let root = PackageFolder.sharedData

    static var isPresent: Bool { FileManager.default.fileExists(atPath: root + "/README.md") }
}
