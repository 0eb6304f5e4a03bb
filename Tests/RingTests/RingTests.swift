import Testing
import Units

@testable import Ring

@Suite struct RingTests {
    private let capacity = RingLayout.capacityMin

    @Test func `records come out as they went in, with number, receive time and batch end`() throws {
        let memory = try RingMemory.plain(capacity: capacity)
        var writer = try RingWriter(memory)
        var reader = try RingReader(memory, from: .oldest)
        #expect(writer.add(count: 16) == .appended(sequence: 0))
        #expect(writer.add(count: 368) == .appended(sequence: 1))
        writer.publish()
        #expect(writer.add(count: 1_020) == .appended(sequence: 2))
        writer.publish()
        var reading = Reading()
        reading.drain(&reader)
        #expect(reading.records.map(\.sequence) == [0, 1, 2])
        #expect(reading.records.map(\.receiveTime) == [0, 10, 20])
        #expect(reading.records.map(\.endsBatch) == [false, true, true])
        #expect(reading.records.map(\.bytes) == [16, 368, 1_020].enumerated().map {
            TestRecord.bytes(sequence: UInt64($0.offset), count: $0.element)
        })
        #expect(reading.lost.isEmpty)
        #expect(reading.last == .drained)
    }

    @Test func `an unpublished record is not seen, and the batch appears at once`() throws {
        let memory = try RingMemory.plain(capacity: capacity)
        var writer = try RingWriter(memory)
        var reader = try RingReader(memory, from: .newest)
        var reading = Reading()
        for _ in 0..<3 { _ = writer.add(count: 100) }
        reading.drain(&reader)
        #expect(reading.records.isEmpty)
        writer.publish()
        reading.drain(&reader)
        #expect(reading.sequences == [0, 1, 2])
    }
}
