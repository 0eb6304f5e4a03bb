import DBN
import MarketCalendar
import Platform
import Tape
import Units

/// What one DBN file holds.
struct InspectReport {
    private let path: String
    private let metadata: DBNMetadata?
    private let version: UInt8
    private let isCompressed: Bool
    private let byteCount: Int
    private let records: UInt64
    private let skipped: UInt64
    private let firstTime: UInt64?
    private let lastTime: UInt64?
    private let byType: [(type: RecordType, count: UInt64)]
    private let instruments: [Instrument]
    private let symbols: [String]

    private struct Instrument {
        let id: UInt32
        let symbol: String?
        let records: UInt64
    }

    /// Reads the whole file.
    init(_ path: String, fragment: FragmentFormat?) throws(TapeError) {
        var file = try TapeFile.open(path, fragment: fragment)
        var census = Census(file.metadata)
        var progress = ProgressBar(path)
        while let record = try file.next() {
            census.count(record)
            if census.records & 0xFFFF == 0 {
                let position = file.position
                progress.update(done: position.bytesRead, of: position.byteCount, items: Int(census.records))
            }
        }
        census.endRun()
        self.path = path
        metadata = file.metadata
        version = file.version
        isCompressed = file.isCompressed
        byteCount = file.position.byteCount
        records = file.recordCount
        skipped = file.skippedCount
        firstTime = census.firstTime
        lastTime = census.lastTime
        var byType: [(RecordType, UInt64)] = []
        for rawValue in UInt8.min...UInt8.max {
            let type = RecordType(rawValue: rawValue)
            let count = file.recordCount(type)
            if count > 0 { byType.append((type, count)) }
        }
        self.byType = byType
        let dataset = file.metadata?.dataset ?? ""
        let time = Timestamp(nanoseconds: census.firstTime ?? file.metadata?.start.nanoseconds ?? 0)
        instruments = census.byInstrument.sorted { $0.key < $1.key }.map { id, count in
            let symbol = census.table.symbol(of: InstrumentID(id), in: dataset, at: time)
                ?? census.table.entries.first { $0.instrument.raw == id }?.symbol
            return Instrument(id: id, symbol: symbol, records: count)
        }
        let requested = file.metadata?.symbols ?? []
        symbols = requested.isEmpty ? census.table.symbols : requested
    }

    var json: String {
        JSONText.object([
            "file": JSONText.string(path),
            "version": "\(version)",
            "dataset": metadata.map { JSONText.string($0.dataset) } ?? "null",
            "schema": metadata?.schema.map { JSONText.string($0.name) } ?? "null",
            "symbols": JSONText.array(symbols.map(JSONText.string)),
            "records": "\(records)",
            "first_ts": JSONText.integer(firstTime),
            "last_ts": JSONText.integer(lastTime),
            "by_rtype": JSONText.object(byType.map { ($0.type.databentoName, "\($0.count)") }),
            "skipped": "\(skipped)",
            "start": JSONText.integer(metadata?.start.nanoseconds),
            "end": JSONText.integer(metadata?.end?.nanoseconds),
            "stype_in": metadata?.stypeIn.map { JSONText.string($0.name) } ?? "null",
            "stype_out": metadata?.stypeOut.map { JSONText.string($0.name) } ?? "null",
            "ts_out": metadata?.hasSendTime == true ? "true" : "false",
            "compression": isCompressed ? "\"zstd\"" : "\"none\"",
            "bytes": "\(byteCount)",
            "instruments": JSONText.array(instruments.map { instrument in
                JSONText.object([
                    "instrument_id": "\(instrument.id)", "symbol": instrument.symbol.map(JSONText.string) ?? "null",
                    "records": "\(instrument.records)",
                ])
            }),
        ])
    }

    private static func text(_ time: UInt64?) -> String {
        time.map { Timestamp(nanoseconds: $0).iso8601Text } ?? "-"
    }

