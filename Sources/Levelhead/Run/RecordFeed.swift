import DBN
import Tape
import Units

/// What the input side of a run counted.
struct FeedCounts: Codable, Equatable {
    /// Input records of every type, ignored and unknown ones included; between two receive times only those, without
    /// the unknown ones, which have none.
    var records: UInt64 = 0
    /// `trades` records of instruments that have `mbp-10`.
    var ignoredTrades: UInt64 = 0
    /// Records of types that the decoder does not know.
    var skippedRecords: UInt64 = 0
}

/// Where a run's records come from: the tape itself, or a ring that another thread or process fills from it.
protocol RecordFeed: ~Copyable {
    /// The next record and its position in the run, valid until the next call; nil at the end.
    mutating func next() throws -> (record: RecordView, sequence: UInt64)?
    /// Bytes of the tape read so far and in all.
    var position: TapePosition { get }
    /// After the end: what was counted.
    mutating func finish() throws -> FeedCounts
}

/// The records of a merged tape between two receive times, numbered from 0.
struct TapeFeed: RecordFeed, ~Copyable {
    private var tape: MergedTape
    private let window: Range<UInt64>?
    private var sequence: UInt64 = 0

    init(_ tape: consuming MergedTape, window: Range<UInt64>?) {
        self.tape = tape
        self.tape.counted = window
        self.window = window
    }

    /// Passes over the records that an earlier part of the run has taken.
    mutating func skip(to first: UInt64) throws {
        while sequence < first, try next() != nil {}
    }

    @inline(__always)
    mutating func next() throws -> (record: RecordView, sequence: UInt64)? {
        while let record = try tape.next() {
            if let window, !window.contains(record.mergeTime.nanoseconds) { continue }
            sequence &+= 1
            return (record, sequence &- 1)
        }
        return nil
    }

    var position: TapePosition { tape.position }

    mutating func finish() -> FeedCounts {
        let all = tape.inputRecords + tape.skippedRecords
        return FeedCounts(
            records: window == nil ? all : sequence + tape.ignoredTrades, ignoredTrades: tape.ignoredTrades,
            skippedRecords: tape.skippedRecords)
    }
}
