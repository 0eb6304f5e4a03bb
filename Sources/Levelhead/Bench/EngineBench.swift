import DBN
import Determinism
import Features
import MarketCalendar
import MarketData
import Observability
import Pipeline
import Platform
import Tape
import Units

/// The feature engine alone, over records that lie in memory: no files, no messages, no orders.
///
/// The tape is folded up to where the measured part begins; what the engine is there is kept, and every round begins
/// with it. All rounds must give the same vectors, bit for bit: one of a thousand is looked at.
struct EngineBench: ~Copyable {
    private let setup: MarketSetup
    private var store: RecordStore
    private var start: [UInt8] = []
    private var firstSequence: UInt64 = 0
    /// What the round before came to.
    private var outcome: GroupCounter?
    var groups: Int { outcome?.groups ?? 0 }
    /// Of the measured part's first record, ns.
    private(set) var began: UInt64 = 0

    /// - Parameters:
    ///   - from: where the measured part begins; nil for the first record at which all five levels are active.
    ///   - capacity: how many records it may hold.
    /// - Throws: what is wrong with the tape; that it has no such part.
    init(_ tape: consuming MergedTape, setup: MarketSetup, from: Timestamp?, capacity: Int) throws {
        self.setup = setup
        store = RecordStore(capacity: capacity)
        var fold = MarketFold(plan: setup.plan, configuration: setup.features)
        var sink = GroupCounter()
        var isMeasured = false
        var progress = ProgressBar("bench")
        while let record = try tape.next() {
            if !isMeasured {
                let received = record.receiveTime
                isMeasured = from.map { received >= $0 } ?? sink.areLevelsActive
                if isMeasured {
                    began = received.nanoseconds
                    start = try Self.state(&fold)
                } else {
                    fold.take(record, sequence: firstSequence, sink: &sink)
                    firstSequence += 1
                }
            }
            if isMeasured, store.count == capacity || !store.append(record) { break }
            guard firstSequence % 65_536 == 0 else { continue }
            let position = tape.position
            progress.update(done: position.bytesRead, of: position.byteCount, items: Int(firstSequence))
        }
        guard store.bookCount > 0 else {
            let part = from.map { "received at \($0.iso8601Text) or later" }
            throw BenchError.nothingToMeasure(part ?? "after all five levels are active")
        }
    }

    var records: Int { store.count }
    var bookRecords: Int { store.bookCount }

    /// Folds all records once.
    ///
    /// - Returns: nanoseconds, and those of them on a core.
    /// - Throws: that the vectors are not those of the round before.
    mutating func round() throws -> (elapsed: Int64, onCore: Int64) {
        var spent: (elapsed: Int64, onCore: Int64) = (0, 0)
        try fold { fold, sink, sequence, store in
            let begin = (MonotonicClock.now().count, ThreadClock.now().count)
            store.forEach { record in
                fold.take(record, sequence: sequence, sink: &sink)
                sequence &+= 1
            }
            spent = (MonotonicClock.now().count - begin.0, ThreadClock.now().count - begin.1)
        }
        return spent
    }

    /// Folds all records once and takes the time of each, which a look at the clock (`clock`) makes longer.
    ///
    /// - Throws: as `round`.
    mutating func timedRound(books: LatencyRecorder, others: LatencyRecorder) throws {
        try fold { fold, sink, sequence, store in
            var before = MonotonicClock.now().count
            store.forEach { record in
                fold.take(record, sequence: sequence, sink: &sink)
                sequence &+= 1
                let now = MonotonicClock.now().count
                (record.type == .mbp10 ? books : others).record(nanoseconds: now - before)
                before = now
            }
        }
    }

    /// Nanoseconds of a look at the clock: the least of many.
    static func clock() -> Int64 {
        var (least, before) = (Int64.max, MonotonicClock.now().count)
        for _ in 0..<100_000 {
            let now = MonotonicClock.now().count
            (least, before) = (min(least, now - before), now)
        }
        return least
    }

    private mutating func fold(
        _ body: (inout MarketFold, inout GroupCounter, inout UInt64, borrowing RecordStore) -> Void
    ) throws {
        var fold = MarketFold(plan: setup.plan, configuration: setup.features)
        var archive = StateArchive(loading: start)
        try fold.persist(&archive)
        try archive.checkEnd()
        var sink = GroupCounter()
        var sequence = firstSequence
        body(&fold, &sink, &sequence, store)
        if let outcome, outcome != sink { throw BenchError.differs }
        outcome = sink
    }

    private static func state(_ fold: inout MarketFold) throws -> [UInt8] {
        var archive = StateArchive()
        try fold.persist(&archive)
        return archive.finish()
    }
}

enum BenchError: Error, CustomStringConvertible {
    case nothingToMeasure(String)
    case differs

    var description: String {
        switch self {
        case .nothingToMeasure(let part): "the tape has no mbp-10 record \(part); see --from"
        case .differs: "two rounds over the same records gave different vectors"
        }
    }
}

/// Counts the vectors, and lets nearly all of them be.
private struct GroupCounter: MarketSink, Equatable {
    var groups = 0
    var areLevelsActive = false
    /// Of every 1024th vector (FNV-1a, a word at a time).
    private var hash: UInt64 = 0xcbf2_9ce4_8422_2325

    mutating func groupClosed(_ engine: borrowing ContractEngine) {
        groups &+= 1
        if !areLevelsActive {
            areLevelsActive = LevelKind.allCases.allSatisfy { engine.level($0).pointee.isActive }
        }
        guard groups & 1_023 == 0 else { return }
        for value in engine.vector { hash = (hash ^ value.bitPattern) &* 0x100_0000_01b3 }
    }
    mutating func secondEnded(_ engine: borrowing ContractEngine, time: UInt64) {}
    mutating func sessionBegan(_ session: SessionTimes, leader: Int) {}
    mutating func tradedGroup(_ book: borrowing ContractBook) {}
    mutating func tradedStatus(_ status: TradingStatus, time: UInt64, clock: UInt64) {}
}
