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

extension Player {
    /// Heap calls of a whole tape behind its first records. Play it once before: that makes the lazy globals of the
    /// process, which else whatever test ran earlier has made or not.
    mutating func heapCalls(of bytes: [UInt8], after warm: Int, sink: inout IdleSink) -> UInt64 {
        bytes.withUnsafeBytes { raw in
            guard let base = raw.baseAddress else { return 0 }
            var before: UInt64 = 0
            for index in 0..<raw.count / RecordByteCount.mbp10 {
                if index == warm { before = lh_heap_calls() }
                let view = RecordView(base + index * RecordByteCount.mbp10).marketByPrice
                clock = max(clock, view.receiveTime.nanoseconds)
                engine.take(view, sequence: UInt64(index), clock: clock, sink: &sink)
            }
            return lh_heap_calls() - before
        }
    }
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
        var (calls, groups, seconds) = (UInt64(0), 0, 0)
        for _ in 0..<2 {
            var player = Player(try TestSession.configuration())
            var sink = IdleSink()
            calls = player.heapCalls(of: bytes, after: 2_000, sink: &sink)
            (groups, seconds) = (sink.groups, sink.seconds)
            #expect(LevelKind.allCases.allSatisfy { player.engine.level($0).pointee.isActive })
        }
        #expect(count >= 22_000 && groups > 15_000 && seconds > 500)
        #expect(calls == 0)
    }
}
