import DBN
import Features
import Testing
import Units

/// Rows inside seconds over a real evening of ES: asking for them changes no other row.
@Suite struct RealInstantTests {
    /// The digests of groups and seconds, with quarter seconds asked for and counted.
    struct Quarters: FeatureSink {
        private static let quarter: UInt64 = 250_000_000
        var others = RealEveningTests.Digests()
        var count = 0
        private var passed: UInt64 = 0

        mutating func groupClosed(_ engine: borrowing ContractEngine) { others.groupClosed(engine) }
        mutating func secondEnded(_ engine: borrowing ContractEngine, time: UInt64) {
            others.secondEnded(engine, time: time)
        }
        func instantDue(after time: UInt64) -> UInt64 { (max(time, passed) / Self.quarter + 1) * Self.quarter }
        mutating func instantPassed(_ engine: borrowing ContractEngine, time: UInt64) {
            passed = time
            count += 1
        }
    }

    private static func play<Sink: FeatureSink>(_ sink: inout Sink) throws {
        var engine = ContractEngine(configuration: try RealTape.eveningConfiguration())
        var clock: UInt64 = 0
        var sequence: UInt64 = 0
        try RealTape.read(RealTape.evening) { record in
            clock = max(clock, record.receiveTime.nanoseconds)
            engine.take(record.marketByPrice, sequence: sequence, clock: clock, sink: &sink)
            sequence += 1
        }
    }

    @Test(.enabled(if: RealTape.isPresent, "needs ../shared/data/es"))
    func `an hour has three rows more a second, and all others keep their bits`() throws {
        var without = RealEveningTests.Digests(), with = Quarters()
        try Self.play(&without)
        try Self.play(&with)
        #expect(without.groups == with.others.groups)
        #expect(without.seconds == with.others.seconds)
        #expect(without.groups.count == 37_115)
        #expect((10_790...10_800).contains(with.count), "\(with.count)")
    }
}
