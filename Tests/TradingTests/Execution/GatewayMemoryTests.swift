import Execution
import Orders
import Testing
import Units

/// What a restart must not forget of the execution gateway, field by field.
@Suite struct GatewayMemoryTests {
    @Test func `an order that is over`() throws {
        var bench = GatewayBench()
        bench.open()
        bench.accepted(GatewayBench.entry, 1)
        bench.tell(OperatorCommand(.cancel, target: GatewayBench.entry))
        bench.cancelled(GatewayBench.entry)
        try bench.reload()
        bench.filled(GatewayBench.entry, .buy, 1, "5000.25")
        #expect(bench.notices.last?.reason == .lateFill && bench.fills[0].parent == GatewayBench.entry)
    }

    @Test func `which approvals were taken`() throws {
        var bench = GatewayBench()
        bench.open(sequence: 1)
        try bench.reload()
        #expect(bench.open(id: ClientOrderID(epoch: 1, issuer: .manual, count: 2), sequence: 1) == [])
    }

    @Test func `that its epoch is locked`() throws {
        var bench = GatewayBench()
        bench.gateway.hold(epoch: 2, isLocked: true)
        try bench.reload()
        #expect(bench.open(epoch: 2) == ["m1 rejected 0 stale_epoch"])
    }

    @Test func `a close that the venue refused`() throws {
        var bench = GatewayBench.holding()
        let close = ClientOrderID(epoch: 1, issuer: .manual, count: 3)
        bench.open(.sell, id: close) { $0.action = .close }
        bench.say(.rejected, close) { $0.reason = .full }
        try bench.reload()
        #expect(bench.wait(1_000).last == "> x3 close sell 1 market")
    }

    @Test func `a flatten that waits for the open`() throws {
        var bench = GatewayBench.holding(.buy, 1) { $0.closesAtOpen = false }
        bench.market.quality = .closed
        bench.tell(OperatorCommand.flatten(waitsForOpen: true))
        bench.cancelled(GatewayBench.own(1))
        bench.cancelled(GatewayBench.own(2))
        #expect(bench.answerRead(1) == ["flattenBlocked"])
        try bench.reload()
        bench.market.quality = []
        #expect(bench.wait(1_000) == GatewayBench.reads)
    }

    @Test func `which flatten was proven`() throws {
        var bench = GatewayBench.cancelling()
        bench.answerRead(1)
        bench.filled(GatewayBench.own(3), .sell, 1, "5000.00")
        bench.answerRead(0)
        bench.answerRead(0)
        try bench.reload()
        bench.take(StateChange(sequence: 1, time: bench.now, from: .active, to: .flattening, reason: .operatorRequest))
        #expect(!bench.gateway.isFlattening)
    }

    @Test func `when a cover is due`() throws {
        var bench = GatewayBench { $0.netsBooks = true }
        bench.open()
        bench.accepted(GatewayBench.entry, 1)
        bench.filled(GatewayBench.entry, .buy, 1, "5000.25")
        try bench.reload()
        #expect(bench.wait(500).contains("flattening"))
    }

    @Test func `which question a change was behind`() throws {
        var bench = GatewayBench.changing()
        try bench.reload()
        #expect(bench.status(GatewayBench.entry, .working, of: 1, leaves: 1, query: 1) == [])
        #expect(bench.live(GatewayBench.entry)?.isModifySent == true)
    }

    @Test func `that a reduction crossed a change`() throws {
        var bench = GatewayBench.reducedWhileChanging()
        try bench.reload()
        #expect(bench.changed(GatewayBench.entry).contains("> ask m1"))
    }
}
