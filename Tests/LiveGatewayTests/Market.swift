import DBN
import Foundation
import LiveGateway
import Tape
import TestSupport
import Units

/// A tape of one day made for a test: two futures, an option and their definitions.
final class Market {
    /// Made up, and put together so that no line looks like a key.
    static let keyText = "db-" + String(repeating: "k", count: 27) + "00"
    /// 2026-12-01 14:30 UTC.
    static let open: UInt64 = 1_796_135_400_000_000_000
    static let second: UInt64 = 1_000_000_000
    static let dataset = "GLBX.MDP3"
    static let december: UInt32 = 11
    static let march: UInt32 = 12
    static let option: UInt32 = 13

    private let scratch: Scratch
    private(set) var paths: [String] = []
    var folder: String { scratch.path }

    init() throws { scratch = try Scratch() }

    /// Definitions an hour before the open, then a book record of both futures each second, and trades with them.
    static func usual(version: UInt8 = 3, count: UInt64 = 5) throws -> Market {
        let market = try Market()
        try market.write("definition", .definition, version: version, definitions())
        try market.write(
            "mbp-10", .mbp10, version: version,
            (0..<count).flatMap { second in
                [december, march].map { book($0, at: open + second * Self.second) }
            })
        try market.write("trades", .trades, version: version, [trade(december, at: open + 1)])
        try market.write("statistics", .statistics, version: version, [settlement(december, at: open + 2)])
        return market
    }

    /// Writes a file whose metadata name the three instruments.
    func write(_ name: String, _ schema: Schema?, version: UInt8 = 3, _ records: [[UInt8]]) throws {
        let names = [("ESZ6", Self.december), ("ESH7", Self.march), ("ESZ6 P6000", Self.option)]
        let mappings = names.map { symbol, id in
            SymbolMapping(
                rawSymbol: symbol,
                intervals: [MappingInterval(startDate: 20_261_130, endDate: 20_261_202, symbol: "\(id)")])
        }
        try write(
            name,
            DBNMetadata(
                dataset: Self.dataset, schema: schema, start: Timestamp(nanoseconds: Self.open), stypeIn: .rawSymbol,
                symbols: names.map(\.0), mappings: mappings),
            version: version, records)
    }

    func write(_ name: String, _ metadata: DBNMetadata, version: UInt8 = 3, _ records: [[UInt8]]) throws {
        let path = "\(folder)/\(name).dbn"
        var writer = try TapeWriter.create(path, metadata: metadata, version: version)
        for record in records { try Self.view(record) { try writer.write($0) } }
        try writer.close()
        paths.append(path)
    }

    func configuration(reportsUnresolved: Bool = true) throws -> GatewaySession.Configuration {
        GatewaySession.Configuration(
            key: try GatewayKey(Self.keyText), tape: try ServedTape(paths: paths),
            reportsUnresolved: reportsUnresolved)
    }

    /// The data records of the tape, version 3, in its order.
    func records() throws -> [[UInt8]] {
        var tape = try MergedTape.open(paths, keepsTrades: true)
        var all: [[UInt8]] = []
        while let record = try tape.next() {
            all.append(Array(UnsafeRawBufferPointer(start: record.bytes, count: record.byteCount)))
        }
        return all
    }

    static func view(_ record: [UInt8], _ body: (RecordView) throws -> Void) throws {
        try record.withUnsafeBytes { bytes in
            guard let base = bytes.baseAddress else { return }
            try body(RecordView(base))
        }
    }

    private static func bytes(_ write: (UnsafeMutableRawPointer) throws -> Int) rethrows -> [UInt8] {
        try withUnsafeTemporaryAllocation(byteCount: 1_024, alignment: 8) { buffer in
            guard let base = buffer.baseAddress else { return [] }
            return Array(UnsafeRawBufferPointer(start: base, count: try write(base)))
        }
    }

    static func header(_ id: UInt32, _ time: UInt64) -> RecordHeader {
        RecordHeader(
            publisherID: 1, instrumentID: InstrumentID(id), eventTime: Timestamp(nanoseconds: time - 10))
    }

    static func book(_ id: UInt32, at time: UInt64) -> [UInt8] {
        let levels = [BidAskPair](
            repeating: BidAskPair(bidPrice: .max, askPrice: .max), count: 10)
        return bytes { output in
            levels.withUnsafeBufferPointer { head(id, time).write(levels: $0, to: output) }
        }
    }

    static func trade(_ id: UInt32, at time: UInt64) -> [UInt8] {
        bytes { head(id, time).write(levels: UnsafeBufferPointer(start: nil, count: 0), to: $0) }
    }

    private static func head(_ id: UInt32, _ time: UInt64) -> MarketByPriceRecord {
        MarketByPriceRecord(
            header: header(id, time), price: Price(nanos: 6_000_000_000_000), size: 1, action: .add, side: .bid,
            flags: .last, receiveTime: Timestamp(nanoseconds: time))
    }

    static func settlement(_ id: UInt32, at time: UInt64) -> [UInt8] {
        bytes {
            StatisticsRecord(
                header: header(id, time), receiveTime: Timestamp(nanoseconds: time), type: .settlementPrice
            ).write(to: $0)
        }
    }

    static func mark(at time: UInt64) throws -> [UInt8] {
        try bytes { try ControlRecord.writeSystem(.unset, "gap", at: Timestamp(nanoseconds: time), to: $0) }
    }

    private static func definitions() throws -> [[UInt8]] {
        let december = try definition(Self.december, "ESZ6", .future, expiresAfter: 17)
        let march = try definition(Self.march, "ESH7", .future, expiresAfter: 108)
        return [december, march, try definition(Self.option, "ESZ6 P6000", .put, expiresAfter: 17)]
    }

    static func definition(
        _ id: UInt32, _ symbol: String, _ kind: InstrumentClass, expiresAfter days: UInt64,
        at time: UInt64 = open - 3_600 * second
    ) throws -> [UInt8] {
        var record = InstrumentDefinitionRecord(
            header: header(id, time), receiveTime: Timestamp(nanoseconds: time), rawSymbol: symbol,
            instrumentClass: kind)
        record.asset = "ES"
        record.expiration = Timestamp(nanoseconds: open + days * 86_400 * second)
        return try bytes { try record.write(to: $0) }
    }
}
