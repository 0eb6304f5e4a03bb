import ArgumentParser
import Features
import MarketCalendar
import MarketData
import Pipeline
import Units

/// Which instants give a row of the feature matrix.
enum RowChoice: String, ExpressibleByArgument, CaseIterable {
    case second = "1s"
    case quarterSecond = "250ms"
    case tick
    case touch
}

/// Writes the leading contract's rows.
final class FeatureRows: MarketSink {
    private static let quarter: UInt64 = 250_000_000
    private let writer: any RowWriter
    private let columns: [Int]
    private let choice: RowChoice
    private var row: [Double]
    private var tests = TestStarts()
    /// The last instant inside a second that was told, ns.
    private var passed: UInt64 = 0
    private(set) var failure: (any Error)?

    init(_ writer: any RowWriter, columns: [Int], choice: RowChoice) {
        self.writer = writer
        self.columns = columns
        self.choice = choice
        row = [Double](repeating: 0, count: columns.count)
    }

    func groupClosed(_ engine: borrowing ContractEngine) {
        let isWanted =
            switch choice {
            case .tick: true
            case .touch: !tests.begun(engine).isEmpty
            case .second, .quarterSecond: false
            }
        if isWanted { write(engine, time: engine.group.eventTime) }
    }

    func secondEnded(_ engine: borrowing ContractEngine, time: UInt64) {
        guard choice == .second || choice == .quarterSecond else { return }
        write(engine, time: time)
    }

    func instantDue(after time: UInt64) -> UInt64 {
        choice == .quarterSecond ? (max(time, passed) / Self.quarter + 1) * Self.quarter : .max
    }

    func instantPassed(_ engine: borrowing ContractEngine, time: UInt64) {
        passed = time
        write(engine, time: time)
    }

    func sessionBegan(_ session: SessionTimes, leader: Int) { tests.forget() }
    func tradedGroup(_ book: borrowing ContractBook) {}
    func tradedStatus(_ status: TradingStatus, time: UInt64, clock: UInt64) {}

    private func write(_ engine: borrowing ContractEngine, time: UInt64) {
        guard failure == nil else { return }
        let vector = engine.vector
        for (index, column) in columns.enumerated() { row[index] = vector[column] }
        let stamps = [time, engine.clock, engine.group.sequence].map { Int64(bitPattern: $0) }
        do {
            try row.withUnsafeBufferPointer { try writer.append($0, stamps: stamps) }
        } catch {
            failure = error
        }
    }
}
