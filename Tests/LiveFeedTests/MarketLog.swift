import DBN
import Determinism
import Units

@testable import LiveFeed

/// What a gateway has recorded of a made-up day: the truth that a feed must have handed on in the end.
struct MarketLog {
    /// In the order in which the gateway sends them.
    var records: [[UInt8]] = []

    static let second: UInt64 = 1_000_000_000
    static let start: UInt64 = 1_700_000_000 * second
    static let schemas: [Schema] = [.mbp10, .statistics, .bbo1s]

    /// Some instruments that are busy, some that are quiet; a record may come up to three seconds late.
    init(seed: UInt64, count: Int) {
        var generator = SeededGenerator(seed: seed)
        var time = Self.start
        for index in 0..<count {
            // Bursts with equal stamps, pauses of up to a minute.
            switch generator.next() % 20 {
            case 0..<8: break
            case 8..<19: time += generator.next() % (Self.second / 2)
            default: time += generator.next() % (60 * Self.second)
            }
            let late = generator.next() % 8 == 0 ? generator.next() % (3 * Self.second) : 0
            let event = max(Self.start, time - late)
            let instrument = UInt32(1 + generator.next() % (generator.next() % 4 == 0 ? 40 : 4))
            switch generator.next() % 10 {
            case 0:
                records.append(LiveRecord.statistic(instrument: instrument, event: event, quantity: Int64(index)))
            case 1: records.append(LiveRecord.quote(instrument: instrument, event: 7, interval: event))
            default:
                records.append(
                    LiveRecord.book(
                        instrument: instrument, event: event, received: time + 100, sequence: UInt32(index)))
            }
        }
    }

    static func view<Result>(_ record: [UInt8], _ body: (RecordView) -> Result) -> Result {
        record.withUnsafeBytes { raw in
            guard let base = raw.baseAddress else { preconditionFailure("a record has bytes") }
            return body(RecordView(base))
        }
    }

    static func schema(_ record: [UInt8]) -> Schema {
        switch RecordType(rawValue: record[1]) {
        case .mbp10: .mbp10
        case .statistics: .statistics
        default: .bbo1s
        }
    }

    static func key(_ record: [UInt8]) -> UInt64 { view(record) { ReplayStream.key($0.type, $0.instrumentID) } }

    /// What a replay of a schema from `start` on sends, of the first `count` records.
    func replay(_ schema: Schema, from start: Timestamp, count: Int) -> [[UInt8]] {
        records.prefix(count).filter { record in
            Self.schema(record) == schema && Self.view(record) { ReplayLedger.time(of: $0) >= start }
        }
    }

    /// By stream, in order.
    static func streams(_ records: some Sequence<[UInt8]>) -> [UInt64: [[UInt8]]] {
        Dictionary(grouping: records, by: key)
    }
}

/// A feed's use of its ledger, without a feed.
struct LedgerRun {
    let log: MarketLog
    var ledger = ReplayLedger()
    var handed: [[UInt8]] = []
    var holes: [FeedHole] = []
    /// What a tape would hold: records, and marks between them.
    var tape: [TapeEntry] = []
    /// How many of the log's records the gateway has sent in the present.
    var sent = 0
    /// The ledger as it was when the tape had so many entries, in the present.
    private(set) var saved = (ledger: ReplayLedger(), entries: 0)

    enum TapeEntry {
        case record([UInt8])
        case mark(FeedMark)
    }

    init(_ log: MarketLog) { self.log = log }

    mutating func take(_ record: [UInt8]) {
        guard MarketLog.view(record, { ledger.take($0) }) else { return }
        handed.append(record)
        tape.append(.record(record))
    }

    private mutating func mark(_ kind: FeedMark.Kind, _ schema: Schema, from: Timestamp = .undefined) {
        guard let dataset = DatasetName("GLBX.MDP3") else { return }
        tape.append(
            .mark(
                FeedMark(
                    kind, dataset: dataset, time: Timestamp(nanoseconds: 1), wallTime: Timestamp(nanoseconds: 2),
                    schema: schema, from: from)))
    }

    mutating func live(_ count: Int) {
        let end = min(sent + count, log.records.count)
        for record in log.records[sent..<end] { take(record) }
        sent = end
    }

    /// A session's beginning: replays one schema after the other, of what the gateway has by now.
    /// - Parameter breakAfter: so many replayed records, then the session breaks off.
    /// - Returns: false when it broke off.
    mutating func resume(
        at count: Int, breakAfter: Int = .max, change: (inout [[UInt8]]) -> Void = { _ in }
    ) -> Bool {
        let starts = MarketLog.schemas.map { schema in
            (schema, ledger.beginReplay(schema, from: Timestamp(nanoseconds: MarketLog.start)))
        }
        for (schema, start) in starts { mark(.replaying, schema, from: start) }
        var left = breakAfter
        for (schema, start) in starts {
            var records = log.replay(schema, from: start, count: count)
            change(&records)
            for record in records {
                if left == 0 { return false }
                left -= 1
                take(record)
            }
            holes += ledger.endReplay(schema)
            mark(.replayed, schema)
        }
        sent = count
        return true
    }

    mutating func save() { saved = (ledger, tape.count) }

    /// The ledger made anew from the tape.
    func rebuilt() -> ReplayLedger { ReplayLedger(tape: tape[...]) }

    /// The same, from what was saved and the tape since.
    func regained(_ load: (ReplayLedger) throws -> ReplayLedger) rethrows -> ReplayLedger {
        var ledger = try load(saved.ledger)
        ledger.take(tape: tape[saved.entries...])
        return ledger
    }
}

extension ReplayLedger {
    /// The ledger that a tape makes.
    init(tape: ArraySlice<LedgerRun.TapeEntry>) {
        self.init()
        take(tape: tape)
    }

    mutating func take(tape: ArraySlice<LedgerRun.TapeEntry>) {
        for entry in tape {
            switch entry {
            case .record(let record): _ = MarketLog.view(record) { take($0) }
            case .mark(let mark): take(mark)
            }
        }
    }
}
