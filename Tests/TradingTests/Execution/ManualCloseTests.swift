import Execution
import Orders
import Testing
import Units

/// A close that a person asks for is told under its own identity, whatever closes in the end.
@Suite struct ManualCloseTests {
    static let close = ClientOrderID(epoch: 1, issuer: .manual, count: 2)

    static func ask(_ bench: inout GatewayBench, id: ClientOrderID = close) -> [String] {
        bench.open(.sell, 2, id: id) { $0.action = .close }
    }

    @Test func `the order that closes has the identity of what was asked for`() {
        var bench = GatewayBench.holding(.buy, 2)
        #expect(Self.ask(&bench) == ["m2 pending 2", "> m2 close sell 2 market"])
        #expect(bench.commands.last?.order.link == GatewayBench.own(1))
        #expect(bench.updates.last?.isSelfIssued == false)
        bench.accepted(Self.close, 2)
        #expect(bench.filled(Self.close, .sell, 2, "5000.00").contains("m2 filled 0"))
        #expect(bench.gateway.position.isFlat)
        #expect(bench.gateway.contradictions == 0)
    }

    @Test func `a market that stays closed is asked again after half a minute, another refusal after a second`() {
        for (reason, pause) in [(VenueReason.marketClosed, 30_000), (.noBook, 1_000)] {
            var bench = GatewayBench.holding(.buy, 2)
            bench.market.quality = .closed
            _ = Self.ask(&bench)
            bench.say(.rejected, Self.close) { $0.reason = reason }
            #expect(bench.wait(Int64(pause) - 1) == [])
            #expect(bench.wait(1).last == "> x3 close sell 2 market")
        }
    }

    @Test func `of several brackets the first is closed under it`() {
        var bench = GatewayBench.holding()
        let second = ClientOrderID(epoch: 1, issuer: .manual, count: 7)
        bench.open(.buy, 1, id: second)
        bench.accepted(second, 1)
        bench.filled(second, .buy, 1, "5000.25")
        let out = Self.ask(&bench, id: ClientOrderID(epoch: 1, issuer: .manual, count: 8))
        #expect(out.contains("> m8 close sell 1 market"))
        #expect(out.contains("> x5 close sell 1 market"))
    }

    @Test func `a second one says by what the position is being closed, and sends nothing`() throws {
        var bench = GatewayBench.holding(.buy, 2)
        _ = Self.ask(&bench)
        let again = ClientOrderID(epoch: 1, issuer: .manual, count: 3)
        #expect(Self.ask(&bench, id: again) == ["m3 cancelled 0 linked"])
        let told = try #require(bench.updates.last)
        #expect(told.order.link == Self.close)
        #expect(told.order.parent == GatewayBench.entry)
        #expect(bench.commands.count { $0.order.role == .close } == 1)
    }

    @Test func `without links the stop closes, and it is told by that`() {
        var bench = ChangeTests.unlinked()
        #expect(Self.ask(&bench) == ["x1 working 2", "m2 cancelled 0 linked", "> change x1 to 2 5005.00"])
        #expect(bench.updates.last?.order.link == ChangeTests.stop)
    }

    @Test func `with nothing open there is nothing to close, and that is told`() {
        var bench = GatewayBench()
        #expect(Self.ask(&bench) == ["m2 rejected 0 reduce_only"])
    }

    @Test func `what the fills do not explain is flattened, and no order is sent for it`() {
        var bench = GatewayBench()
        bench.tell(OperatorCommand(.reconcile))
        bench.answerRead(2)
        bench.wait(50)
        bench.answerRead(2)
        bench.wait(50)
        bench.answerRead(2)
        #expect(bench.gateway.openQuantity == Quantity(2))
        let out = Self.ask(&bench)
        #expect(out.first == "m2 rejected 0 not_sent")
        #expect(out.contains("flattening"))
    }
}
