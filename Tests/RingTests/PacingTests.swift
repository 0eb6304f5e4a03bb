import CHeapCount
import Determinism
import Testing
import Units

@testable import Ring

@Suite struct PacingTests {
    private let capacity = RingLayout.capacityMin

    @Test(arguments: [true, false], 0..<4 as Range<UInt64>)
    func `a paced writer loses nothing, however slow its readers`(inPlace: Bool, seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        let memory = try RingMemory.plain(capacity: capacity, pacing: .paced)
        var truth = Published()
        var writer = try RingWriter(memory)
        var first = try RingReader(memory, from: .oldest, as: .pacing(identity: 1, inPlace: inPlace))
        var second = try RingReader(memory, from: .oldest, as: .pacing(identity: 2, inPlace: inPlace))
        var readings = [Reading(), Reading()]
        var refusals = 0
        while truth.next < 400 {
            switch writer.add(count: 16 + Int(random.below(513)), to: &truth) {
            case .appended: if random.below(4) == 0 { writer.publish(&truth) }
            case .batchFull: writer.publish(&truth)
            case .readersBehind:
                refusals += 1
                writer.publish(&truth)
                readings[0].drain(&first, atMost: Int(random.below(40)))
                readings[1].drain(&second, atMost: Int(random.below(40)))
            }
        }
        writer.publish(&truth)
        readings[0].drain(&first)
        readings[1].drain(&second)
        for reading in readings {
            #expect(reading.sequences == Array(0..<truth.next), "seed \(seed)")
            #expect(truth.agrees(with: reading), "seed \(seed)")
        }
        #expect(refusals > 0)
    }

    @Test func `a dead reader holds the writer until its slot is taken back`() throws {
        let memory = try RingMemory.plain(capacity: capacity, pacing: .paced)
        var truth = Published()
        var writer = try RingWriter(memory)
        // Its process is gone: nobody calls deinit, the slot stays as it was.
        let dead = ReaderSlot(3, in: memory.words)
        #expect(dead.take(77))
        dead.setCursor(0)
        var outcome = RingAppend.appended(sequence: 0)
        while true {
            outcome = writer.add(count: 512, to: &truth)
            if outcome == .readersBehind { break }
            writer.publish(&truth)
        }
        #expect(memory.readers().map(\.identity) == [77])
        #expect(writer.reclaimReaders { $0 == 78 } == 0)
        #expect(writer.add(count: 512, to: &truth) == .readersBehind)
        #expect(writer.reclaimReaders { $0 == 77 } == 1)
        #expect(writer.add(count: 512, to: &truth) == .appended(sequence: truth.next))
        #expect(memory.readers().isEmpty)
    }

    @Test func `a successor in a paced ring waits for the readers too`() throws {
        let memory = try RingMemory.plain(capacity: capacity, pacing: .paced)
        var truth = Published()
        var reader = try RingReader(memory, from: .oldest, as: .pacing(identity: 5, inPlace: true))
        do {
            var writer = try RingWriter(memory)
            while writer.add(count: 512, to: &truth) != .readersBehind { writer.publish(&truth) }
        }
        truth.pending = []
        var writer = try RingWriter(memory)
        var reading = Reading()
        var outcome = RingAppend.readersBehind
        while outcome == .readersBehind {
            outcome = writer.add(count: 512, salt: 1, to: &truth)
            reading.drain(&reader, atMost: 1)
        }
        writer.publish(&truth)
        reading.drain(&reader)
        #expect(reading.sequences == Array(0..<truth.next))
        #expect(truth.agrees(with: reading))
        #expect(reading.epochs == [1, 2])
    }

    @Test func `readers that pace are refused where the writer waits for nobody`() throws {
        let memory = try RingMemory.plain(capacity: capacity)
        #expect(throws: RingError.notPaced) {
            _ = try RingReader(memory, from: .oldest, as: .pacing(identity: 1, inPlace: false))
        }
    }

    @Test func `a registered reader shows where it is, and leaves its slot`() throws {
        let memory = try RingMemory.plain(capacity: capacity)
        var truth = Published()
        var writer = try RingWriter(memory)
        do {
            var reader = try RingReader(memory, from: .oldest, as: .observed(identity: 42))
            for _ in 0..<5 { _ = writer.add(count: 100, to: &truth) }
            writer.publish(&truth)
            #expect(memory.readers().map(\.nextSequence) == [0])
            #expect(memory.nextSequence == 5)
            var reading = Reading()
            reading.drain(&reader)
            #expect(memory.readers().map(\.nextSequence) == [5])
            #expect(memory.readers().map(\.position) == [memory.publishedPosition])
            #expect(memory.readers().map(\.isPacing) == [false])
        }
        #expect(memory.readers().isEmpty)
    }

    @Test func `there are sixteen slots, and an attach that fails keeps none`() throws {
        let memory = try RingMemory.plain(capacity: capacity)
        for index in 0..<15 { #expect(ReaderSlot(index, in: memory.words).take(UInt64(index + 1))) }
        #expect(throws: RingError.sequenceAhead(requested: 1, next: 0)) {
            _ = try RingReader(memory, from: .sequence(1), as: .observed(identity: 99))
        }
        let last = try RingReader(memory, from: .oldest, as: .observed(identity: 99))
        #expect(throws: RingError.noFreeReaderSlot(count: 16)) {
            _ = try RingReader(memory, from: .oldest, as: .observed(identity: 100))
        }
        #expect(last.nextSequence == 0)
    }

    @Test(.enabled(if: lh_heap_count_enabled() != 0, "a sanitizer has its own allocator"))
    func `ten thousand hops allocate nothing`() throws {
        let memory = try RingMemory.plain(capacity: 1 << 20)
        var writer = try RingWriter(memory)
        var reader = try RingReader(memory, from: .oldest, as: .observed(identity: 1))
        let bytes = UnsafeMutableRawBufferPointer.allocate(byteCount: 368, alignment: 8)
        defer { bytes.deallocate() }
        bytes.initializeMemory(as: UInt8.self, repeating: 7)
        let record = UnsafeRawBufferPointer(bytes)
        var received = 0
        func hops(_ count: Int) {
            for index in 0..<count {
                _ = writer.append(record, receiveTime: Timestamp(nanoseconds: UInt64(index)))
                writer.publish()
                _ = reader.wait(.yield)
                received += reader.poll(atMost: 8) { _ in }.delivered
            }
        }
        hops(10)
        let before = lh_heap_calls()
        hops(10_000)
        #expect(lh_heap_calls() == before)
        #expect(received >= 10_009)
    }
}
