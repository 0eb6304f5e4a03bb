import Determinism
import Testing

@testable import Features

@Suite struct OptionValuationTests {
    private static let rate = 0.045

    private static func quote(_ contract: Int32, _ random: inout SeededGenerator) -> OptionValuation.Quote {
        let forward = 6_000 + random.unit() * 100
        let strike = 5_600 + Double(random.below(800))
        let years = (0.01 + random.unit() * 60) / 365
        let isCall = random.below(2) == 0
        let discount = DeterministicMath.exp(-rate * years)
        let fair = Black76(
            isCall: isCall, forward: forward, strike: strike, years: years, rate: rate,
            volatility: 0.05 + random.unit() * 0.6
        ).price
        // Some that no volatility gives, and some without anything to begin from.
        let mid = random.below(12) == 0 ? fair * random.unit() : fair
        let guess = [Double.nan, 0.15, 0.31 * random.unit(), 4.5][Int(random.below(4))]
        return OptionValuation.Quote(
            contract: contract,
            terms: Black76.Terms(
                isCall: isCall, forward: forward, strike: strike, years: years, root: years.squareRoot(), rate: rate,
                discount: discount, moneyness: .nan),
            mid: mid, interest: DeterministicMath.expm1(rate * years), volatility: guess)
    }

    @Test(arguments: [0, 1, 7, 8, 9, 500])
    func `many quotes together have the volatilities and greeks of each alone, to the bit`(count: Int) {
        let seed = UInt64(1_000 + count)
        var random = SeededGenerator(seed: seed)
        let quotes = (0..<count).map { Self.quote(Int32($0), &random) }
        var valuation = OptionValuation(capacity: max(count, 1))
        for quote in quotes { valuation.add(quote) }
        var next = 0
        var undefined = 0
        valuation.forEachValue { found, value in
            let quote = quotes[next]
            #expect(found.contract == Int32(next))
            next += 1
            let alone = ImpliedVolatility.solve(
                price: quote.mid, isCall: quote.terms.isCall, forward: quote.terms.forward, strike: quote.terms.strike,
                years: quote.terms.years, rate: Self.rate, guess: quote.volatility)
            if alone.isNaN || found.volatility.isNaN {
                undefined += 1
                #expect(alone.isNaN && found.volatility.isNaN, "quote \(next) of seed \(seed)")
                return
            }
            let greeks = Black76(
                isCall: quote.terms.isCall, forward: quote.terms.forward, strike: quote.terms.strike,
                years: quote.terms.years, rate: Self.rate, volatility: alone)
            let pairs = [
                (found.volatility, alone), (value.delta, greeks.delta), (value.gamma, greeks.gamma),
                (value.vega, greeks.vega), (value.vanna, greeks.vanna), (value.charm, greeks.charm),
            ]
            for (a, b) in pairs { #expect(a.bitPattern == b.bitPattern, "quote \(next) of seed \(seed)") }
        }
        #expect(next == count)
        #expect(undefined < max(count, 1) && (count < 500 || undefined > 0))
    }
}
