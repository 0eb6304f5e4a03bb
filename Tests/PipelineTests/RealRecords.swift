import DBN
import Determinism
import FeatureProperties
import Features
import MarketCalendar
import MarketData
import Tape
import Units

@testable import Pipeline

/// The records of a real tape as bytes, one record after the other, and what properties do to them.
struct RealRecords {
    private(set) var bytes: [UInt8] = []
    private(set) var offsets: [Int] = []

    var count: Int { offsets.count }

    mutating func append(_ record: UnsafeRawBufferPointer) {
        offsets.append(bytes.count)
        bytes += record
    }

    mutating func append(_ record: RecordView) {
        append(UnsafeRawBufferPointer(start: record.bytes, count: record.byteCount))
    }

    /// The whole tape of ESH4's evening.
    static func evening() throws -> RealRecords {
        var records = RealRecords()
        try RealTape.read(RealTape.evening) { records.append($0) }
        return records
    }

    func play<Sink: MarketSink & ~Copyable>(_ range: Range<Int>, _ fold: inout MarketFold, _ sink: inout Sink) {
        bytes.withUnsafeBytes { raw in
            guard let base = raw.baseAddress else { return }
            for index in range { fold.take(RecordView(base + offsets[index]), sequence: UInt64(index), sink: &sink) }
        }
    }

    /// Whether the record at `index` is the last of its event group.
    func endsGroup(_ index: Int) -> Bool { bytes[offsets[index] + 30] & RecordFlags.last.rawValue != 0 }

    func received(_ index: Int) -> UInt64 {
        bytes.withUnsafeBytes { $0.loadUnaligned(fromByteOffset: offsets[index] + 32, as: UInt64.self) }
    }

    /// The first record received at `time` or later.
    func first(at time: UInt64) -> Int { offsets.indices.first { received($0) >= time } ?? count }

    // MARK: Transformations of `mbp-10` records

    /// Every price through `move`.
    func moved(_ move: (Int64) -> Int64) -> RealRecords {
        var copy = self
        copy.bytes.withUnsafeMutableBytes { raw in
            func price(at offset: Int) {
                let old = raw.loadUnaligned(fromByteOffset: offset, as: Int64.self)
                if old != .max { raw.storeBytes(of: move(old), toByteOffset: offset, as: Int64.self) }
            }
            for offset in offsets {
                price(at: offset + 16)
                for slot in 0..<20 { price(at: offset + 48 + slot / 2 * 32 + slot % 2 * 8) }
            }
        }
        return copy
    }

    /// Prices mirrored and sides exchanged.
    ///
    /// - Parameter sum: of a price and its mirror, 1e-9 points.
    func mirrored(sum: Int64) -> RealRecords {
        var copy = moved { sum - $0 }
        for offset in offsets {
            switch copy.bytes[offset + 29] {
            case BookSide.ask.rawValue: copy.bytes[offset + 29] = BookSide.bid.rawValue
            case BookSide.bid.rawValue: copy.bytes[offset + 29] = BookSide.ask.rawValue
            default: break
            }
            for slot in 0..<10 {
                let level = offset + 48 + slot * 32
                for (at, width) in [(0, 8), (16, 4), (24, 4)] {
                    for byte in 0..<width { copy.bytes.swapAt(level + at + byte, level + at + width + byte) }
                }
            }
        }
        return copy
    }
}

/// Keeps every n-th group's row and every n-th second's.
struct EveryNthRow: MarketSink {
    struct Row {
        var number: Int
        var values: [Double]
    }
    let step: Int
    var groups = 0
    var seconds = 0
    var rows: [Row] = []

    init(step: Int) { self.step = step }

    mutating func sessionBegan(_ session: SessionTimes, leader: Int) {}
    mutating func tradedStatus(_ status: TradingStatus, time: UInt64, clock: UInt64) {}
    mutating func tradedGroup(_ book: borrowing ContractBook) {}
    mutating func groupClosed(_ engine: borrowing ContractEngine) {
        groups += 1
        if groups % step == 0 { rows.append(Row(number: groups, values: Array(engine.vector))) }
    }
    mutating func secondEnded(_ engine: borrowing ContractEngine, time: UInt64) {
        seconds += 1
        if seconds % step == 0 { rows.append(Row(number: -seconds, values: Array(engine.vector))) }
    }

    /// The first difference of two runs' rows from `place` on, in words.
    static func difference(_ found: ArraySlice<Row>, _ expected: ArraySlice<Row>) -> String? {
        for (a, b) in zip(found, expected) {
            guard a.number == b.number else { return "row \(a.number) and row \(b.number)" }
            for column in a.values.indices where a.values[column].bitPattern != b.values[column].bitPattern {
                let name = FeatureSchema.columns[column].name
                return "row \(a.number), \(name): \(a.values[column]) and \(b.values[column])"
            }
        }
        return nil
    }
}
