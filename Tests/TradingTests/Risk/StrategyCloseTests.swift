import Execution
import Orders
import Risk
import Testing
import Units

/// One strategy leaves, the others stay with their stops.
@Suite struct StrategyCloseTests {
    /// The level policy is long one contract (stop own 1, target own 2), a person two (stop own 3, target own 4).
    static func bench() -> GatewayBench {
        var bench = GatewayBench()
        bench.open { $0.strategy = .level }
        bench.accepted(GatewayBench.entry, 1)
        bench.filled(GatewayBench.entry, .buy, 1, "5000.25")
        let second = ClientOrderID(epoch: 1, issuer: .manual, count: 2)
        bench.open(.buy, 2, id: second)
        bench.accepted(second, 2)
        bench.filled(second, .buy, 2, "5000.25")
        for (own, leaves) in [(1, 1), (2, 1), (3, 2), (4, 2)] as [(UInt64, Int64)] {
            bench.accepted(GatewayBench.own(own), leaves)
        }
        return bench
    }

    private static func closes(_ bench: GatewayBench) -> [Order] {
        bench.commands.filter { $0.kind == .submit && $0.order.role == .close }.map(\.order)
    }

    @Test func `a close of one strategy sends the close of its contracts alone`() {
        var bench = Self.bench()
        bench.open(id: ClientOrderID(epoch: 1, issuer: .strategy, count: 1)) {
            $0.action = .close
            $0.strategy = .level
        }
        let closes = Self.closes(bench)
        #expect(closes.map(\.quantity) == [Quantity(1)])
        #expect(closes.first?.strategy == .level && closes.first?.link == GatewayBench.own(1))
        #expect(!bench.gateway.isFlattening)
        #expect(bench.gateway.brackets.indices.map { bench.gateway.brackets[$0].isCloseWanted } == [true, false])
    }

    @Test func `a close of the account sends all`() {
        var bench = Self.bench()
        bench.open(id: ClientOrderID(epoch: 1, issuer: .manual, count: 3)) { $0.action = .close }
        #expect(Self.closes(bench).map(\.quantity) == [Quantity(1), Quantity(2)])
    }

    @Test func `a strategy that is paused loses its entries, and others keep theirs`() {
        var bench = GatewayBench()
        bench.open {
            $0.strategy = .level
            $0.type = .limit
            $0.limit = Script.price("4999.00")
        }
        bench.open(id: ClientOrderID(epoch: 1, issuer: .manual, count: 2)) {
            $0.type = .limit
            $0.limit = Script.price("4999.00")
        }
        bench.gateway.apply(
            StateChange(
                sequence: 1, time: bench.now, from: .active, to: .reducing, reason: .operatorRequest, scope: .level),
            bench.clock)
        let cancels = bench.gateway.commands.indices.map { bench.gateway.commands[$0] }.filter { $0.kind == .cancel }
        #expect(cancels.map(\.order.id) == [GatewayBench.entry])
    }
}
