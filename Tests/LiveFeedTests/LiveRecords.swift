import Compression
import DBN
import Testing
import Units

@testable import LiveFeed

/// Version 3 records as a gateway would send them, made by the writers of the core.
enum LiveRecord {
    static func book(
        _ type: RecordType = .mbp10, instrument: UInt32 = 1, event: UInt64, received: UInt64? = nil,
        sequence: UInt32 = 0, price: Int64 = 5_000_000_000_000
    ) -> [UInt8] {
        let count = type == .trade ? RecordByteCount.trade : type == .mbp10 ? RecordByteCount.mbp10 : 80
        var bytes = header(type, count, instrument, event)
        put(price, &bytes, 16)
        put(UInt32(1), &bytes, 24)
        bytes[28] = 0x41
        bytes[29] = 0x42
        bytes[30] = 0x80
        put(received ?? event + 1_000, &bytes, 32)
        put(Int32(500), &bytes, 40)
        put(sequence, &bytes, 44)
        return bytes
    }

    static func quote(instrument: UInt32, event: UInt64, interval: UInt64) -> [UInt8] {
        var bytes = header(.bbo1s, 80, instrument, event)
        put(interval, &bytes, 32)
        return bytes
    }

    static func status(instrument: UInt32 = 1, event: UInt64, action: StatusAction) -> [UInt8] {
        let record = StatusRecord(
            header: head(instrument, event), receiveTime: Timestamp(nanoseconds: event + 1_000), action: action)
        return bytes(RecordByteCount.status) { record.write(to: $0) }
    }

    static func statistic(instrument: UInt32 = 1, event: UInt64, quantity: Int64 = 7) -> [UInt8] {
        var record = StatisticsRecord(
            header: head(instrument, event), receiveTime: Timestamp(nanoseconds: event + 1_000), type: .openInterest)
        record.quantity = quantity
        return bytes(RecordByteCount.statistics) { record.write(to: $0) }
    }

    static func definition(
        instrument: UInt32 = 1, event: UInt64, symbol: String, kind: InstrumentClass = .future,
        change: (inout InstrumentDefinitionRecord) -> Void = { _ in }
    ) throws -> [UInt8] {
        var record = InstrumentDefinitionRecord(
            header: head(instrument, event), receiveTime: Timestamp(nanoseconds: event + 1_000), rawSymbol: symbol,
            instrumentClass: kind)
        change(&record)
        let copy = record
        return try throwingBytes(RecordByteCount.instrumentDefinition) { try copy.write(to: $0) }
    }

    static func mapping(instrument: UInt32, _ input: String, _ output: String) throws -> [UInt8] {
        let record = SymbolMappingRecord(
            header: head(instrument, 1), inputType: .rawSymbol, inputSymbol: input, outputType: .instrumentID,
            outputSymbol: output)
        return try throwingBytes(RecordByteCount.symbolMapping) { try record.write(to: $0) }
    }

    static func system(_ code: SystemCode, _ text: String, at time: UInt64 = 9) throws -> [UInt8] {
        try throwingBytes(RecordByteCount.system) {
            try ControlRecord.writeSystem(code, text, at: Timestamp(nanoseconds: time), to: $0)
        }
    }

    static func error(_ code: ErrorCode, _ text: String, at time: UInt64 = 9) throws -> [UInt8] {
        try throwingBytes(RecordByteCount.error) {
            try ControlRecord.writeError(code, text, at: Timestamp(nanoseconds: time), to: $0)
        }
    }

    static func unknown() -> [UInt8] { header(RecordType(rawValue: 0x77), 24, 1, 5) }

    static func replayed(_ schema: Schema) throws -> [UInt8] {
        try system(.replayCompleted, "Finished \(schema.name) replay")
    }

    /// The record with a send time at its end.
    static func sent(_ record: [UInt8], at time: UInt64) -> [UInt8] {
        var bytes = record + [UInt8](repeating: 0, count: 8)
        put(time, &bytes, record.count)
        bytes[0] = UInt8(bytes.count / 4)
        return bytes
    }

    static func header(_ type: RecordType, _ count: Int, _ instrument: UInt32, _ event: UInt64) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: count)
        bytes[0] = UInt8(count / 4)
        bytes[1] = type.rawValue
        put(UInt16(1), &bytes, 2)
        put(instrument, &bytes, 4)
        put(event, &bytes, 8)
        return bytes
    }

    private static func head(_ instrument: UInt32, _ event: UInt64) -> RecordHeader {
        RecordHeader(
            publisherID: 1, instrumentID: InstrumentID(instrument), eventTime: Timestamp(nanoseconds: event))
    }

    private static func bytes(_ count: Int, _ write: (UnsafeMutableRawPointer) -> Void) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: count)
        bytes.withUnsafeMutableBytes { raw in raw.baseAddress.map(write) }
        return bytes
    }

    private static func throwingBytes(
        _ count: Int, _ write: (UnsafeMutableRawPointer) throws -> Int
    ) throws -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: count)
        try bytes.withUnsafeMutableBytes { raw in _ = try write(try #require(raw.baseAddress)) }
        return bytes
    }

    static func put<T: BitwiseCopyable>(_ value: T, _ bytes: inout [UInt8], _ offset: Int) {
        bytes.withUnsafeMutableBytes { $0.storeBytes(of: value, toByteOffset: offset, as: T.self) }
    }

    static func bytes(_ record: RecordView) -> [UInt8] {
        Array(UnsafeRawBufferPointer(start: record.bytes, count: record.byteCount))
    }
}

/// What a gateway sends in one session.
struct LiveStream {
    var version: UInt8 = 3
    var hasSendTime = true
    var start: UInt64 = 1

    var metadata: DBNMetadata {
        DBNMetadata(
            version: version, dataset: "GLBX.MDP3", schema: nil, start: Timestamp(nanoseconds: start),
            stypeIn: nil, hasSendTime: hasSendTime)
    }

    /// Metadata and version 3 records in this stream's version, each with a send time of 1000, 1001, … if it has them.
    func bytes(_ records: [[UInt8]]) throws -> [UInt8] {
        let encoder = DBNEncoder(version: version, inputVersion: 3, hasSendTime: hasSendTime)
        var output: [UInt8] = []
        try encoder.encode(metadata, into: &output)
        return try output + self.records(records)
    }

    func records(_ records: [[UInt8]], firstSendTime: UInt64 = 1_000) throws -> [UInt8] {
        let encoder = DBNEncoder(version: version, inputVersion: 3, hasSendTime: hasSendTime)
        var output: [UInt8] = []
        for (index, record) in records.enumerated() {
            // An unknown type is the same in every version, for nobody knows better.
            let isKnown = DBNRecordLayout.of(RecordType(rawValue: record[1])) != nil
            let sent = hasSendTime ? LiveRecord.sent(record, at: firstSendTime + UInt64(index)) : record
            if isKnown {
                try sent.withUnsafeBytes { raw in
                    try encoder.encode(RecordView(try #require(raw.baseAddress)), into: &output)
                }
            } else {
                output += sent
            }
        }
        return output
    }
}

enum TestKey {
    /// Put together here, so that the tree holds nothing like a key.
    static let text = "db-" + "unittestapikey1234567890FFFFF"
    static let loopback = GatewayAddress(host: "127.0.0.1", port: 1)
}
