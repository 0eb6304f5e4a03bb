import ArgumentParser
import CPlatform
import CRingRival
import Glibc
import Histogram
import Platform
import Ring
import Units

enum Language: String, CaseIterable, ExpressibleByArgument { case swift, c }
enum Waiting: String, CaseIterable, ExpressibleByArgument {
    case spin, yield, park
    var policy: WaitPolicy {
        switch self {
        case .spin: .spin
        case .yield: .yield
        case .park: .park
        }
    }
    var rivalCode: Int32 {
        switch self {
        case .spin: 0
        case .yield: 1
        case .park: 2
        }
    }
}

/// One measurement: a reader here, a writer in a child process, a ring file between them.
struct HopPlan {
    static let recordBytes = 368, capacity = 1 << 22, batch = 32
    var language: Language
    var waiting: Waiting
    var count: UInt64
    /// Nanoseconds between records; 0: as fast as it goes.
    var interval: Int64
    var path: String
}

/// Publishes what `HopPlan` says; runs in the child.
struct HopWriter: ParsableCommand {
    static let configuration = CommandConfiguration(commandName: "hop-writer", shouldDisplay: false)
    @Option var path: String
    @Option var language: Language
    @Option var count: UInt64
    @Option var interval: Int64

    func run() throws {
        _ = lh_pin_to_core(0)
        if language == .c {
            let byteCount = RingLayout.byteCount(capacity: HopPlan.capacity)
            let file = try SharedMemoryFile.own(path: path, byteCount: byteCount) { _ in }
            let ring = rival_ring(
                memory: file.bytes.baseAddress?.assumingMemoryBound(to: UInt8.self), capacity: UInt64(HopPlan.capacity))
            if interval > 0 {
                rival_write_timed(ring, count, interval)
            } else {
                rival_write_flat_out(ring, count, UInt64(HopPlan.batch))
            }
            return
        }
        var writer = try RingWriter(BenchRing.own(path, capacity: HopPlan.capacity))
        let record = UnsafeMutableRawBufferPointer.allocate(byteCount: HopPlan.recordBytes, alignment: 64)
        defer { record.deallocate() }
        record.initializeMemory(as: UInt8.self, repeating: 0)
        if interval > 0 { timed(&writer, record) } else { flatOut(&writer, record) }
    }

    private func timed(_ writer: inout RingWriter, _ record: UnsafeMutableRawBufferPointer) {
        var due = monotonicNow()
        for _ in 0..<count {
            due += interval
            var now = monotonicNow()
            while now < due {
                lh_cpu_relax()
                now = monotonicNow()
            }
            record.storeBytes(of: UInt64(now), as: UInt64.self)
            _ = writer.append(UnsafeRawBufferPointer(record), receiveTime: Timestamp(nanoseconds: UInt64(now)))
            writer.publish()
        }
    }

    private func flatOut(_ writer: inout RingWriter, _ record: UnsafeMutableRawBufferPointer) {
        for index in 0..<count {
            record.storeBytes(of: index, as: UInt64.self)
            _ = writer.append(UnsafeRawBufferPointer(record), receiveTime: Timestamp(nanoseconds: index))
            if (index + 1) % UInt64(HopPlan.batch) == 0 { writer.publish() }
        }
        writer.publish()
    }
}

struct HopResult {
    var plan: HopPlan
    var received: UInt64
    var seconds: Double
    /// Of a timed run: p50, p90, p99, p99.9 in nanoseconds.
    var percentiles: [UInt64]
}

extension HopPlan {
    private static let deadline: Int64 = 15_000_000_000

    func run() throws -> HopResult {
        try BenchRing.make(path, capacity: Self.capacity)
        defer { try? SharedMemoryFile.remove(path: path) }
        var ages = [Int64](repeating: 0, count: interval > 0 ? Int(count) : 0)
        let start: Int64
        let received: UInt64
        switch language {
        case .swift:
            let memory = try BenchRing.open(path)
            var reader = try RingReader(memory, from: .oldest)
            var writer = try startWriter()
            start = monotonicNow()
            received = interval > 0 ? readTimed(&reader, &ages) : readFlatOut(&reader)
            writer.killNow()
        case .c:
            let file = try SharedMemoryFile.open(path: path, writableBytes: RingLayout.headerBytes)
            let ring = rival_ring(
                memory: file.bytes.baseAddress?.assumingMemoryBound(to: UInt8.self), capacity: UInt64(Self.capacity))
            var writer = try startWriter()
            start = monotonicNow()
            var checksum: UInt64 = 0
            let end = start + Self.deadline
            received = interval > 0
                ? rival_read_timed(ring, count, waiting.rivalCode, end, &ages)
                : rival_read_flat_out(ring, count, waiting.rivalCode, end, &checksum)
            writer.killNow()
        }
        let seconds = Double(monotonicNow() - start) / 1e9
        return HopResult(plan: self, received: received, seconds: seconds, percentiles: percentiles(ages, received))
    }

    private func startWriter() throws -> Child {
        try Child([
            "hop-writer", "--path", path, "--language", language.rawValue, "--count", "\(count)",
            "--interval", "\(interval)",
        ])
    }

    private func readTimed(_ reader: inout RingReader, _ ages: inout [Int64]) -> UInt64 {
        var received = 0
        let end = monotonicNow() + Self.deadline
        while reader.nextSequence < count {
            switch reader.next() {
            case .frame(let frame):
                ages[received] = monotonicNow() - frame.record.load(as: Int64.self)
                received += 1
            case .drained:
                _ = reader.wait(waiting.policy)
                if monotonicNow() > end { return UInt64(received) }
            case .lost, .newEpoch: break
            case .retired, .corrupt: return UInt64(received)
            }
        }
        return UInt64(received)
    }

    private func readFlatOut(_ reader: inout RingReader) -> UInt64 {
        var received: UInt64 = 0, checksum: UInt64 = 0
        let end = monotonicNow() + Self.deadline
        while reader.nextSequence < count {
            switch reader.next() {
            case .frame(let frame):
                checksum &+= frame.record.load(as: UInt64.self)
                received += 1
            case .drained:
                _ = reader.wait(waiting.policy)
                if monotonicNow() > end { return received }
            case .lost, .newEpoch: break
            case .retired, .corrupt: return received
            }
        }
        return checksum == 0 ? 0 : received
    }

    private func percentiles(_ ages: [Int64], _ received: UInt64) -> [UInt64] {
        // The first tenth warms caches and page tables.
        let kept = ages.prefix(Int(received)).dropFirst(Int(received) / 10)
        guard !kept.isEmpty else { return [] }
        var histogram = Histogram<UInt64>(
            highestTrackableValue: 60_000_000_000, numberOfSignificantValueDigits: .three)
        for age in kept { histogram.record(UInt64(max(age, 1))) }
        return [50, 90, 99, 99.9].map { histogram.valueAtPercentile($0) }
    }
}
