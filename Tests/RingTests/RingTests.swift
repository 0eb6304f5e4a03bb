import Determinism
import Testing
import Units

@testable import Ring

@Suite struct RingTests {
    private let capacity = RingLayout.capacityMin

    @Test func `records come out as they went in, with number, receive time and batch end`() throws {
        let memory = try RingMemory.plain(capacity: capacity, firstSequence: 7)
        var truth = Published(first: 7)
        var writer = try RingWriter(memory)
        var reader = try RingReader(memory, from: .oldest)
        #expect(writer.add(count: 16, to: &truth) == .appended(sequence: 7))
        #expect(writer.add(count: 368, to: &truth) == .appended(sequence: 8))
        writer.publish(&truth)
        #expect(writer.add(count: 1_020, to: &truth) == .appended(sequence: 9))
        writer.publish(&truth)
        var reading = Reading()
        reading.drain(&reader)
        #expect(reading.sequences == [7, 8, 9])
        #expect(reading.records.map(\.receiveTime) == [70, 80, 90])
        #expect(reading.records.map(\.endsBatch) == [false, true, true])
        #expect(truth.agrees(with: reading))
        #expect(reading.lost.isEmpty)
        #expect(reading.last == .drained)
    }

    @Test func `an unpublished record is not seen, and a batch appears at once`() throws {
        let memory = try RingMemory.plain(capacity: capacity)
        var truth = Published()
        var writer = try RingWriter(memory)
        var reader = try RingReader(memory, from: .newest)
        var reading = Reading()
        for _ in 0..<3 { _ = writer.add(count: 100, to: &truth) }
        reading.drain(&reader)
        #expect(reading.records.isEmpty)
        writer.publish(&truth)
        reading.drain(&reader)
        #expect(reading.sequences == [0, 1, 2])
    }

    @Test(arguments: 0..<16 as Range<UInt64>)
    func `received and lost together are everything, each once, for any sizes and speeds`(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        let memory = try RingMemory.plain(capacity: capacity)
        var truth = Published()
        var writer = try RingWriter(memory)
        var quick = try RingReader(memory, from: .oldest)
        var slow = try RingReader(memory, from: .oldest)
        var heard = Reading(), missed = Reading()
        for _ in 0..<60 {
            writer.fill(bytes: Int(random.below(4_000)), &random, &truth)
            heard.drain(&quick)
            missed.drain(&slow, atMost: Int(random.below(6)))
        }
        missed.drain(&slow)
        #expect(heard.sequences == Array(0..<truth.next), "seed \(seed)")
        #expect(truth.agrees(with: heard), "seed \(seed)")
        #expect(missed.told == Array(0..<truth.next), "seed \(seed)")
        #expect(truth.agrees(with: missed), "seed \(seed)")
        #expect(!missed.lost.isEmpty, "the slow reader is overtaken, else this shows nothing; seed \(seed)")
    }

    @Test(arguments: 0..<6 as Range<UInt64>)
    func `an overtaken reader still gets three quarters of the ring`(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        let memory = try RingMemory.plain(capacity: capacity)
        var truth = Published()
        var writer = try RingWriter(memory)
        var reader = try RingReader(memory, from: .oldest)
        writer.fill(bytes: capacity * 3, &random, &truth)
        var reading = Reading()
        reading.drain(&reader)
        let bytes = reading.records.reduce(0) { $0 + RingLayout.frameBytes(recordBytes: $1.bytes.count) }
        #expect(bytes >= capacity * 3 / 4, "seed \(seed)")
        #expect(reading.lost == [0..<(truth.next - UInt64(reading.records.count))], "seed \(seed)")
    }

    @Test func `frames never straddle the end, whatever is left there`() throws {
        for first in stride(from: 16, through: 1_020, by: 60) {
            let memory = try RingMemory.plain(capacity: capacity)
            var truth = Published()
            var writer = try RingWriter(memory)
            var reader = try RingReader(memory, from: .oldest)
            var reading = Reading()
            _ = writer.add(count: first, to: &truth)
            writer.publish(&truth)
            for _ in 0..<(capacity / 576 + 4) {
                _ = writer.add(count: 528, to: &truth)
                writer.publish(&truth)
                reading.drain(&reader)
            }
            #expect(reading.sequences == Array(0..<truth.next))
            #expect(truth.agrees(with: reading))
        }
    }

    @Test func `a batch that reaches a quarter of the ring is full until it is published`() throws {
        let memory = try RingMemory.plain(capacity: capacity)
        var truth = Published()
        var writer = try RingWriter(memory)
        var outcome = RingAppend.appended(sequence: 0)
        while case .appended = outcome { outcome = writer.add(count: 1_020, to: &truth) }
        #expect(outcome == .batchFull)
        #expect(truth.pending.count == capacity / 4 / 1_088)
        writer.publish(&truth)
        #expect(writer.add(count: 1_020, to: &truth) == .appended(sequence: truth.next))
    }

    @Test func `retirement is told after the last record`() throws {
        let memory = try RingMemory.plain(capacity: capacity)
        var truth = Published()
        var writer = try RingWriter(memory)
        var reader = try RingReader(memory, from: .oldest)
        _ = writer.add(count: 40, to: &truth)
        writer.retire()
        truth.publish()
        var reading = Reading()
        reading.drain(&reader)
        #expect(reading.sequences == [0])
        #expect(reading.last == .retired)
        #expect(throws: RingError.retired) { _ = try RingWriter(memory) }
    }
}
