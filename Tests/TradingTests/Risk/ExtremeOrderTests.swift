import Accounts
import Orders
import Risk
import Testing
import Units

/// Quantities that nobody means.
@Suite struct ExtremeOrderTests {
    static let extremes: [Int64] = [
        .max, .max - 1, .min, .min + 1, Int64(Int32.max) + 1, Int64(Int32.max), Int64(Int32.min), -1, 0,
    ]

    @Test(arguments: extremes)
    func `no quantity is too large to be refused`(quantity: Int64) {
        for keepsBooks in [false, true] {
            var rules = RiskRules()
            rules.netsBooks = keepsBooks
            var bench = GateBench(rules: rules)
            bench.fill(.buy, 2)
            bench.gate.hold(ContractExposure(contract: .es, position: Quantity(1)))
            #expect(bench.order(.buy, 1, limit: "4999.00") == nil)
            for side in [Side.buy, .sell] {
                #expect(bench.order(side, quantity) == .orderQuantity)
                #expect(bench.order(side, quantity, limit: "5000.00") == .orderQuantity)
                #expect(bench.order(side, quantity) { $0.isReduceOnly = true } == .orderQuantity)
            }
            #expect(bench.modify(quantity, "4999.00") == .orderQuantity)
            #expect(bench.gate.verdicts.indices.allSatisfy { bench.gate.verdicts[$0].position == Quantity(2) })
        }
    }

    /// As Globex wants it: triggered, it could trade at its trigger.
    @Test(arguments: [Side.buy, .sell])
    func `a stop-limit order's limit is at its trigger or beyond`(side: Side) {
        for (distance, expected) in [(Int64(-1), RefusalReason.malformed), (0, nil), (1, nil)] {
            var bench = GateBench()
            let refusal = bench.order(side) {
                $0.type = .stopLimit
                $0.timeInForce = .day
                $0.trigger = Ticks(20_000 + 8 * side.sign)
                $0.limit = $0.trigger + Ticks(distance * side.sign)
            }
            #expect(refusal == expected, "\(distance)")
        }
    }
}
