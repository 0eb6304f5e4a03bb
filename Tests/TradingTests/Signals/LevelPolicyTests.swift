import Orders
import Signals
import Testing
import Units

@Suite struct LevelPolicyTests {
    static func signal(_ seconds: String, level: UInt8 = 0, test: UInt32 = 1, score: Double = 0.5) -> Signal {
        var signal = Signal.blank
        signal.sequence = 9
        signal.time = Script.time(seconds)
        signal.receiveTime = signal.time + .microseconds(10)
        signal.level = level
        signal.test = test
        signal.score = score
        return signal
    }

    static func fill(_ parent: ClientOrderID, _ side: Side) -> Fill {
        var fill = Fill.blank
        fill.parent = parent
        fill.side = side
        fill.quantity = Quantity(1)
        return fill
    }

    struct Harness {
        var policy = LevelPolicy(epoch: 1)
        var intents = TradingLimits.FewOutputs<OrderIntent>()

        init() { policy.begin(Script.day) }

        mutating func entry(_ signal: Signal) throws -> OrderIntent? {
            policy = try reloaded(policy, into: LevelPolicy(epoch: 1))
            intents.removeAll()
            policy.apply(signal, intents: &intents)
            return intents.isEmpty ? nil : intents[0]
        }

        mutating func advance(_ seconds: String) {
            policy.advance(to: Script.time(seconds), receiveTime: Script.time(seconds), intents: &intents)
        }

        mutating func end(_ id: ClientOrderID) {
            var update = OrderUpdate.blank
            update.order.id = id
            update.state = .filled
            policy.apply(update)
        }
    }

    @Test func `a signal becomes one contract at the market with its distances`() throws {
        var harness = Harness()
        let intent = try #require(try harness.entry(Self.signal("100", score: -0.5)))
        #expect(intent.side == .sell)
        #expect(intent.quantity == Quantity(1))
        #expect(intent.type == .market)
        #expect(intent.stopDistance == Ticks(8))
        #expect(intent.targetDistance == Ticks(16))
        #expect(intent.timeStop == .seconds(600))
        #expect(intent.signal == 9)
        #expect(intent.id.issuer == .strategy)
    }

    @Test func `one entry per test and level, one position at a time`() throws {
        var harness = Harness()
        let first = try #require(try harness.entry(Self.signal("100")))
        #expect(try harness.entry(Self.signal("101", level: 1)) == nil, "an entry is under way")
        harness.policy.apply(Self.fill(first.id, .buy))
        harness.end(first.id)
        #expect(try harness.entry(Self.signal("102", level: 1)) == nil, "a position is open")
        harness.policy.apply(Self.fill(first.id, .sell))
        #expect(try harness.entry(Self.signal("103")) == nil, "this test has had its entry")
        let second = try #require(try harness.entry(Self.signal("104", test: 2)))
        harness.end(second.id)
        #expect(try harness.entry(Self.signal("105", level: 1)) != nil)
    }

    @Test func `a refused entry makes room, and its test is spent`() throws {
        var harness = Harness()
        let first = try #require(try harness.entry(Self.signal("100")))
        harness.policy.refused(first.id)
        #expect(try harness.entry(Self.signal("101")) == nil)
        #expect(try harness.entry(Self.signal("102", level: 2)) != nil)
    }

    @Test func `entries inside the window, half-open`() throws {
        var harness = Harness()
        #expect(try harness.entry(Self.signal("50000")) == nil)
        #expect(try harness.entry(Self.signal("49999.999999999")) != nil)
        var early = Script.day
        early.entryOpen = Script.time("10")
        harness = Harness()
        harness.policy.begin(early)
        #expect(try harness.entry(Self.signal("9.999999999")) == nil)
        #expect(try harness.entry(Self.signal("10")) != nil)
        harness = Harness()
        harness.policy.begin(.none)
        #expect(try harness.entry(Self.signal("10")) == nil)
    }

    @Test func `an own position is closed at the flat-by time, once`() throws {
        var harness = Harness()
        let first = try #require(try harness.entry(Self.signal("100")))
        harness.policy.apply(Self.fill(first.id, .buy))
        harness.end(first.id)
        harness.intents.removeAll()
        harness.advance("59999.999999999")
        #expect(harness.intents.isEmpty)
        harness.advance("60000")
        #expect(harness.intents.count == 1)
        #expect(harness.intents[0].action == .close)
        harness.advance("60001")
        #expect(harness.intents.count == 1)
    }

    @Test func `an operator's position is none of its business, but takes its place`() throws {
        var harness = Harness()
        harness.policy.apply(Self.fill(ClientOrderID(epoch: 1, issuer: .manual, count: 1), .buy))
        #expect(try harness.entry(Self.signal("100")) == nil)
        harness.advance("60000")
        #expect(harness.intents.isEmpty)
    }

    @Test func `a new day numbers its tests anew`() throws {
        var harness = Harness()
        let first = try #require(try harness.entry(Self.signal("100")))
        harness.policy.refused(first.id)
        harness.policy.begin(Script.day)
        let second = try #require(try harness.entry(Self.signal("101")))
        #expect(second.id > first.id)
    }
}
