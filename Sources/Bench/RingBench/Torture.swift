import ArgumentParser
import Determinism
@preconcurrency import Glibc
import Platform
import Ring

/// One writer and two readers in processes of their own, all of them killed at random and replaced, until the given
/// number of records is out. Exit status 1 on a torn, repeated or unpublished record, a wrong count of losses, or a
/// standstill.
struct Torture: ParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Kills writers and readers, checks every record.")
    @Option(help: "Records to publish.") var frames: UInt64 = 200_000_000
    @Option(help: "Time limit in seconds.") var seconds: Int64 = 900
    @Option(help: "Seed; random if not given.") var seed: UInt64 = UInt64.random(in: 1...UInt64(UInt32.max))
    @Option(help: "Mean time between kills, milliseconds.") var killEvery: UInt64 = 100

    private static let standstill: Int64 = 10_000_000_000

    func run() throws {
        setvbuf(stdout, nil, _IOLBF, 0)
        print("seed \(seed), \(frames) records")
        let path = "/dev/shm/ring-torture-\(getpid())"
        let progressPaths = [path + ".0", path + ".1"]
        defer { for file in [path] + progressPaths { try? SharedMemoryFile.remove(path: file) } }
        try BenchRing.make(path, capacity: TorturePlan.capacity)
        let progress = try progressPaths.map { try TortureProgress(making: $0) }
        let outcome = try play(path, progressPaths, progress)
        let memory = try BenchRing.open(path)
        for (index, counts) in progress.map(\.counts).enumerated() {
            print(
                "reader \(index): received \(counts.received), lost \(counts.lost) in \(counts.overtaken) times, "
                    + "\(counts.epochs) epochs noticed")
            guard counts.expected == frames, counts.received + counts.lost == frames else {
                throw BenchError.failed(what: "reader \(index): received and lost are not all: \(counts); seed \(seed)")
            }
        }
        print(
            "\(memory.epoch) writers, \(outcome.writersKilled) killed; \(outcome.readersKilled) readers killed; "
                + "\(outcome.seconds) s; every record accounted for")
    }

    private struct Outcome {
        var writersKilled = 0, readersKilled = 0, seconds: Int64 = 0
    }

    private func play(_ path: String, _ paths: [String], _ progress: [TortureProgress]) throws -> Outcome {
        var random = SeededGenerator(seed: seed)
        var outcome = Outcome()
        let start = monotonicNow()
        let memory = try BenchRing.open(path)
        var writer = try startWriter(path, &random)
        var first = try startReader(path, paths[0], .park, &random)
        var second = try startReader(path, paths[1], .yield, &random)
        var seen = (sum: UInt64(0), at: start), killAt = start, writerDone = false, done = [false, false]
        while !(writerDone && done[0] && done[1]) {
            usleep(1_000)
            let now = monotonicNow()
            guard now - start < seconds * 1_000_000_000 else { throw BenchError.timedOut(what: "seed \(seed)") }
            if !writerDone, let status = writer.exitStatus() { writerDone = try isOver(status, "writer") }
            if !done[0], let status = first.exitStatus() { done[0] = try isOver(status, "reader 0") }
            if !done[1], let status = second.exitStatus() { done[1] = try isOver(status, "reader 1") }
            let sum = progress.reduce(memory.publishedPosition) { $0 &+ $1.counts.expected }
            if sum != seen.sum { seen = (sum, now) }
            guard now - seen.at < Self.standstill else { throw BenchError.timedOut(what: "standstill; seed \(seed)") }
            guard now >= killAt else { continue }
            killAt = now + Int64(random.below(2 * killEvery * 1_000_000))
            switch random.below(3) {
            case 0 where !writerDone:
                writer.killNow()
                outcome.writersKilled += 1
                // It may have retired the ring before it was killed: then no writer comes after it.
                writerDone = try memory.nextSequence >= frames && retire(path)
                if !writerDone { writer = try startWriter(path, &random) }
            case 1 where !done[0]:
                first.killNow()
                outcome.readersKilled += 1
                first = try startReader(path, paths[0], .park, &random)
            case 2 where !done[1]:
                second.killNow()
                outcome.readersKilled += 1
                second = try startReader(path, paths[1], .yield, &random)
            default: break
            }
        }
        outcome.seconds = (monotonicNow() - start) / 1_000_000_000
        return outcome
    }

    /// Makes sure that a ring whose last record is out is retired, whether or not its killed writer came to that.
    private func retire(_ path: String) throws -> Bool {
        let memory = try BenchRing.own(path, capacity: TorturePlan.capacity)
        do throws(RingError) {
            let writer = try RingWriter(memory)
            writer.retire()
        } catch {
            guard error == .retired else { throw error }
        }
        return true
    }

    private func isOver(_ status: Int32, _ who: String) throws -> Bool {
        guard status == 0 else { throw BenchError.failed(what: "\(who) ended with \(status); seed \(seed)") }
        return true
    }

    private func startWriter(_ path: String, _ random: inout SeededGenerator) throws -> Child {
        try Child(["torture-writer", "--path", path, "--frames", "\(frames)", "--seed", "\(random.next())"])
    }

    private func startReader(
        _ path: String, _ progress: String, _ waiting: Waiting, _ random: inout SeededGenerator
    ) throws -> Child {
        try Child([
            "torture-reader", "--path", path, "--progress", progress, "--waiting", waiting.rawValue,
            "--seed", "\(random.next())",
        ])
    }
}
