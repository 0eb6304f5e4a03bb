import Execution
import Orders
import Testing
import Units

/// A change that crosses another word about its order.
@Suite struct ChangeEdgeTests {
    @Test func `a change is waited for behind an answer that was asked before it`() {
        var bench = GatewayBench.changing()
        #expect(bench.status(GatewayBench.entry, .working, of: 1, leaves: 1, query: 1) == [])
        #expect(bench.wait(250).contains("> ask m1"))
    }

    @Test func `a reduction that crosses a change is asked about`() {
        var bench = GatewayBench.reducedWhileChanging()
        #expect(bench.changed(GatewayBench.entry).contains("> ask m1"))
    }

    @Test func `a fill of the other of a pair that crosses a change is asked about`() {
        var bench = GatewayBench()
        let other = ClientOrderID(epoch: 1, issuer: .manual, count: 2)
        for (id, price) in [(GatewayBench.entry, "4990.00"), (other, "4989.00")] {
            bench.open(.buy, 2, id: id) {
                $0.type = .limit
                $0.limit = Script.price(price)
                $0.link = GatewayBench.entry
            }
            bench.accepted(id, 2)
        }
        bench.open(.buy, 2, id: other) {
            $0.action = .modify
            $0.type = .limit
            $0.limit = Script.price("4988.00")
        }
        bench.filled(GatewayBench.entry, .buy, 1, "4990.00")
        #expect(bench.changed(other).contains("> ask m2"))
    }
}
