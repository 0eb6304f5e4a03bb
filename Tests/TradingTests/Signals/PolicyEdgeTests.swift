import Determinism
import Orders
import Signals
import Testing
import Units

/// The policy's closes at its hour.
@Suite struct PolicyEdgeTests {
    @Test func `a position held over its hour is closed on the next day`() {
        var policy = LevelPolicy(epoch: 1)
        var intents = TradingLimits.FewOutputs<OrderIntent>()
        policy.begin(Script.day)
        policy.apply(Fill.opening(ClientOrderID(epoch: 1, issuer: .strategy, count: 1)))
        policy.advance(to: Script.time("60000"), receiveTime: Script.time("60000"), intents: &intents)
        policy.begin(Script.day)
        policy.advance(to: Script.time("60001"), receiveTime: Script.time("60001"), intents: &intents)
        #expect(intents.count == 2)
    }

    @Test func `and in books that net`() {
        var policy = LevelPolicy(epoch: 1)
        var intents = TradingLimits.FewOutputs<OrderIntent>()
        policy.begin(Script.day)
        for time in ["60000", "60001"] {
            policy.follow(book: Quantity(1))
            policy.closeNow(Script.time(time), receiveTime: Script.time(time), intents: &intents)
            policy.follow(book: .zero)
        }
        #expect(intents.count == 2)
    }

    @Test func `a close that was refused is asked for again`() {
        var policy = LevelPolicy(epoch: 1)
        var intents = TradingLimits.FewOutputs<OrderIntent>()
        policy.begin(Script.day)
        policy.apply(Fill.opening(ClientOrderID(epoch: 1, issuer: .strategy, count: 1)))
        policy.advance(to: Script.time("60000"), receiveTime: Script.time("60000"), intents: &intents)
        var update = OrderUpdate.blank
        update.order.id = intents[0].id
        update.order.role = .close
        update.state = .rejected
        policy.apply(update)
        policy.advance(to: Script.time("60001"), receiveTime: Script.time("60001"), intents: &intents)
        #expect(intents.count == 2)
    }

    @Test func `a restart does not ask for the same close twice`() throws {
        var policy = LevelPolicy(epoch: 1)
        var intents = TradingLimits.FewOutputs<OrderIntent>()
        policy.begin(Script.day)
        policy.apply(Fill.opening(ClientOrderID(epoch: 1, issuer: .strategy, count: 1)))
        policy.advance(to: Script.time("60000"), receiveTime: Script.time("60000"), intents: &intents)
        policy = try reloaded(policy, into: LevelPolicy(epoch: 1))
        policy.advance(to: Script.time("60001"), receiveTime: Script.time("60001"), intents: &intents)
        #expect(intents.count == 1)
    }
}
