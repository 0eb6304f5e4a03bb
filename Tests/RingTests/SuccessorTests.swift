import Determinism
import Synchronization
import Testing
import Units

@testable import Ring

/// Keeps the whole memory as it is after each step of a writer: what is found if it dies there.
private struct Deaths: RingWriterObserver {
    struct Death {
        var step: RingWriterStep
        var image: [UInt8]
    }
    let memory: RingMemory
    var deaths: [Death] = []

    init(_ memory: RingMemory) { self.memory = memory }

    mutating func reached(_ step: RingWriterStep) { deaths.append(Death(step: step, image: memory.image)) }
}

/// A reader that looks after each step of the writer, with everything overwritten that the writer has just claimed.
private final class Onlooker: RingWriterObserver {
    private let memory: RingMemory
    private var reader: RingReader
    private var random: SeededGenerator
    private var claimed: UInt64
    var reading = Reading()

    init(_ memory: RingMemory, from start: RingStart, seed: UInt64) throws {
        self.memory = memory
        reader = try RingReader(memory, from: start)
        random = SeededGenerator(seed: seed)
        claimed = memory.words.claimed.pointee.load(ordering: .relaxed)
    }

    func reached(_ step: RingWriterStep) {
        if step == .claimed {
            let now = memory.words.claimed.pointee.load(ordering: .relaxed)
            memory.scribble(claimed..<now, &random)
            claimed = now
        }
        if random.below(8) == 0 { reading.drain(&reader, atMost: 1) }
    }

    func finish() { reading.drain(&reader) }
}

@Suite struct SuccessorTests {
    private let capacity = RingLayout.capacityMin

    /// A ring with a past of up to three laps, then two batches whose every step is kept with what was published by
    /// then.
    private func deaths(_ random: inout SeededGenerator) throws -> [(death: Deaths.Death, truth: Published)] {
        let memory = try RingMemory.plain(capacity: capacity, firstSequence: 100)
        var truth = Published(first: 100)
        var kept: [(Deaths.Death, Published)] = []
        var writer = try RingWriter(memory)
        writer.fill(bytes: Int(random.below(UInt64(capacity) * 3)), &random, &truth)
        for _ in 0..<2 {
            var observer = Deaths(memory)
            for _ in 0...random.below(4) {
                _ = writer.add(count: 16 + Int(random.below(513)), to: &truth, observedBy: &observer)
            }
            writer.publish(observedBy: &observer)
            var after = truth
            after.publish()
            kept += observer.deaths.map { death in
                let published = death.step == .headMoved || death.step == .sleepersWoken
                var then = published ? after : truth
                then.pending = []
                return (death, then)
            }
            truth = after
        }
        return kept
    }

    /// What else the dead writer may have left: any bytes where it had claimed, any marks of what it had not published.
    private func spoil(_ memory: RingMemory, _ random: inout SeededGenerator) {
        let published = memory.publishedPosition
        memory.scribble(published..<max(published, memory.words.claimed.pointee.load(ordering: .relaxed)), &random)
        let segment = memory.words.segmentBytes
        for position in stride(from: published, to: published + 4 * segment, by: 64) where random.below(4) == 0 {
            let index = Int(position % UInt64(capacity) / segment)
            memory.words.mark(index).pointee.store(position, ordering: .relaxed)
        }
    }

    /// Reads everything that is left in `memory` and expects it to end with the last published record.
    private func expectIntact(_ memory: RingMemory, _ truth: Published, _ comment: Comment) throws {
        var reader = try RingReader(memory, from: .oldest)
        var reading = Reading()
        reading.drain(&reader)
        #expect(reading.last == .drained, comment)
        #expect(reading.isDense, comment)
        #expect(reader.nextSequence == truth.next, comment)
        #expect(truth.agrees(with: reading), comment)
    }

