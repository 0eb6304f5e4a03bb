import DBN
import Features
import Foundation
import MarketData
import Pipeline
import Platform
import Signals
import Tape
import Units

/// What the engine saw when it gave a signal: computed again from the run's tape.
struct SignalWitness {
    /// The signal's place in the run's stream, and what is known of it.
    let sequence: UInt64

    /// Found: the number of the record that closed the signal's group.
    private(set) var record: UInt64?
    private(set) var signal: Signal?
    private(set) var vector: [Double] = []
    /// Records before and at the signal, and some after it, oldest first.
    private(set) var records: [(sequence: UInt64, bytes: [UInt8])] = []

    private static let before = 8
    private static let after = 4

    init(sequence: UInt64) { self.sequence = sequence }

    /// Folds the tape until shortly after the signal.
    mutating func find(_ setup: MarketSetup, _ tape: consuming MergedTape, window: Range<UInt64>?) throws {
        var pipeline = EnginePipeline(
            plan: setup.plan, features: setup.features, trading: try setup.trading(),
            output: WitnessOutput(sequence: sequence))
        var feed = TapeFeed(tape, window: window)
        var left = Self.after
        while left > 0, let (record, number) = try feed.next() {
            keep(record, number)
            if self.record != nil {
                left -= 1
                continue
            }
            pipeline.take(record, sequence: number)
            pipeline.withOutput { output in
                guard let found = output.found else { return }
                self.record = number
                (signal, vector) = (found, output.vector)
            }
        }
    }

    private mutating func keep(_ record: RecordView, _ number: UInt64) {
        records.append((number, Array(UnsafeRawBufferPointer(start: record.bytes, count: record.byteCount))))
        if self.record == nil, records.count > Self.before { records.removeFirst() }
    }
}

/// Catches one signal with the vector that it was decided on.
private struct WitnessOutput: ~Copyable, EngineOutput {
    let sequence: UInt64
    var found: Signal?
    var vector: [Double] = []

    init(sequence: UInt64) { self.sequence = sequence }

    mutating func vector(_ engine: borrowing ContractEngine) {}
    mutating func secondVector(_ engine: borrowing ContractEngine, time: UInt64) {}
    mutating func announce(_ signal: Signal) {}
    mutating func announced() {}

    mutating func signal(_ signal: Signal, _ engine: borrowing ContractEngine) {
        guard signal.sequence == sequence else { return }
        found = signal
        vector = Array(engine.vector)
    }
}
