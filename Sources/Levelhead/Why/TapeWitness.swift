import DBN
import Features
import Foundation
import MarketCalendar
import MarketData
import Pipeline
import Platform
import Signals
import Tape
import Units

/// What the engine saw when something was decided: computed again from the run's tape.
struct TapeWitness {
    enum Moment {
        /// A signal, by its place in the run's stream.
        case signal(UInt64)
        /// Event time, ns.
        case time(UInt64)
    }

    let moment: Moment

    /// Found: the number of the record that closed the signal's group; of a time, of the last record at it or before.
    private(set) var record: UInt64?
    private(set) var signal: Signal?
    /// Of the signal; of a time, of the last group or second up to it. Empty when there was none shortly before.
    private(set) var vector: [Double] = []
    /// Records before and at the moment, and some after it, oldest first.
    private(set) var records: [(sequence: UInt64, bytes: [UInt8])] = []
    /// The newest book record up to the moment: of any contract at a signal, of the traded one at a time.
    private(set) var book: [UInt8] = []
    /// The contract of that book.
    private(set) var bookSymbol: String?

    private static let before = 8
    private static let after = 4
    private static let minute: UInt64 = 60_000_000_000

    init(_ moment: Moment) { self.moment = moment }

    /// Folds the tape until shortly after the moment.
    mutating func find(_ setup: MarketSetup, _ tape: consuming MergedTape, window: Range<UInt64>?) throws {
        var pipeline = EnginePipeline(
            plan: setup.plan, features: setup.features, trading: try setup.trading(), output: WitnessOutput(moment))
        var feed = TapeFeed(tape, window: window)
        var left = Self.after
        while left > 0, let (record, number) = try feed.next() {
            if self.record == nil, case .time(let time) = moment, number > 0, Self.isBook(record),
                record.eventTime.nanoseconds > time, Self.isPlausible(record)
            {
                self.record = number - 1
            }
            keep(record, number)
            if self.record != nil {
                left -= 1
                continue
            }
            keepBook(record, setup.plan, leader: pipeline.market.leader)
            pipeline.take(record, sequence: number)
            pipeline.withOutput { output in
                guard let found = output.found else { return }
                self.record = number
                (signal, vector) = (found, output.vector)
            }
        }
        guard case .time = moment else { return }
        if record == nil { record = records.last?.sequence }
        vector = pipeline.withOutput { $0.vector }
    }

    private mutating func keep(_ record: RecordView, _ number: UInt64) {
        records.append((number, Array(UnsafeRawBufferPointer(start: record.bytes, count: record.byteCount))))
        if self.record == nil, records.count > Self.before { records.removeFirst() }
    }

    /// It does not tell of what happens more than a minute after it was received.
    private static func isPlausible(_ record: RecordView) -> Bool {
        record.eventTime.nanoseconds &- Self.minute <= record.receiveTime.nanoseconds
    }

    private static func isBook(_ record: RecordView) -> Bool { record.type == .mbp10 }

    private mutating func keepBook(_ record: RecordView, _ plan: InstrumentPlan, leader: Int) {
        guard Self.isBook(record), record.byteCount >= 48 + 320 else { return }
        if case .time = moment {
            let traded = plan.tradedBook(leader: leader).map { plan.traded[$0] } ?? plan.signal[leader]
            guard Self.isOf(traded, record) else { return }
            bookSymbol = traded.contract.rawSymbol
        } else {
            bookSymbol = (plan.signal + plan.traded).first { Self.isOf($0, record) }?.contract.rawSymbol
        }
        book = Array(UnsafeRawBufferPointer(start: record.bytes, count: record.byteCount))
    }

    private static func isOf(_ contract: TapeContract, _ record: RecordView) -> Bool {
        contract.identities.contains {
            $0.instrument == record.instrumentID && $0.start <= record.receiveTime && record.receiveTime < $0.end
        }
    }
}

/// Catches one signal with the vector that it was decided on, or the vector of a time.
private struct WitnessOutput: ~Copyable, EngineOutput {
    /// A vector that is older says nothing of the time, ns.
    private static let vectorLife: UInt64 = 2_000_000_000

    private let sequence: UInt64?
    private let time: UInt64?
    var found: Signal?
    var vector: [Double] = []

    init(_ moment: TapeWitness.Moment) {
        switch moment {
        case .signal(let sequence): (self.sequence, time) = (sequence, nil)
        case .time(let time): (sequence, self.time) = (nil, time)
        }
    }

    mutating func vector(_ engine: borrowing ContractEngine) { keep(engine, engine.group.time) }
    mutating func secondVector(_ engine: borrowing ContractEngine, time: UInt64) { keep(engine, time) }
    mutating func announce(_ signal: Signal) {}
    mutating func announced() {}

    mutating func signal(_ signal: Signal, _ engine: borrowing ContractEngine) {
        guard signal.sequence == sequence else { return }
        found = signal
        vector = Array(engine.vector)
    }

    private mutating func keep(_ engine: borrowing ContractEngine, _ now: UInt64) {
        guard let time, now <= time, time - now <= Self.vectorLife else { return }
        vector = Array(engine.vector)
    }
}
