import Execution
import Orders
import Testing
import Units

/// Reduce-only orders over several brackets, beside others that close already.
@Suite struct ReducePartTests {
    static func manual(_ count: UInt64) -> ClientOrderID { ClientOrderID(epoch: 1, issuer: .manual, count: count) }

    /// So many brackets of these contracts: entries are manual 1 on, stops own 1, 3, 5 and so on.
    static func holding(_ quantities: Int64...) -> GatewayBench { holding(quantities) }

    static func holding(_ quantities: [Int64]) -> GatewayBench {
        var bench = GatewayBench()
        for (index, quantity) in quantities.enumerated() {
            let entry = manual(UInt64(index) + 1), first = 2 * UInt64(index) + 1
            bench.open(.buy, quantity, id: entry)
            bench.accepted(entry, quantity)
            bench.filled(entry, .buy, quantity, "5000.25")
            bench.accepted(GatewayBench.own(first), quantity)
            bench.accepted(GatewayBench.own(first + 1), quantity)
        }
        return bench
    }

    static func reduce(_ bench: inout GatewayBench, _ quantity: Int64, id: UInt64) -> [String] {
        bench.open(.sell, quantity, id: manual(id)) {
            $0.isReduceOnly = true
            $0.type = .limit
            $0.limit = Ticks(20_010)
        }.filter { $0.hasPrefix(">") }
    }

    @Test func `a second order closes other contracts than the first`() {
        var bench = Self.holding(1, 1)
        #expect(Self.reduce(&bench, 1, id: 11) == ["> m11 close sell 1 limit 5002.50"])
        #expect(Self.reduce(&bench, 1, id: 12) == ["> m12 close sell 1 limit 5002.50"])
        let links = bench.commands.suffix(2).map(\.order.link)
        #expect(links == [GatewayBench.own(1), GatewayBench.own(3)])
        bench.accepted(Self.manual(11), 1)
        bench.accepted(Self.manual(12), 1)
        bench.filled(Self.manual(11), .sell, 1, "5002.50")
        bench.say(.cancelled, GatewayBench.own(1)) { $0.reason = .linked }
        bench.say(.cancelled, GatewayBench.own(2)) { $0.reason = .linked }
        #expect(bench.filled(Self.manual(12), .sell, 1, "5002.50").contains("m12 filled 0"))
        #expect(bench.gateway.position.isFlat)
        #expect(bench.gateway.contradictions == 0)
    }

    @Test func `a bracket that is closed in part takes the rest`() {
        var bench = Self.holding(2, 2)
        _ = Self.reduce(&bench, 1, id: 11)
        #expect(
            Self.reduce(&bench, 3, id: 12) == ["> m12 close sell 1 limit 5002.50", "> x5 close sell 2 limit 5002.50"])
        #expect(bench.commands.suffix(2).map(\.order.link) == [GatewayBench.own(1), GatewayBench.own(3)])
    }

    @Test func `when every contract is being closed, orders share them`() {
        var bench = Self.holding(2, 1)
        _ = Self.reduce(&bench, 3, id: 11)
        #expect(
            Self.reduce(&bench, 3, id: 12) == ["> m12 close sell 2 limit 5002.50", "> x6 close sell 1 limit 5002.50"])
        var some = Self.holding(2)
        _ = Self.reduce(&some, 1, id: 11)
        #expect(
            Self.reduce(&some, 2, id: 12) == ["> m12 close sell 1 limit 5002.50", "> x3 close sell 1 limit 5002.50"])
        #expect(some.gateway.contradictions == 0)
    }

    @Test func `thirty-two such orders are live at once, and room for protection stays`() {
        var bench = Self.holding(Array(repeating: 1, count: 40))
        #expect(Self.reduce(&bench, 31, id: 100).count == 31)
        #expect(Self.reduce(&bench, 5, id: 101).count == 1)
        let told = bench.updates.suffix(2).map { "\($0.state) \($0.leaves.contracts) \($0.reason.name)" }
        #expect(told == ["pending 1 none", "pending 1 full"], "four of the five are not sent")
        #expect(bench.open(.sell, 1, id: Self.manual(102)) { $0.isReduceOnly = true } == ["m102 rejected 0 full"])
        #expect(bench.gateway.live.count == 40 * 2 + 32)
        #expect(bench.gateway.contradictions == 0)
        #expect(bench.gateway.hasProtection)
    }
}
