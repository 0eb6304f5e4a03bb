import Determinism
import Orders
import Risk
import Testing
import Units

@Suite struct GateBookTests {
    static let other = StrategyID(rawValue: 2)

    @Test func `a close of the account goes to the books that it closes`() {
        var bench = GateBench()
        bench.fill(.buy, 2, strategy: .level)
        bench.fill(.buy, 3, strategy: Self.other)
        bench.fill(.sell, 5, role: .close, issuer: .execution, fee: Money(cents: 310))
        #expect(bench.gate.position.isFlat)
        #expect(bench.gate.quantity(of: .level) == .zero)
        #expect(bench.gate.quantity(of: Self.other) == .zero)
        #expect(bench.gate.quantity(of: .account) == .zero)
    }

    @Test(arguments: 0..<20 as Range<UInt64>)
    func `the position is the sum of the books, whatever is filled`(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        var bench = GateBench {
            $0.dailyLoss = Money(cents: 1_000_000_000)
            $0.trailingDrawdown = Money(cents: 1_000_000_000)
        }
        for _ in 0..<200 {
            let strategy = StrategyID(rawValue: UInt8(random.below(4)))
            let side: Side = random.below(2) == 0 ? .buy : .sell
            // A close only ever shrinks the account.
            let isClose = bench.gate.position.exitSide == side && random.below(3) == 0
            let most = isClose ? bench.gate.position.quantity.magnitude.contracts : 5
            bench.fill(
                side, Int64(random.below(UInt64(most))) + 1, strategy: isClose ? .account : strategy,
                role: isClose ? .close : .entry, fee: Money(cents: Int64(random.below(100))))
            var sum = Quantity.zero
            for raw in 0..<UInt8(StrategyID.capacity) { sum += bench.gate.quantity(of: StrategyID(rawValue: raw)) }
            #expect(sum == bench.gate.position.quantity, "seed \(seed)")
            if random.below(10) == 0 { try bench.reload() }
        }
    }

    @Test func `a person closes a part of whatever the account holds, a strategy of its own`() {
        var bench = GateBench()
        bench.fill(.buy, 2, strategy: .level, issuer: .strategy)
        bench.fill(.buy, 1)
        func sell(_ quantity: Int64, _ strategy: StrategyID, _ issuer: OrderIssuer) -> RefusalReason? {
            bench.order(.sell, quantity, limit: "5001.00", issuer: issuer, strategy: strategy) {
                $0.isReduceOnly = true
            }
        }
        #expect(sell(3, .account, .manual) == nil)
        #expect(sell(4, .account, .manual) == .reduceOnly)
        #expect(sell(2, .level, .strategy) == nil)
        #expect(sell(3, .level, .strategy) == .reduceOnly)
        _ = bench.gate.pause()
        #expect(sell(1, .account, .manual) == nil, "it shrinks")
    }
}
