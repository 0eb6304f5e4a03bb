import Orders
import Risk
import Testing
import Units

/// More orders than there is room for.
@Suite struct OrderCountTests {
    @Test func `reduce-only orders are counted, and there is room for every other`() {
        var bench = GateBench { $0.position = Quantity(64) }
        bench.fill(.buy, 5)
        func reduce() -> RefusalReason? {
            bench.order(.sell, 1, limit: "5001.00") { $0.isReduceOnly = true }
        }
        for _ in 0..<TradingLimits.reducingOrders { #expect(reduce() == nil) }
        for _ in 0..<300 { #expect(reduce() == .tooManyOrders) }
        #expect(bench.gate.working.count == TradingLimits.reducingOrders)
        bench.update(ClientOrderID(epoch: 1, issuer: .manual, count: 1), .sell, 0, role: .close, state: .cancelled)
        #expect(reduce() == nil)
        #expect(reduce() == .tooManyOrders)
        #expect(bench.order(.buy, 1, limit: "4999.00") == nil, "entries are counted apart")
    }

    @Test func `more live orders than can be counted are closed`() {
        var bench = GateBench()
        for count in 1...257 as ClosedRange<UInt64> {
            bench.update(
                ClientOrderID(epoch: 1, issuer: .execution, count: count), .sell, 1, role: .target, limit: "5001.00")
        }
        #expect(bench.gate.state == .flattening)
        #expect(bench.gate.working.isFull)
    }
}
