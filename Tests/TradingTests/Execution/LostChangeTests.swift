import Execution
import Orders
import Testing
import Units

/// A change whose acknowledgement is late or never comes: the venue, asked, tells whether it has it.
@Suite struct LostChangeTests {
    static let entry = GatewayBench.entry

    /// Three to buy at 4999.00, one of which has filled, that are to be five at 4999.25; the venue is asked.
    static func asked(_ quantity: Int64 = 5, _ price: Int64 = 19_997) -> GatewayBench {
        var bench = ChangeTests.resting()
        _ = ChangeTests.change(&bench, quantity, price)
        #expect(bench.wait(250).last == "> ask m1")
        return bench
    }

    static func answer(
        _ bench: inout GatewayBench, leaves: Int64, _ price: String, query: UInt64? = nil
    ) -> [String] {
        let asked = query ?? bench.commands.last { $0.kind == .queryOrder }?.query ?? 0
        return bench.say(.orderStatus, entry) {
            $0.state = .partiallyFilled
            $0.quantity = Quantity(leaves + 1)
            $0.filled = Quantity(1)
            $0.leaves = Quantity(leaves)
            $0.price = Script.price(price)
            $0.query = asked
        }
    }

    @Test func `a change that the venue has is taken, and its late acknowledgement says nothing new`() {
        var bench = Self.asked()
        #expect(Self.answer(&bench, leaves: 4, "4999.25") == ["m1 partiallyFilled 4"])
        #expect(bench.gateway.live[0].order.quantity == Quantity(5))
        #expect(bench.gateway.live[0].order.price == Ticks(19_997))
        #expect(!bench.gateway.live[0].isModifySent)
        #expect(bench.say(.modified, Self.entry) { $0.leaves = Quantity(4) } == [])
        #expect(bench.gateway.live[0].leaves == Quantity(4))
        #expect(bench.filled(Self.entry, .buy, 4, "4999.25").contains("m1 filled 0"))
        #expect(bench.gateway.contradictions == 0)
    }

    @Test func `one that the venue does not have is dropped, and that is told`() {
        var bench = Self.asked()
        #expect(Self.answer(&bench, leaves: 2, "4999.00") == ["m1 partiallyFilled 2 change_lost"])
        #expect(bench.gateway.live[0].order.quantity == Quantity(3))
        #expect(bench.gateway.live[0].order.price == Ticks(19_996))
        #expect(bench.say(.modifyRejected, Self.entry) { $0.reason = .malformed } == [])
        #expect(bench.gateway.live[0].leaves == Quantity(2))
    }

    @Test func `where only the quantity changes it tells`() {
        let cases: [(Int64, Int64, Bool)] = [(5, 4, true), (5, 2, false), (2, 1, true), (2, 2, false)]
        for (wanted, leaves, isTaken) in cases {
            var bench = Self.asked(wanted, 19_996)
            let out = Self.answer(&bench, leaves: leaves, "4999.00")
            #expect(out == ["m1 partiallyFilled \(leaves)" + (isTaken ? "" : " change_lost")])
            #expect(bench.gateway.live[0].order.quantity == Quantity(isTaken ? wanted : 3))
            #expect(bench.gateway.live[0].leaves == Quantity(leaves))
        }
    }

    @Test func `an answer to what was asked before the change says nothing of it`() {
        var bench = ChangeTests.resting()
        bench.tell(OperatorCommand(.reconcile))
        let query = bench.commands.last { $0.kind == .queryOrders }?.query ?? 0
        bench.status(Self.entry, .partiallyFilled, filled: 1, leaves: 2, query: query)
        for order in [ChangeTests.stop, ChangeTests.target] { bench.status(order, .working, leaves: 1, query: query) }
        bench.say(.queryEnd) { $0.query = query }
        bench.say(.positionStatus) {
            $0.query = query + 1
            $0.quantity = Quantity(1)
        }
        _ = ChangeTests.change(&bench, 5, 19_997)
        #expect(Self.answer(&bench, leaves: 2, "4999.00", query: query) == [])
        #expect(bench.gateway.live[0].isModifySent)
        #expect(bench.gateway.live[0].leaves == Quantity(4), "it may be larger by now")
        bench.say(.modified, Self.entry) { $0.leaves = Quantity(4) }
        #expect(bench.gateway.live[0].order.quantity == Quantity(5))
    }

    @Test func `a read that was begun behind the change tells too`() {
        var bench = ChangeTests.resting()
        _ = ChangeTests.change(&bench, 5, 19_997)
        bench.tell(OperatorCommand(.reconcile))
        let query = bench.commands.last { $0.kind == .queryOrders }?.query ?? 0
        #expect(Self.answer(&bench, leaves: 4, "4999.25", query: query) == ["m1 partiallyFilled 4"])
        #expect(bench.gateway.live[0].order.quantity == Quantity(5))
    }

    @Test func `a change of a stop's trigger is told by the trigger`() {
        for isTaken in [true, false] {
            var bench = GatewayBench.holding(.buy, 2)
            bench.open(.sell, 2, id: ChangeTests.stop) {
                $0.action = .modify
                $0.type = .stop
                $0.trigger = Ticks(19_999)
            }
            bench.wait(250)
            let query = bench.commands.last?.query ?? 0
            bench.say(.orderStatus, ChangeTests.stop) {
                $0.state = .working
                $0.leaves = Quantity(2)
                $0.price = isTaken ? Ticks(19_999) : Ticks(19_993)
                $0.query = query
            }
            #expect(bench.gateway.live[0].order.price == Ticks(isTaken ? 19_999 : 19_993))
            #expect(bench.gateway.hasProtection)
        }
    }

    @Test func `what may be larger is not made smaller by a late acceptance`() throws {
        var bench = Self.asked()
        bench.gateway = try reloaded(
            bench.gateway, into: ExecutionGateway(ExecutionConfiguration(terms: Script.terms), epoch: 1))
        bench.accepted(Self.entry, 2)
        #expect(bench.gateway.live[0].leaves == Quantity(4))
    }
}
