import CHeapCount
import DBN
import Determinism
import Features
import MarketData
import Testing
import Units

/// The engine over a real evening of ES, with the windows of configs/esh4-evening.toml.
@Suite struct RealEveningTests {
    /// One number per vector, and no memory for more.
    struct Digests: FeatureSink {
        var groups: [UInt64] = []
        var seconds: [UInt64] = []
        var infinite = 0
        var testsSeen: Set<LevelKind> = []

        static func digest(_ vector: UnsafeBufferPointer<Double>) -> UInt64 {
            var hash: UInt64 = 0xcbf2_9ce4_8422_2325
            for value in vector { hash = (hash ^ value.bitPattern) &* 0x100_0000_01b3 }
            return hash
        }

        mutating func groupClosed(_ engine: borrowing ContractEngine) { groups.append(Self.digest(engine.vector)) }
        mutating func secondEnded(_ engine: borrowing ContractEngine, time: UInt64) {
            seconds.append(Self.digest(engine.vector))
            if engine.vector.contains(where: \.isInfinite) { infinite += 1 }
            for level in LevelKind.allCases where engine.level(level).pointee.test.touchCount > 0 {
                testsSeen.insert(level)
            }
        }
    }

    struct Idle: FeatureSink {
        var groups = 0
        mutating func groupClosed(_ engine: borrowing ContractEngine) { groups += 1 }
        mutating func secondEnded(_ engine: borrowing ContractEngine, time: UInt64) {}
    }

    @Test(.enabled(if: RealTape.isPresent, "needs ../shared/data/es"))
    func `a real evening goes on with the same bits after a restart, whatever comes later`() throws {
        let configuration = try RealTape.eveningConfiguration()
        var bytes: [UInt8] = []
        try RealTape.read(RealTape.evening) { record in
            bytes += UnsafeRawBufferPointer(start: record.bytes, count: RecordByteCount.mbp10)
        }
        let count = bytes.count / RecordByteCount.mbp10
        var random = SeededGenerator(seed: 23)
        let stops = Set((0..<8).map { _ in 5_000 + Int(random.below(UInt64(count - 6_000))) })
        var archives: [(record: Int, groups: Int, seconds: Int, clock: UInt64, bytes: [UInt8])] = []
        var engine = ContractEngine(configuration: configuration)
        var whole = Digests()
        var clock: UInt64 = 0
        func play(
            _ range: Range<Int>, _ engine: inout ContractEngine, _ clock: inout UInt64, _ sink: inout Digests,
            after: (Int, inout ContractEngine, UInt64, Digests) throws -> Void
        ) rethrows {
            try bytes.withUnsafeBytes { raw in
                guard let base = raw.baseAddress else { return }
                for index in range {
                    let view = RecordView(base + index * RecordByteCount.mbp10).marketByPrice
                    clock = max(clock, view.receiveTime.nanoseconds)
                    engine.take(view, sequence: UInt64(index), clock: clock, sink: &sink)
                    try after(index, &engine, clock, sink)
                }
            }
        }
        try play(0..<count, &engine, &clock, &whole) { index, engine, clock, sink in
            guard stops.contains(index) else { return }
            var saving = StateArchive()
            try engine.persist(&saving)
            archives.append((index, sink.groups.count, sink.seconds.count, clock, saving.bytes))
        }
        #expect(whole.groups.count == 37_115)
        #expect(whole.seconds.count == 3_600 || whole.seconds.count == 3_599, "\(whole.seconds.count)")
        #expect(whole.infinite == 0)
        #expect(whole.testsSeen == Set(LevelKind.allCases), "every level was tested")
        #expect(archives.count == stops.count)
        for archive in archives {
            var resumed = ContractEngine(configuration: configuration)
            var loading = StateArchive(loading: archive.bytes)
            try resumed.persist(&loading)
            try loading.checkEnd()
            // Some records more, and then the tape ends: the vectors are those of the whole.
            var sink = Digests()
            var clock = archive.clock
            play(archive.record + 1..<min(archive.record + 800, count), &resumed, &clock, &sink) { _, _, _, _ in }
            let groups = archive.groups..<archive.groups + sink.groups.count
            let seconds = archive.seconds..<archive.seconds + sink.seconds.count
            #expect(Array(whole.groups[groups]) == sink.groups, "seed 23, record \(archive.record)")
            #expect(Array(whole.seconds[seconds]) == sink.seconds, "seed 23, record \(archive.record)")
            #expect(sink.groups.count > 300)
        }
    }

    @Test(.enabled(if: RealTape.isPresent && lh_heap_count_enabled() != 0, "needs ../shared/data/es, no sanitizer"))
    func `twenty thousand records of a real evening touch the heap not once`() throws {
        var bytes: [UInt8] = []
        try RealTape.read(RealTape.evening) { record in
            bytes += UnsafeRawBufferPointer(start: record.bytes, count: RecordByteCount.mbp10)
        }
        var (calls, groups) = (UInt64(0), 0)
        // The first pass makes every lazy global of the process; what is counted is the second.
        for _ in 0..<2 {
            var engine = ContractEngine(configuration: try RealTape.eveningConfiguration())
            var sink = Idle()
            bytes.withUnsafeBytes { raw in
                guard let base = raw.baseAddress else { return }
                var (clock, before) = (UInt64(0), UInt64(0))
                for index in 0..<35_000 {
                    if index == 14_000 { before = lh_heap_calls() }
                    let view = RecordView(base + index * RecordByteCount.mbp10).marketByPrice
                    clock = max(clock, view.receiveTime.nanoseconds)
                    engine.take(view, sequence: UInt64(index), clock: clock, sink: &sink)
                }
                calls = lh_heap_calls() - before
            }
            groups = sink.groups
        }
        #expect(groups > 20_000)
        #expect(calls == 0)
    }
}
