import Determinism
import Orders
import Signals
import Testing
import Units

@Suite struct SignalTests {
    static func inputs(_ seconds: Double, test: UInt32 = 1) -> LevelSignalInputs {
        let time = Timestamp(nanoseconds: Script.base + UInt64(seconds * 1e9))
        var inputs = LevelSignalInputs(time: time, receiveTime: time + .microseconds(50))
        inputs.isInTest = true
        inputs.test = test
        return inputs
    }

    /// A clear break upward, all components 1 but the iceberg's 0: B = 0.95.
    static func breaking(_ seconds: Double, test: UInt32 = 1) -> LevelSignalInputs {
        var x = inputs(seconds, test: test)
        x.approachSide = 1
        x.tradeImbalance = 1
        x.orderFlowImbalance = 1
        x.replenishmentRatio = 0
        x.queueImbalance = 1
        x.penetration = 4
        x.velocity = 2
        x.tradedToDisplayed = 0
        x.testVolume = 100
        return x
    }

    /// F.5 as it is written, with the decimal weights.
    static func formula(_ x: LevelSignalInputs) -> (b: Double, weight: Double, c: Double) {
        func clip(_ v: Double, _ lo: Double, _ hi: Double) -> Double { v.isNaN ? v : Swift.min(Swift.max(v, lo), hi) }
        let a = x.approachSide
        let rows: [(Double, Double)] = [
            (0.25, clip(a * x.tradeImbalance, -1, 1)),
            (0.20, clip(a * x.orderFlowImbalance, -1, 1)),
            (0.20, clip((1 - x.replenishmentRatio) / (1 + x.replenishmentRatio), -1, 1)),
            (0.10, clip(a * x.queueImbalance, -1, 1)),
            (0.10, x.penetration.isNaN ? .nan : clip(2 * Swift.min(x.penetration, 4) / 4 - 1, -1, 1)),
            (0.10, clip(x.velocity / 2, -1, 1)),
            (0.05, -clip(x.tradedToDisplayed - 1, 0, 1)),
        ]
        let available = rows.filter { !$0.1.isNaN }
        let weight = available.reduce(0) { $0 + $1.0 }
        let b = available.reduce(0) { $0 + $1.0 * $1.1 } / weight
        return (b, weight, weight * clip(x.testVolume / 200, 0, 1))
    }

    @Test(arguments: 0..<40 as Range<UInt64>)
    func `score and confidence equal the formula of F5`(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        var fold = LevelBreakBounce()
        for step in 0..<200 {
            func value(_ low: Double, _ high: Double) -> Double {
                random.below(5) == 0 ? .nan : low + (high - low) * random.unit()
            }
            var x = Self.inputs(Double(step) * 0.1)
            x.approachSide = random.below(2) == 0 ? 1 : -1
            x.tradeImbalance = value(-1, 1)
            x.orderFlowImbalance = value(-1, 1)
            x.replenishmentRatio = value(0, 4)
            x.queueImbalance = value(-1, 1)
            x.penetration = value(0, 8)
            x.velocity = value(-5, 5)
            x.tradedToDisplayed = value(0, 3)
            x.testVolume = value(0, 400)
            _ = fold.apply(x)
            let expected = Self.formula(x)
            if (expected.weight * 100).rounded() < 60 || expected.weight == 0 {
                #expect(fold.score == 0, "seed \(seed)")
                #expect(fold.confidence == 0, "seed \(seed)")
            } else {
                #expect(abs(fold.score - x.approachSide * expected.b) < 1e-14, "seed \(seed)")
                let c = x.testVolume.isNaN ? 0 : expected.c
                #expect(abs(fold.confidence - c) < 1e-14, "seed \(seed)")
            }
        }
    }

    @Test func `a worked example`() {
        var x = Self.inputs(0)
        x.approachSide = -1
        x.tradeImbalance = -0.6
        x.orderFlowImbalance = -0.5
        x.replenishmentRatio = 0.5
        x.queueImbalance = 0.2
        x.penetration = 3
        x.velocity = 1
        x.tradedToDisplayed = 1.4
        x.testVolume = 50
        // 0.25·0.6 + 0.20·0.5 + 0.20/3 − 0.10·0.2 + 0.10·0.5 + 0.10·0.5 − 0.05·0.4 = 0.376666…
        let score = BreakScore(x, LevelSignalConfiguration())
        #expect(abs(score.value - 0.3766666666666667) < 1e-15)
        var fold = LevelBreakBounce()
        _ = fold.apply(x)
        #expect(abs(fold.score + 0.3766666666666667) < 1e-15)
        #expect(fold.confidence == 0.25)
    }

    @Test func `sixty percent of the weight is enough and less is not`() {
        // Without aggression (25) and book (10) and iceberg (5): 60.
        var x = Self.breaking(0)
        x.tradeImbalance = .nan
        x.queueImbalance = .nan
        x.tradedToDisplayed = .nan
        #expect(BreakScore(x, LevelSignalConfiguration()).weight == 60)
        var fold = LevelBreakBounce()
        _ = fold.apply(x)
        #expect(fold.score == 1)
        #expect(fold.confidence == 0.6 * 0.5)
        x.velocity = .nan
        _ = fold.apply(x)
        #expect(fold.score == 0)
        #expect(fold.confidence == 0)
    }

    @Test func `without a side nothing is known`() {
        var x = Self.breaking(0)
        x.approachSide = .nan
        var fold = LevelBreakBounce()
        _ = fold.apply(x)
        #expect(fold.score == 0)
        #expect(fold.state == .undecided)
    }