    /// Lines for a person.
    var table: String {
        var rows: [(String, String)] = [
            ("file", path),
            ("format", "DBN version \(version), \(isCompressed ? "zstd" : "plain"), \(byteCount) bytes"),
            ("dataset", metadata?.dataset ?? "(no metadata)"),
            ("schema", metadata?.schema?.name ?? "mixed"),
            ("symbols", Self.shortened(symbols)),
            ("records", "\(records)" + (skipped > 0 ? ", and \(skipped) of unknown types" : "")),
            ("first", Self.text(firstTime)),
            ("last", Self.text(lastTime)),
        ]
        for (type, count) in byType { rows.append(("  " + type.databentoName, "\(count)")) }
        rows.append(("instruments", "\(instruments.count)"))
        for instrument in instruments.prefix(Self.listMax) {
            rows.append(("  \(instrument.id)", "\(instrument.symbol ?? "?"), \(instrument.records) records"))
        }
        let more = instruments.count - Self.listMax
        if more > 0 { rows.append(("  …", "\(more) more (--json)")) }
        return rows.map { $0.0 + String(repeating: " ", count: max(1, 16 - $0.0.count)) + $0.1 }.joined(separator: "\n")
    }

    /// What a screen takes.
    private static let listMax = 12

    private static func shortened(_ names: [String]) -> String {
        if names.isEmpty { return "-" }
        let shown = names.prefix(listMax).joined(separator: ", ")
        return names.count > listMax ? shown + ", … (\(names.count))" : shown
    }
}

/// Counts over the records of one file.
private struct Census {
    var records: UInt64 = 0
    var firstTime: UInt64?
    var lastTime: UInt64?
    var table = SymbolTable()
    private(set) var byInstrument: [UInt32: UInt64] = [:]
    private let dataset: String
    /// Runs of one instrument are counted here first: a dictionary costs more than the record.
    private var runInstrument: UInt32 = 0
    private var runLength: UInt64 = 0

    init(_ metadata: DBNMetadata?) {
        dataset = metadata?.dataset ?? ""
        if let metadata { table.add(metadata) }
    }

    mutating func count(_ record: RecordView) {
        records += 1
        let time = record.receiveTime
        if time.isDefined {
            if firstTime == nil { firstTime = time.nanoseconds }
            lastTime = time.nanoseconds
        }
        let instrument = record.instrumentID.raw
        if instrument != runInstrument {
            endRun()
            runInstrument = instrument
        }
        runLength += 1
        table.add(record, dataset: dataset)
    }

    /// Enters the run that is being counted.
    mutating func endRun() {
        if runLength > 0 { byInstrument[runInstrument, default: 0] += runLength }
        runLength = 0
    }
}

extension RecordType {
    /// Databento's name of the type, as in `mbp-10`; the number of one that has none here.
    var databentoName: String {
        switch self {
        case .trade: "mbp-0"
        case .mbp1: "mbp-1"
        case .mbp10: "mbp-10"
        case .ohlcvDeprecated: "ohlcv-deprecated"
        case .status: "status"
        case .instrumentDefinition: "instrument-def"
        case .imbalance: "imbalance"
        case .error: "error"
        case .symbolMapping: "symbol-mapping"
        case .system: "system"
        case .statistics: "statistics"
        case .ohlcv1s: "ohlcv-1s"
        case .ohlcv1m: "ohlcv-1m"
        case .ohlcv1h: "ohlcv-1h"
        case .ohlcv1d: "ohlcv-1d"
        case .ohlcvEndOfDay: "ohlcv-eod"
        case .mbo: "mbo"
        case .cmbp1: "cmbp-1"
        case .cbbo1s: "cbbo-1s"
        case .cbbo1m: "cbbo-1m"
        case .tcbbo: "tcbbo"
        case .bbo1s: "bbo-1s"
        case .bbo1m: "bbo-1m"
        default: "0x" + (rawValue < 16 ? "0" : "") + String(rawValue, radix: 16)
        }
    }
}
