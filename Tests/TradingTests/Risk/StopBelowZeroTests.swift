import Orders
import Risk
import Testing
import Units

/// Where the stop of an order that names no price would stand.
@Suite struct StopBelowZeroTests {
    @Test func `a market order is taken for filled at the ask, and has its stop above zero`() {
        func order(_ stop: Int64, ask: String = "5000.25", _ change: (inout OrderIntent) -> Void = { _ in })
            -> RefusalReason? {
            var bench = GateBench(hasBook: false)
            bench.book("0.25x100 | \(ask)x100", at: "1")
            return bench.order(.buy) {
                $0.stopDistance = Ticks(stop)
                change(&$0)
            }
        }
        #expect(order(20_000) == nil)
        #expect(order(20_001) == .malformed)
        #expect(order(20_002) == .malformed)
        #expect(order(8, ask: "2.00") == .malformed)
        #expect(order(7, ask: "2.00") == nil)
        #expect(
            order(8, ask: "2.00") {
                $0.type = .trailingStop
                $0.trail = Ticks(4)
            } == .malformed)
    }

    @Test func `a sale's stop is above, and without a book there is another reason`() {
        var bench = GateBench()
        #expect(bench.order(.sell) { $0.stopDistance = Ticks(20_002) } == nil)
        var bare = GateBench(hasBook: false)
        #expect(bare.order(.buy) { $0.stopDistance = Ticks(20_002) } == .noBook)
    }
}