    @Test(arguments: 0..<4 as Range<UInt64>)
    func `after death at any step the successor goes on where the last batch ended`(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        for (death, past) in try deaths(&random) {
            for spoiled in [false, true] {
                let comment: Comment = "seed \(seed), \(death.step), spoiled \(spoiled)"
                let memory = try RingMemory.copy(of: death.image, capacity: capacity)
                if spoiled { spoil(memory, &random) }
                try expectIntact(memory, past, comment)
                var survivor = try RingReader(memory, from: .newest)
                let epochBefore = survivor.epoch
                var truth = past
                var writer = try RingWriter(memory)
                #expect(writer.nextSequence == past.next, comment)
                #expect(writer.epoch == epochBefore + 1, comment)
                for _ in 0..<8 {
                    _ = writer.add(count: 16 + Int(random.below(513)), salt: 1, to: &truth)
                    writer.publish(&truth)
                    #expect(try RingReader(memory, from: .newest).nextSequence == truth.next, comment)
                }
                var reading = Reading()
                reading.drain(&survivor)
                #expect(reading.told == Array(past.next..<truth.next), comment)
                #expect(reading.epochs == [epochBefore + 1], comment)
                #expect(truth.agrees(with: reading), comment)
                try expectIntact(memory, truth, comment)
            }
        }
    }

    @Test(arguments: 0..<1 as Range<UInt64>)
    func `successors that die at any step of their own start leave a ring to the next`(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        for (death, past) in try deaths(&random) {
            let memory = try RingMemory.copy(of: death.image, capacity: capacity)
            spoil(memory, &random)
            var observer = Deaths(memory)
            _ = try RingWriter(memory, observedBy: &observer)
            for second in observer.deaths {
                let comment: Comment = "seed \(seed), \(death.step), then \(second.step)"
                let left = try RingMemory.copy(of: second.image, capacity: capacity)
                var survivor = try RingReader(left, from: .sequence(past.next))
                spoil(left, &random)
                try expectIntact(left, past, comment)
                var truth = past
                var writer = try RingWriter(left)
                #expect(writer.epoch == 3, comment)
                _ = writer.add(count: 333, salt: 2, to: &truth)
                writer.publish(&truth)
                var reading = Reading()
                reading.drain(&survivor)
                #expect(reading.told == [past.next], comment)
                #expect(survivor.epoch == 3, comment)
                try expectIntact(left, truth, comment)
            }
        }
    }

    @Test(arguments: 0..<8 as Range<UInt64>)
    func `a reader that looks after every step never gets a torn or unpublished record`(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        let memory = try RingMemory.plain(capacity: capacity)
        var truth = Published()
        var writer = try RingWriter(memory)
        var onlooker = try Onlooker(memory, from: .oldest, seed: seed)
        for _ in 0..<300 {
            for _ in 0...random.below(3) {
                _ = writer.add(count: 16 + Int(random.below(513)), to: &truth, observedBy: &onlooker)
            }
            writer.publish(observedBy: &onlooker)
            truth.publish()
        }
        onlooker.finish()
        #expect(onlooker.reading.told == Array(0..<truth.next), "seed \(seed)")
        #expect(truth.agrees(with: onlooker.reading), "seed \(seed)")
        #expect(!onlooker.reading.lost.isEmpty, "overtaken at least once; seed \(seed)")
    }

    @Test(arguments: 0..<60 as Range<UInt64>)
    func `no bytes whatever crash a reader, a successor or an attach`(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        let memory = try RingMemory.plain(capacity: capacity)
        var truth = Published()
        var writer = try RingWriter(memory)
        writer.fill(bytes: capacity * 2, &random, &truth)
        var attached = try RingReader(memory, from: .oldest)
        // Everything after the constants may hold anything, or a part of it.
        let wild = 128..<RingLayout.byteCount(capacity: capacity)
        let start = wild.lowerBound + Int(random.below(UInt64(seed % 2 == 0 ? 1_024 : wild.count)))
        for offset in start..<min(wild.upperBound, start + Int(random.below(8_192))) {
            let byte = UInt8(truncatingIfNeeded: random.next())
            memory.words.base.storeBytes(of: byte, toByteOffset: offset, as: UInt8.self)
        }
        func readOn(_ reader: inout RingReader) {
            for _ in 0..<2_000 {
                if case .corrupt = reader.next() { return }
            }
        }
        readOn(&attached)
        for begin in [RingStart.oldest, .newest, .sequence(random.below(truth.next))] {
            do {
                var reader = try RingReader(memory, from: begin, as: .observed(identity: 9))
                readOn(&reader)
            } catch {
                #expect(error != .notPaced)
            }
        }
        _ = try? RingWriter(memory)
    }
}
