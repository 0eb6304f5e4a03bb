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
}
