import Orders
import Risk
import Testing
import Units

/// Where stop and target of an order would stand, which name no price.
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

    private static func sale(
        _ target: Int64, bid: String = "5000.00", _ change: (inout OrderIntent) -> Void = { _ in }
    ) -> RefusalReason? {
        var bench = GateBench(hasBook: false) { $0.collar = .zero }
        bench.book("\(bid)x100 | 5000.25x100", at: "1")
        return bench.order(.sell) {
            $0.targetDistance = Ticks(target)
            change(&$0)
        }
    }

    @Test func `a sale whose target would stand at zero or below is refused, at the bid if it names no price`() {
        #expect(Self.sale(19_999) == nil)
        #expect(Self.sale(20_000) == .malformed)
        #expect(Self.sale(30_000) == .malformed)
        #expect(Self.sale(0) == nil)
        #expect(Self.sale(8, bid: "2.00") == .malformed)
        #expect(Self.sale(7, bid: "2.00") == nil)
    }

    @Test func `at the price that it names, and at its distance below the bid`() {
        func limit(_ ticks: Int64) -> (inout OrderIntent) -> Void {
            { ($0.type, $0.limit) = (.limit, Ticks(ticks)) }
        }
        #expect(Self.sale(20_009, limit(20_010)) == nil)
        #expect(Self.sale(20_010, limit(20_010)) == .malformed)
        #expect(Self.sale(19_989) { ($0.type, $0.trigger) = (.stop, Ticks(19_990)) } == nil)
        #expect(Self.sale(19_990) { ($0.type, $0.trigger) = (.stop, Ticks(19_990)) } == .malformed)
        #expect(Self.sale(19_995) { ($0.type, $0.trail) = (.trailingStop, Ticks(4)) } == nil)
        #expect(Self.sale(19_996) { ($0.type, $0.trail) = (.trailingStop, Ticks(4)) } == .malformed)
    }

    @Test func `a purchase's target is above, and without a book there is another reason`() {
        var bench = GateBench()
        #expect(bench.order(.buy) { $0.targetDistance = Ticks(30_000) } == nil)
        var bare = GateBench(hasBook: false)
        #expect(bare.order(.sell) { $0.targetDistance = Ticks(30_000) } == .noBook)
    }

    @Test func `a sale is not moved to where its target has no place`() {
        var bench = GateBench()
        let id = ClientOrderID(epoch: 1, issuer: .manual, count: 1)
        #expect(bench.order(.sell, 1, limit: "5003.00") { $0.targetDistance = Ticks(20_010) } == nil)
        bench.update(id, .sell, 1, limit: "5003.00")
        #expect(bench.modify(1, "5002.75", id: id) == nil)
        #expect(bench.modify(1, "5002.50", id: id) == .malformed)
    }
}
