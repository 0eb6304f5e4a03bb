import Execution
import Orders
import Testing
import Units

@Suite struct ReconciliationTests {
    static let stop = GatewayBench.own(1)
    static let target = GatewayBench.own(2)
    static let ask = OperatorCommand(.reconcile)

    @Test func `all as it should be`() {
        var bench = GatewayBench.holding()
        #expect(bench.tell(Self.ask) == GatewayBench.reads)
        #expect(bench.gateway.isReconciling)
        #expect(bench.answerRead(1, live: [(Self.stop, 1), (Self.target, 1)]) == ["reconciled"])
        #expect(!bench.gateway.isReconciling)
        #expect(bench.notices.last?.found == Quantity(1))
    }

    @Test func `fills that came while nobody listened come first`() {
        var bench = GatewayBench.holding()
        bench.gateway.reconcile(bench.clock)
        bench.wait(0)
        #expect(bench.filled(Self.stop, .sell, 1, "4998.25") == ["fill x1 sell 1 @ 4998.25", "x1 filled 0"])
        #expect(bench.say(.cancelled, Self.target) { $0.reason = .linked } == ["x2 cancelled 0 linked"])
        #expect(bench.answerRead(0) == ["reconciled"])
        #expect(bench.gateway.position.isFlat)
    }

    @Test func `an order that the venue does not list is asked about`() {
        var bench = GatewayBench.holding()
        bench.tell(Self.ask)
        #expect(bench.answerRead(1, live: [(Self.stop, 1)]) == ["x2 unknown 1", "> ask x2"])
        #expect(bench.gateway.isReconciling)
        #expect(bench.status(Self.target, .cancelled) == ["x2 cancelled 0", "reconciled"])
    }

    @Test func `an order that nobody here knows is cancelled, and the venue is read again`() {
        var bench = GatewayBench()
        let stranger = ClientOrderID(epoch: 9, issuer: .manual, count: 5)
        bench.tell(Self.ask)
        #expect(bench.answerRead(0, live: [(stranger, 2)]) == ["strayOrder", "> cancel m5"])
        #expect(bench.gateway.isReconciling)
        bench.cancelled(stranger)
        #expect(bench.wait(50) == GatewayBench.reads)
        #expect(bench.answerRead(0) == ["reconciled"])
        #expect(bench.gateway.contradictions == 0)
    }

    @Test func `a position that nothing explains is a question`() {
        var bench = GatewayBench.holding()
        bench.tell(Self.ask)
        let live = [(Self.stop, Int64(1)), (Self.target, Int64(1))]
        #expect(bench.answerRead(3, live: live) == [])
        #expect(bench.wait(50) == GatewayBench.reads)
        #expect(bench.answerRead(3, live: live) == ["reconciliationQuestion", "reconciled"])
        let question = bench.notices[bench.notices.count - 2]
        #expect(question.expected == Quantity(1))
        #expect(question.found == Quantity(3))
        #expect(bench.fills.count == 1)
        #expect(bench.gateway.position.quantity == Quantity(1))
        #expect(bench.gateway.unexplained == Quantity(2))
        #expect(bench.gateway.hasProtection)
        #expect(!bench.gateway.isFlattening)
    }

    @Test func `a stop that would turn the venue's position over is not left there`() {
        var bench = GatewayBench.holding()
        bench.tell(Self.ask)
        let live = [(Self.stop, Int64(1)), (Self.target, Int64(1))]
        bench.answerRead(0, live: live)
        bench.wait(50)
        let out = bench.answerRead(0, live: live)
        #expect(out == ["reconciliationQuestion", "flattening", "> cancel x1", "> cancel x2"])
        bench.cancelled(Self.stop)
        bench.cancelled(Self.target)
        bench.answerRead(0)
        #expect(bench.answerRead(0) == ["flat"])
        #expect(bench.fills.count == 1)
    }

    @Test func `a difference that is gone the second time was none`() {
        var bench = GatewayBench()
        bench.tell(Self.ask)
        bench.answerRead(1)
        bench.wait(50)
        #expect(bench.answerRead(0) == ["reconciled"])
        #expect(bench.gateway.unexplained == .zero)
    }

    @Test func `a silent venue is asked again and nothing opens`() {
        var bench = GatewayBench()
        bench.tell(Self.ask)
        #expect(bench.wait(250) == GatewayBench.reads)
        #expect(bench.open() == ["m1 rejected 0 not_sent"])
        #expect(bench.answerRead(0) == ["reconciled"])
    }

    @Test func `asking twice is asking once, and a flatten proves more`() {
        var bench = GatewayBench()
        bench.tell(Self.ask)
        #expect(bench.tell(Self.ask) == [])
        bench.tell(OperatorCommand(.flatten, epoch: 2))
        #expect(!bench.gateway.isReconciling)
        #expect(bench.tell(Self.ask) == [])
        bench.answerRead(0)
        #expect(bench.answerRead(0) == ["flat"])
    }
}
