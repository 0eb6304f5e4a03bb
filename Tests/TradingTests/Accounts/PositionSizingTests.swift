import Accounts
import Determinism
import Orders
import Testing
import Units

@Suite struct PositionSizingTests {
    /// Eight ticks of MES: one contract loses $10 at its stop.
    private func inputs(
        equity: Money = .usd("10000"), stop: Int64 = 8, range: Double = 40, maximum: Int64 = 100
    ) -> SizingInputs {
        SizingInputs(
            equity: equity, stopDistance: Ticks(stop), averageTrueRange: range, terms: BookScript.terms,
            maximum: Quantity(maximum))
    }

    private func ratio(_ text: String) -> ExactRatio { ExactRatio(text) ?? ExactRatio(billionths: .min) }

    @Test func `a fixed size is capped and never negative`() {
        #expect(PositionSizing.fixed(Quantity(3)).contracts(inputs(maximum: 3)) == Quantity(3))
        #expect(PositionSizing.fixed(Quantity(4)).contracts(inputs(maximum: 3)) == Quantity(3))
        #expect(PositionSizing.fixed(Quantity(-1)).contracts(inputs()) == .zero)
        #expect(PositionSizing.fixed(Quantity(4)).contracts(inputs(maximum: -1)) == .zero)
    }

    @Test func `fixed-fractional risks at most its share at the stop`() {
        let sizing = PositionSizing.fixedFractional(risk: ratio("0.01"))
        #expect(sizing.contracts(inputs()) == Quantity(10))
        #expect(sizing.contracts(inputs(equity: .usd("9999.999999999"))) == Quantity(9))
        #expect(sizing.contracts(inputs(equity: .usd("999.99"))) == .zero)
        #expect(sizing.contracts(inputs(equity: .usd("1000"))) == Quantity(1))
        #expect(sizing.contracts(inputs(equity: .usd("-1000"))) == .zero)
        #expect(sizing.contracts(inputs(stop: 0)) == .zero)
        #expect(sizing.contracts(inputs(maximum: 7)) == Quantity(7))
    }

    @Test func `a volatility target moves at most so much in an average range`() {
        // 40 ticks of one contract are $50.
        let sizing = PositionSizing.volatilityTarget(.usd("500"))
        #expect(sizing.contracts(inputs()) == Quantity(10))
        #expect(sizing.contracts(inputs(range: 40.0000005)) == Quantity(9))
        #expect(PositionSizing.volatilityTarget(.usd("499.999999999")).contracts(inputs()) == Quantity(9))
        for range in [0, -1, Double.nan, .infinity] { #expect(sizing.contracts(inputs(range: range)) == .zero) }
    }

    @Test func `kelly bets its fraction up to the cap`() {
        func kelly(_ p: String, _ b: String, _ multiple: String = "1", cap: String = "1") -> PositionSizing {
            .kelly(winProbability: ratio(p), payoff: ratio(b), multiple: ratio(multiple), cap: ratio(cap))
        }
        // p − (1 − p)/b = 0.6 − 0.4/2 = 0.4
        #expect(kelly("0.6", "2").kellyShare == ratio("0.4"))
        #expect(kelly("0.6", "2", "0.5").kellyShare == ratio("0.2"))
        #expect(kelly("0.6", "2", "0.5", cap: "0.2").kellyShare == ratio("0.2"))
        #expect(kelly("0.6", "2", "0.5", cap: "0.199999999").kellyShare == ratio("0.199999999"))
        // 0.5 − 0.5/3 = 1/3, rounded down.
        #expect(kelly("0.5", "3").kellyShare == ratio("0.333333333"))
        // No edge, and less than none.
        #expect(kelly("0.5", "1").kellyShare == .zero)
        #expect(kelly("0.4", "1").kellyShare == .zero)
        #expect(kelly("0.6", "2", cap: "0.02").contracts(inputs()) == Quantity(20))
        #expect(kelly("0.6", "2", cap: "0.02").contracts(inputs(maximum: 19)) == Quantity(19))
    }

    @Test func `what makes no sense is named`() {
        #expect(PositionSizing.fixed(Quantity(-1)).problem == "quantity")
        #expect(PositionSizing.fixed(.zero).problem == nil)
        #expect(PositionSizing.fixedFractional(risk: ratio("1")).problem == nil)
        #expect(PositionSizing.fixedFractional(risk: ratio("1.000000001")).problem == "risk")
        #expect(PositionSizing.volatilityTarget(.usd("-0.01")).problem == "target")
        func kelly(_ p: String, _ b: String, _ multiple: String, _ cap: String) -> String? {
            PositionSizing.kelly(
                winProbability: ratio(p), payoff: ratio(b), multiple: ratio(multiple), cap: ratio(cap)
            ).problem
        }
        #expect(kelly("1", "1000", "1", "1") == nil)
        #expect(kelly("1.000000001", "2", "1", "1") == "winProbability")
        #expect(kelly("0.5", "1000.000000001", "1", "1") == "payoff")
        #expect(kelly("0.5", "0", "1", "1") == "payoff")
        #expect(kelly("0.5", "2", "1.1", "1") == "multiple")
        #expect(kelly("0.5", "2", "1", "-0.1") == "cap")
    }

    @Test(arguments: [1, 2] as [UInt64])
    func `the size is the largest that keeps to its rule`(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        for _ in 0..<2_000 {
            let inputs = inputs(
                equity: Money(nanos: Int64(random.below(100_000_000_000_000_000))), stop: Int64(random.below(400)) + 1,
                maximum: 1_000_000_000)
            let risk = ExactRatio(billionths: Int64(random.below(1_000_000_001)))
            let size = PositionSizing.fixedFractional(risk: risk).contracts(inputs).contracts
            // Loss · 1e9 against equity · share, both in units of 1e-18 dollars.
            let allowed = Int128(inputs.equity.nanos) * Int128(risk.billionths)
            let loss = Int128(inputs.lossAtStop.nanos) * 1_000_000_000
            #expect(Int128(size) * loss <= allowed, "seed \(seed)")
            #expect(Int128(size + 1) * loss > allowed, "seed \(seed)")
        }
    }

    @Test func `a change of the contract is no range`() {
        var configuration = RangeConfiguration()
        configuration.bar = .seconds(1)
        configuration.length = 1
        var range = AverageRange(configuration)
        let market = TestMarket()
        market.quality = []
        func take(_ book: String, _ time: String) {
            market.setBook(book)
            market.time = Script.time(time)
            range.take(market.update)
        }
        take("5000.00x1 | 5000.25x1", "1")
        range.changeContract()
        take("5050.00x1 | 5050.25x1", "2")
        take("5050.00x1 | 5050.25x1", "3")
        #expect(range.ticks == 0)
    }
}
