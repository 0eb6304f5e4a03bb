import ArgumentParser
import Determinism
import Glibc
import Ring
import Units

enum TorturePlan {
    static let capacity = 1 << 18
}

/// Publishes records in batches of any size, at full speed with pauses now and then, until `frames` are out; then
/// retires the ring. Goes on where a predecessor was killed.
struct TortureWriter: ParsableCommand {
    static let configuration = CommandConfiguration(commandName: "torture-writer", shouldDisplay: false)
    @Option var path: String
    @Option var frames: UInt64
    @Option var seed: UInt64

    func run() throws {
        var random = SeededGenerator(seed: seed)
        var writer = try RingWriter(BenchRing.own(path, capacity: TorturePlan.capacity), identity: UInt64(getpid()))
        let bytes = UnsafeMutableRawBufferPointer.allocate(byteCount: TortureRecord.byteCountMax, alignment: 64)
        defer { bytes.deallocate() }
        guard let base = bytes.baseAddress else { throw BenchError.failed(what: "no memory") }
        var calm = false
        let parent = getppid()
        while writer.nextSequence < frames {
            // By turns flat out, when readers are overtaken, and at a reader's speed, when they catch up and sleep.
            if random.below(2_000) == 0 { calm = random.below(8) == 0 }
            if calm { sched_yield() }
            let batch = 1 + random.below(random.below(8) == 0 ? 100 : 8)
            for _ in 0..<min(batch, frames - writer.nextSequence) {
                let sequence = writer.nextSequence
                let count = TortureRecord.write(sequence: sequence, epoch: writer.epoch, to: base)
                let record = UnsafeRawBufferPointer(start: base, count: count)
                let outcome = writer.append(record, receiveTime: Timestamp(nanoseconds: sequence &* 3))
                guard outcome == .appended(sequence: sequence) else {
                    throw BenchError.failed(what: "append \(sequence): \(outcome)")
                }
            }
            writer.publish()
            if random.below(20_000) == 0 {
                usleep(UInt32(random.below(2_000)))
                guard getppid() == parent else { return }
            }
        }
        writer.retire()
    }
}

/// Reads until the ring is retired and checks every record. A killed one's successor goes on where it was.
struct TortureReader: ParsableCommand {
    static let configuration = CommandConfiguration(commandName: "torture-reader", shouldDisplay: false)
    @Option var path: String
    @Option var progress: String
    @Option var waiting: Waiting
    @Option var seed: UInt64

    func run() throws {
        var random = SeededGenerator(seed: seed)
        let progress = try TortureProgress(opening: self.progress)
        var counts = progress.counts
        let parent = getppid()
        let memory = try BenchRing.open(path)
        var reader = try RingReader(memory, from: .sequence(counts.expected))
        while true {
            var wrong: UInt64?
            let epoch = reader.epoch
            let poll = reader.poll(atMost: 64) { frame in
                let intact = TortureRecord.isIntact(
                    frame.record, byteCount: frame.byteCount, sequence: frame.sequence, epoch: epoch)
                let inOrder = frame.sequence == counts.expected
                let stamped = frame.receiveTime.nanoseconds == frame.sequence &* 3
                if !intact || !inOrder || !stamped { wrong = frame.sequence }
                counts.expected = frame.sequence &+ 1
                counts.received += 1
            }
            if let wrong { throw BenchError.failed(what: "record \(wrong) is torn, foreign or out of order") }
            if case .lost(let first, let count) = poll.event {
                guard first == counts.expected else {
                    throw BenchError.failed(what: "lost \(first), not \(counts.expected)")
                }
                counts.lost += count
                counts.expected += count
                counts.overtaken += 1
            }
            if case .newEpoch = poll.event { counts.epochs += 1 }
            if case .corrupt(let position) = poll.event { throw BenchError.failed(what: "corrupt at \(position)") }
            progress.commit(counts)
            if poll.event == .retired { return }
            if poll.event == .drained { _ = reader.wait(waiting.policy) }
            // Long enough to be overtaken.
            if random.below(10_000) == 0 {
                usleep(UInt32(random.below(3_000)))
                guard getppid() == parent else { return }
            }
        }
    }
}
