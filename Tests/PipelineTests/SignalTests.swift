import DBN
import Features
import Orders
import Signals
import Testing
import Units

@testable import Pipeline

/// What a signal says of itself: which test it decides, and from when on it is knowable.
@Suite struct SignalTests {
    private static let second: UInt64 = 1_000_000_000

    /// Keeps the signals.
    private struct Signals: ~Copyable, EngineOutput {
        var all: [Signal] = []

        mutating func vector(_ engine: borrowing ContractEngine) {}
        mutating func secondVector(_ engine: borrowing ContractEngine, time: UInt64) {}
        mutating func announce(_ signal: Signal) {}
        mutating func announced() {}
        mutating func signal(_ signal: Signal, _ engine: borrowing ContractEngine) { all.append(signal) }
    }

    /// An engine that decides every test at once.
    private static func pipeline() throws -> EnginePipeline<Signals> {
        var trading = EventClockTests.trading
        (trading.signals.threshold, trading.signals.weightNeeded, trading.signals.hold) = (0, 0, .zero)
        return EnginePipeline(
            plan: try MarketFoldTests.plan([("ESZ3", 1)]), features: try MarketFoldTests.configuration(),
            trading: trading, output: Signals())
    }

    private static func take(_ bytes: [UInt8], _ pipeline: inout EnginePipeline<Signals>) {
        bytes.withUnsafeBytes { raw in
            if let base = raw.baseAddress { pipeline.take(RecordView(base), sequence: 0) }
        }
    }

    /// Minutes in which price stays where it is, leaves and comes back: the average lies at it, and is tested.
    private static func test(_ minutes: Range<UInt64>, from start: UInt64, _ pipeline: inout EnginePipeline<Signals>) {
        for minute in minutes {
            let time = start + minute * 60 * second
            take(MarketFoldTests.book(1, time + 5 * second, bid: 18_020), &pipeline)
            take(MarketFoldTests.book(1, time + 30 * second, bid: 18_000), &pipeline)
        }
    }

    @Test func `no two tests of a session have one number, and a session begins at 1`() throws {
        var pipeline = try Self.pipeline()
        let start = try MarketFoldTests.instant(7, 12, 0)
        Self.test(0..<20, from: start, &pipeline)
        let hole = start + 20 * 60 * Self.second
        Self.take(try FeedQualityTests.gap(from: hole, to: hole + Self.second), &pipeline)
        Self.test(20..<40, from: start, &pipeline)
        let evening = try MarketFoldTests.instant(7, 18, 1)
        Self.test(0..<20, from: evening, &pipeline)
        let found = pipeline.withOutput { $0.all }.filter { $0.level == UInt8(LevelKind.movingAverage.rawValue) }
        let before = found.filter { $0.time.nanoseconds < hole }.map(\.test)
        let behind = found.filter { $0.time.nanoseconds > hole && $0.time.nanoseconds < evening }.map(\.test)
        let next = found.filter { $0.time.nanoseconds > evening }.map(\.test)
        let last = try #require(before.max())
        #expect(last > 3 && behind.count > 3 && next.count > 3)
        #expect(behind.allSatisfy { $0 > last }, "\(before) and \(behind)")
        #expect(next.first == 1, "\(next)")
    }

    @Test func `a signal is knowable when everything in it had been received, whatever its record says`() throws {
        var pipeline = try Self.pipeline()
        let start = try MarketFoldTests.instant(7, 12, 0)
        Self.test(0..<10, from: start, &pipeline)
        let time = start + 10 * 60 * Self.second
        Self.take(MarketFoldTests.book(1, time + 5 * Self.second, bid: 18_020), &pipeline)
        // A record that says of itself that it came before the former one, and one that does not say when it came.
        let late = time + 5 * Self.second + 500
        Self.take(MarketFoldTests.book(1, time + 30 * Self.second, bid: 18_000, received: late), &pipeline)
        Self.take(MarketFoldTests.book(1, time + 35 * Self.second, bid: 18_020), &pipeline)
        Self.take(MarketFoldTests.book(1, time + 50 * Self.second, bid: 18_000, received: .max), &pipeline)
        let found = pipeline.withOutput { $0.all }.filter { $0.time.nanoseconds > time }
        #expect(found.count >= 2)
        let clocks = [time + 5 * Self.second + 1_000, time + 35 * Self.second + 1_000]
        #expect(Set(found.map(\.receiveTime.nanoseconds)) == Set(clocks))
    }
}
