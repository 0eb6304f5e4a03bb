import Execution
import Orders
import Risk
import Signals
import Testing
import Units

/// Signals, policy, risk, execution and venue in one line.
@Suite struct SignalToFillTests {
    struct Line {
        var signals = LevelSignals()
        var policy = LevelPolicy(epoch: 1)
        var desk = Desk()
        var digest: [UInt8] = []

        init() { policy.begin(Script.day) }

        /// A group of both contracts: the features of level 0, then the traded contract's book.
        mutating func group(_ seconds: Double, _ book: String, isInTest: Bool = true) throws {
            let inputs =
                isInTest ? SignalTests.breaking(seconds) : LevelSignalInputs(time: desk.now, receiveTime: desk.now)
            desk.market.time = Timestamp(nanoseconds: Script.base + UInt64(seconds * 1e9))
            desk.market.quality = []
            desk.market.setBook(book)
            desk.group()
            var found = TradingLimits.FewOutputs<Signal>()
            var intents = TradingLimits.FewOutputs<OrderIntent>()
            signals.apply(inputs, level: 0, signals: &found)
            for i in found.indices {
                digest += found[i].canonicalBytes
                policy.apply(found[i], intents: &intents)
            }
            policy.advance(to: desk.now, receiveTime: desk.now, intents: &intents)
            for i in intents.indices {
                digest += intents[i].canonicalBytes
                desk.take(intents[i])
            }
            tellPolicy()
        }

        private mutating func tellPolicy() {
            for id in desk.refusedIntents { policy.refused(id) }
            for fill in desk.pendingFills {
                digest += fill.canonicalBytes
                policy.apply(fill)
            }
            for update in desk.pendingUpdates {
                digest += update.canonicalBytes
                policy.apply(update)
            }
            desk.refusedIntents = []
            desk.pendingFills = []
            desk.pendingUpdates = []
        }

        mutating func reload() throws {
            signals = try reloaded(signals, into: LevelSignals())
            policy = try reloaded(policy, into: LevelPolicy(epoch: 1))
            try desk.reload()
        }
    }

    static func run(reloads: Bool, last: [(Double, String)]) throws -> Line {
        var line = Line()
        var steps = stride(from: 10.0, to: 20.0, by: 0.5).map { ($0, "5000.00x10 | 5000.25x10") }
        steps += last
        for (seconds, book) in steps {
            try line.group(seconds, book)
            if reloads { try line.reload() }
        }
        return line
    }

    @Test func `a break three seconds long becomes one entry, and its target pays`() throws {
        let last = [(20.0, "5004.50x10 | 5004.75x10"), (20.5, "5004.50x10 | 5004.75x10")]
        let line = try Self.run(reloads: false, last: last)
        #expect(line.signals.count == 1)
        #expect(line.desk.fills.map(\.side) == [.buy, .sell])
        #expect(line.desk.fills.map { Script.text($0.price) } == ["5000.25", "5004.25"])
        #expect(line.desk.risk.position.isFlat)
        // 16 ticks at 1.25, less two sides at 0.62.
        #expect(line.desk.risk.position.netRealised == Money(cents: 18_76))
        #expect(line.desk.fills[0].venueTime > Script.time("13"), "decided after three seconds, filled later")
        #expect(try Self.run(reloads: true, last: last).digest == line.digest)
    }

    @Test func `flat by its time, by the policy and not by the monitor`() throws {
        let last = [(59_999.0, "5000.00x10 | 5000.25x10"), (60_000.0, "5000.00x10 | 5000.25x10")]
        var line = Line()
        // A time stop would close it first.
        var configuration = LevelPolicyConfiguration()
        configuration.timeStop = .zero
        line.policy = LevelPolicy(configuration, epoch: 1)
        line.policy.begin(Script.day)
        for seconds in stride(from: 10.0, to: 20.0, by: 0.5) { try line.group(seconds, "5000.00x10 | 5000.25x10") }
        #expect(line.desk.risk.position.quantity == Quantity(1))
        for (seconds, book) in last { try line.group(seconds, book, isInTest: false) }
        try line.group(60_000.5, "5000.00x10 | 5000.25x10", isInTest: false)
        try line.group(60_001, "5000.00x10 | 5000.25x10", isInTest: false)
        #expect(line.desk.risk.position.isFlat)
        #expect(!line.desk.log.contains { $0.contains("FLATTENING") })
    }
}