    @Test func `decided when true at every group for three seconds, and once`() {
        var fold = LevelBreakBounce()
        #expect(fold.apply(Self.breaking(10)) == nil)
        #expect(fold.apply(Self.breaking(12.999)) == nil)
        #expect(fold.apply(Self.breaking(13)) != nil)
        #expect(fold.state == .breaking)
        #expect(fold.apply(Self.breaking(14)) == nil)
    }

    @Test func `one group against it starts the three seconds anew`() {
        var fold = LevelBreakBounce()
        _ = fold.apply(Self.breaking(10))
        var weak = Self.breaking(12)
        weak.tradeImbalance = -1
        weak.orderFlowImbalance = -1
        #expect(abs(Self.formula(weak).b) < 0.35)
        _ = fold.apply(weak)
        #expect(fold.apply(Self.breaking(13)) == nil)
        #expect(fold.apply(Self.breaking(15.9)) == nil)
        #expect(fold.apply(Self.breaking(16)) != nil)
    }

    @Test func `the threshold itself is enough, and a hair less is not`() {
        var x = Self.breaking(0)
        var configuration = LevelSignalConfiguration()
        configuration.threshold = BreakScore(x, configuration).value
        var fold = LevelBreakBounce(configuration)
        _ = fold.apply(x)
        x = Self.breaking(3)
        #expect(fold.apply(x) != nil)
        configuration.threshold = configuration.threshold.nextUp
        fold = LevelBreakBounce(configuration)
        _ = fold.apply(Self.breaking(0))
        #expect(fold.apply(Self.breaking(3)) == nil)
        #expect(LevelSignalConfiguration().threshold == 0.35)
    }

    @Test func `it is evaluated for sixty seconds after a test and not longer`() {
        func after(_ seconds: Double) -> LevelSignalInputs {
            var x = Self.breaking(100 + seconds)
            x.isInTest = false
            x.testEnd = Self.inputs(100).time
            return x
        }
        var fold = LevelBreakBounce()
        _ = fold.apply(after(59.999))
        #expect(fold.score == 0.95)
        _ = fold.apply(after(60))
        #expect(fold.score == 0)
        fold = LevelBreakBounce()
        _ = fold.apply(after(56.9))
        #expect(fold.apply(after(59.9)) != nil)
        var never = Self.breaking(1)
        never.isInTest = false
        fold = LevelBreakBounce()
        _ = fold.apply(never)
        #expect(fold.score == 0)
    }

    @Test func `a new test is decided on its own`() {
        var fold = LevelBreakBounce()
        _ = fold.apply(Self.breaking(10, test: 1))
        #expect(fold.apply(Self.breaking(12, test: 2)) == nil)
        #expect(fold.apply(Self.breaking(14.9, test: 2)) == nil)
        #expect(fold.apply(Self.breaking(15, test: 2)) != nil)
    }

    @Test(arguments: [(1.0, true, Side.buy), (-1, true, .sell), (1, false, .sell), (-1, false, .buy)])
    func `a break goes with the approach and a bounce against it`(side: Double, breaks: Bool, direction: Side) throws {
        var fold = LevelSignals()
        var signals = TradingLimits.FewOutputs<Signal>()
        for seconds in [10.0, 13] {
            var x = Self.breaking(seconds)
            let sign = breaks ? 1.0 : -1
            x.approachSide = side
            x.tradeImbalance = sign * side
            x.orderFlowImbalance = sign * side
            x.replenishmentRatio = breaks ? 0 : 4
            x.queueImbalance = sign * side
            x.velocity = sign * 2
            x.penetration = breaks ? 4 : 0
            fold.apply(x, level: 3, signals: &signals)
        }
        #expect(signals.count == 1)
        let signal = signals[0]
        #expect(signal.kind == (breaks ? .breakout : .bounce))
        #expect(signal.direction == direction)
        #expect(signal.level == 3)
        #expect(signal.sequence == 1)
        #expect(signal.receiveTime == signal.time + .microseconds(50))
    }

    @Test func `state survives saving in the middle of the three seconds`() throws {
        var fold = LevelSignals()
        var signals = TradingLimits.FewOutputs<Signal>()
        fold.apply(Self.breaking(10), level: 0, signals: &signals)
        fold.apply(Self.breaking(11), level: 4, signals: &signals)
        fold = try reloaded(fold, into: LevelSignals())
        fold.apply(Self.breaking(13), level: 0, signals: &signals)
        fold = try reloaded(fold, into: LevelSignals())
        fold.apply(Self.breaking(14), level: 4, signals: &signals)
        #expect(signals.count == 2)
        #expect(signals[1].sequence == 2)
        #expect(signals[1].level == 4)
    }

    @Test func `a signal has 104 bytes, with every NaN the same`() {
        var signal = Signal.blank
        signal.sequence = 0x0102_0304
        signal.score = 1
        signal.components[6] = -Double.nan
        let bytes = signal.canonicalBytes
        #expect(bytes.count == 104)
        #expect(Array(bytes[0..<8]) == [4, 3, 2, 1, 0, 0, 0, 0])
        #expect(Array(bytes[32..<40]) == [0, 0, 0, 0, 0, 0, 0xf0, 0x3f])
        #expect(Array(bytes[96..<104]) == [0, 0, 0, 0, 0, 0, 0xf8, 0x7f])
    }
}
