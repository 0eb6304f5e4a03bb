import Execution
import Orders
import Testing
import Units

/// A proof, a close or a cover that one line would lose.
@Suite struct FlattenEdgeTests {
    @Test func `an order that had filled and that the venue denies twice is a contradiction`() {
        var bench = GatewayBench()
        bench.open(.buy, 2)
        bench.accepted(GatewayBench.entry, 2)
        bench.filled(GatewayBench.entry, .buy, 1, "5000.25")
        bench.accepted(GatewayBench.own(1), 1)
        bench.accepted(GatewayBench.own(2), 1)
        bench.tell(OperatorCommand(.cancel, target: GatewayBench.entry))
        bench.wait(250)
        bench.status(GatewayBench.entry, .unknown)
        bench.wait(500)
        #expect(bench.status(GatewayBench.entry, .unknown).contains("flattening"))
    }

    @Test func `a late word about an order costs the proof its first read`() {
        var bench = GatewayBench.cancelling()
        bench.answerRead(1)
        bench.filled(GatewayBench.own(3), .sell, 1, "5000.00")
        #expect(bench.answerRead(0) == GatewayBench.reads)
        bench.say(.cancelRejected, GatewayBench.own(2)) { $0.reason = .tooLate }
        #expect(bench.answerRead(0) == GatewayBench.reads)
        #expect(bench.answerRead(0) == ["flat"])
    }

    @Test func `a halt that ends in the close does not become an open market`() {
        var bench = GatewayBench.cancelling()
        bench.market.quality = .halted
        #expect(bench.answerRead(1) == ["flattenBlocked"])
        bench.market.quality = .closed
        #expect(bench.wait(1_000) == [])
        bench.market.quality = []
        #expect(bench.wait(1_000) == [])
    }

    @Test func `a close that is refused is asked for again after a second`() {
        var bench = GatewayBench.cancelling()
        bench.answerRead(1)
        bench.say(.rejected, GatewayBench.own(3)) { $0.reason = .full }
        bench.answerRead(1)
        #expect(bench.wait(60) == [])
        #expect(bench.wait(940) == GatewayBench.reads)
    }

    @Test func `an order of nobody between two reads costs the first of them`() {
        var bench = GatewayBench.cancelling()
        bench.answerRead(1)
        bench.filled(GatewayBench.own(3), .sell, 1, "5000.00")
        #expect(bench.answerRead(0) == GatewayBench.reads)
        let stranger = ClientOrderID(epoch: 9, issuer: .manual, count: 5)
        #expect(bench.answerRead(0, live: [(stranger, 1)]) == ["strayOrder", "> cancel m5"])
        #expect(bench.wait(50) == GatewayBench.reads)
        #expect(bench.answerRead(0) == GatewayBench.reads)
        #expect(bench.answerRead(0) == ["flat"])
    }

    @Test func `an order after a proof takes the echo of the flatten for a new one`() {
        var bench = GatewayBench.holding()
        bench.say(.cancelled, GatewayBench.own(1)) { $0.reason = .requested }
        bench.cancelled(GatewayBench.own(2))
        bench.answerRead(1)
        bench.filled(GatewayBench.own(3), .sell, 1, "5000.00")
        bench.answerRead(0)
        bench.answerRead(0)
        #expect(!bench.gateway.isFlattening && bench.notices.last?.kind == .flat)
        bench.open(id: ClientOrderID(epoch: 1, issuer: .manual, count: 2))
        bench.take(StateChange(sequence: 1, time: bench.now, from: .active, to: .flattening, reason: .stopLost))
        #expect(bench.gateway.isFlattening)
    }

    @Test func `more than was ordered is a contradiction`() {
        var bench = GatewayBench()
        bench.open()
        bench.accepted(GatewayBench.entry, 1)
        #expect(bench.filled(GatewayBench.entry, .buy, 2, "5000.25").contains("flattening"))
    }

    @Test func `a fill of the other side is a contradiction`() {
        var bench = GatewayBench()
        bench.open()
        bench.accepted(GatewayBench.entry, 1)
        #expect(bench.filled(GatewayBench.entry, .sell, 1, "5000.25").contains("flattening"))
    }

    @Test func `a stop that fills in part was there`() {
        var bench = GatewayBench()
        bench.open(.buy, 2)
        bench.accepted(GatewayBench.entry, 2)
        bench.filled(GatewayBench.entry, .buy, 2, "5000.25")
        bench.filled(GatewayBench.own(1), .sell, 1, "4998.25")
        bench.wait(600)
        #expect(!bench.gateway.isFlattening)
    }

    @Test func `a person's close ends the orders that open`() {
        var bench = GatewayBench.holding()
        let other = ClientOrderID(epoch: 1, issuer: .manual, count: 2)
        bench.open(id: other) {
            $0.type = .limit
            $0.limit = Script.price("4990.00")
        }
        bench.accepted(other, 1)
        let out = bench.open(.sell, id: ClientOrderID(epoch: 1, issuer: .manual, count: 3)) { $0.action = .close }
        #expect(out.contains("> cancel m2"))
    }

    @Test func `a strategy's close ends the orders that open`() {
        var bench = GatewayBench { $0.isOneOfTwo = true }
        let other = ClientOrderID(epoch: 1, issuer: .strategy, count: 2)
        bench.open { $0.strategy = .level }
        bench.accepted(GatewayBench.entry, 1)
        bench.filled(GatewayBench.entry, .buy, 1, "5000.25")
        bench.open(id: other) {
            $0.strategy = .level
            $0.type = .limit
            $0.limit = Script.price("4990.00")
        }
        bench.accepted(other, 1)
        let out = bench.open(.sell, id: ClientOrderID(epoch: 1, issuer: .strategy, count: 3)) {
            $0.action = .close
            $0.strategy = .level
        }
        #expect(out.contains("> cancel m2"))
    }

    @Test func `a time stop ends the rest of its entry`() {
        var bench = GatewayBench()
        bench.open(.buy, 2) { $0.timeStop = .seconds(10) }
        bench.accepted(GatewayBench.entry, 2)
        bench.filled(GatewayBench.entry, .buy, 1, "5000.25")
        bench.accepted(GatewayBench.own(1), 1)
        bench.accepted(GatewayBench.own(2), 1)
        let out = bench.wait(10_000)
        #expect(out.contains("> cancel m1"))
    }

    @Test func `in books that net a fill that crossed its cancel is closed`() {
        var bench = GatewayBench { $0.netsBooks = true }
        bench.open()
        bench.accepted(GatewayBench.entry, 1)
        bench.tell(OperatorCommand(.cancel, target: GatewayBench.entry))
        bench.filled(GatewayBench.entry, .buy, 1, "5000.25")
        #expect(bench.gateway.brackets[0].isCloseWanted)
    }

    @Test func `a target that its stop has reduced to nothing is asked about`() {
        var bench = GatewayBench.holding()
        bench.filled(GatewayBench.own(1), .sell, 1, "4998.25")
        #expect(bench.wait(250) == ["> ask x2"])
    }
}
