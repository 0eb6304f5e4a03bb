import Determinism
import Testing
import Units

@testable import Ring

@Suite struct AttachTests {
    private let capacity = RingLayout.capacityMin

    @Test(arguments: 0..<8 as Range<UInt64>)
    func `a reader attaches at any number, and is told exactly what was there no more`(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        let memory = try RingMemory.plain(capacity: capacity, firstSequence: 1_000)
        var truth = Published(first: 1_000)
        var writer = try RingWriter(memory)
        writer.fill(bytes: Int(random.below(UInt64(capacity) * 3)), &random, &truth)
        for _ in 0..<20 {
            let from = 1_000 + random.below(truth.next - 1_000 + 1)
            var reader = try RingReader(memory, from: .sequence(from))
            var reading = Reading()
            reading.drain(&reader)
            #expect(reading.told == Array(from..<truth.next), "seed \(seed)")
            #expect(truth.agrees(with: reading), "seed \(seed)")
            #expect(reading.lost.count <= 1)
        }
        var oldest = try RingReader(memory, from: .oldest)
        var reading = Reading()
        reading.drain(&oldest)
        #expect(reading.lost.isEmpty)
        #expect(reading.told == Array((reading.told.first ?? truth.next)..<truth.next), "seed \(seed)")
        #expect(truth.agrees(with: reading))
    }

    @Test(arguments: 0..<8 as Range<UInt64>)
    func `the newest position is the number that is published next`(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        let memory = try RingMemory.plain(capacity: capacity)
        var truth = Published()
        var writer = try RingWriter(memory)
        writer.fill(bytes: Int(random.below(UInt64(capacity) * 2)), &random, &truth)
        _ = writer.add(count: 50, to: &truth)
        var reader = try RingReader(memory, from: .newest)
        #expect(reader.nextSequence == truth.next, "seed \(seed)")
        writer.publish(&truth)
        var reading = Reading()
        reading.drain(&reader)
        #expect(reading.sequences == [truth.next - 1])
        #expect(reading.epochs.isEmpty)
    }

    @Test func `a ring that goes on from a number tells what came before it, also when no record follows`() throws {
        let memory = try RingMemory.plain(capacity: capacity, firstSequence: 50)
        let writer = try RingWriter(memory)
        for isOver in [false, true] {
            var reader = try RingReader(memory, from: .sequence(42))
            var reading = Reading()
            reading.drain(&reader)
            #expect(reading.told == Array(42..<50), "over: \(isOver)")
            #expect(reader.nextSequence == 50)
        }
        writer.retire()
        var late = try RingReader(memory, from: .sequence(42))
        var reading = Reading()
        reading.drain(&late)
        #expect(reading.told == Array(42..<50))
    }

    @Test func `a number that does not exist yet is refused with the next one`() throws {
        let memory = try RingMemory.plain(capacity: capacity, firstSequence: 5)
        #expect(throws: RingError.sequenceAhead(requested: 6, next: 5)) {
            _ = try RingReader(memory, from: .sequence(6))
        }
        var truth = Published(first: 5)
        var writer = try RingWriter(memory)
        _ = writer.add(count: 16, to: &truth)
        writer.publish(&truth)
        #expect(throws: RingError.sequenceAhead(requested: 7, next: 6)) {
            _ = try RingReader(memory, from: .sequence(7))
        }
        #expect(try RingReader(memory, from: .sequence(6)).nextSequence == 6)
    }

    @Test func `a reader may come before the first writer`() throws {
        let memory = try RingMemory.plain(capacity: capacity, firstSequence: 3)
        var reader = try RingReader(memory, from: .newest)
        var truth = Published(first: 3)
        var writer = try RingWriter(memory)
        _ = writer.add(count: 16, to: &truth)
        writer.publish(&truth)
        var reading = Reading()
        reading.drain(&reader)
        #expect(reading.epochs == [1])
        #expect(reading.sequences == [3])
    }

    @Test func `memory that is no ring is refused by what is wrong with it`() throws {
        let memory = try RingMemory.plain(capacity: capacity)
        let bytes = UnsafeMutableRawBufferPointer(
            start: memory.words.base, count: RingLayout.byteCount(capacity: capacity))
        func attach(_ count: Int) throws(RingError) {
            _ = try RingMemory(attaching: UnsafeMutableRawBufferPointer(rebasing: bytes[..<count]), owner: memory)
        }
        try attach(bytes.count)
        #expect(throws: RingError.tooSmall(byteCount: 100, needed: 4_096)) { try attach(100) }
        #expect(throws: RingError.tooSmall(byteCount: bytes.count - 1, needed: bytes.count)) {
            try attach(bytes.count - 1)
        }
        bytes.storeBytes(of: 3_000, toByteOffset: RingLayout.capacityOffset, as: UInt64.self)
        #expect(throws: RingError.invalidCapacity(3_000)) { try attach(bytes.count) }
        bytes.storeBytes(of: 9, toByteOffset: 8, as: UInt32.self)
        #expect(throws: RingError.unknownVersion(found: 9, expected: 1)) { try attach(bytes.count) }
        bytes.storeBytes(of: 1, as: UInt64.self)
        #expect(throws: RingError.notARing(magic: 1)) { try attach(bytes.count) }
        #expect(throws: RingError.invalidCapacity(-1)) { _ = try RingMemory.plain(capacity: -1) }
        #expect(throws: RingError.invalidCapacity(100_000)) { _ = try RingMemory.plain(capacity: 100_000) }
    }

    @Test func `the layout is the documented one`() {
        #expect(RingLayout.marksOffset + RingLayout.segmentCount * 8 <= RingLayout.readersOffset)
        let slots = RingLayout.readerSlotCount * RingLayout.readerSlotBytes
        #expect(RingLayout.readersOffset + slots <= RingLayout.headerBytes)
        #expect(RingLayout.frameBytes(recordBytes: RingLayout.recordBytesMax) == RingLayout.frameBytesMax)
        #expect(RingLayout.frameBytes(recordBytes: 32) == 64)
        #expect(RingLayout.frameBytes(recordBytes: 33) == 128)
        #expect(RingLayout.frameBytes(recordBytes: 368) == 448)
        #expect(MemoryLayout<FrameHeader>.size == RingLayout.frameHeaderBytes)
        // What was published last survives a full batch, its claim and its padding.
        let capacity = RingLayout.capacityMin
        #expect(capacity / 4 + 2 * RingLayout.frameBytesMax + capacity / 64 < capacity / 2)
    }
}
