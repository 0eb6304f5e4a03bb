import CHeapCount
import DBN
import MarketData
import Testing
import Units

@testable import Features

/// Looks at every vector and keeps nothing.
struct IdleSink: FeatureSink {
    var groups = 0
    var seconds = 0
    mutating func groupClosed(_ engine: borrowing ContractEngine) { groups += 1 }
    mutating func secondEnded(_ engine: borrowing ContractEngine, time: UInt64) { seconds += 1 }
}

@Suite struct AllocationTests {
    @Test(.enabled(if: lh_heap_count_enabled() != 0, "a sanitizer has its own allocator"))
    func `twenty thousand records through a warm engine touch the heap not once`() throws {
        let tape = RandomTape(
            seed: 77, start: TestSession.open + TestSession.minute, groups: 19_000, meanGap: 60_000_000,
            withFaults: true)
        var bytes: [UInt8] = []
        for record in tape.records { bytes += record.bytes }
        let count = tape.records.count
        var player = Player(try TestSession.configuration())
        var sink = IdleSink()
        var calls: UInt64 = 0
        bytes.withUnsafeBytes { raw in
            guard let base = raw.baseAddress else { return }
            var clock: UInt64 = 0
            var before: UInt64 = 0
            for index in 0..<count {
                // Warm: every lazy global has been made.
                if index == 2_000 { before = lh_heap_calls() }
                let view = RecordView(base + index * RecordByteCount.mbp10).marketByPrice
                clock = max(clock, view.receiveTime.nanoseconds)
                player.engine.take(view, sequence: UInt64(index), clock: clock, sink: &sink)
            }
            calls = lh_heap_calls() - before
        }
        #expect(count >= 22_000 && sink.groups > 15_000 && sink.seconds > 500)
        #expect(LevelKind.allCases.allSatisfy { player.engine.level($0).pointee.isActive })
        #expect(calls == 0)
    }
}
