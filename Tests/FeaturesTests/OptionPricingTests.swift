import Determinism
import Testing

@testable import Features

/// Black's formula, its inverse, and what is made of a chain of prices: the numbers of FEATURES I.2, and hand cases.
@Suite struct OptionPricingTests {
    private static let years = 23_400.0 / 31_536_000
    private static let rate = 0.04

    private static func value(_ isCall: Bool, _ strike: Double, forward: Double = 6_000) -> Black76 {
        Black76(isCall: isCall, forward: forward, strike: strike, years: years, rate: rate, volatility: 0.15)
    }

    /// The rows of I.2 in the order price, delta, gamma, vega, theta, vanna, charm.
    private static let golden: [(Bool, Double, [Double])] = [
        (
            true, 6_010,
            [5.590284034, 0.342538712, 0.0149879256, 0.600543593, -16.629825330, 0.0100336783, -0.277818168]
        ),
        (
            false, 5_980,
            [2.854035980, -0.206328863, 0.011633852, 0.466150919, -12.908481913, -0.0154988674, 0.429176792]
        ),
        (
            true, 6_000,
            [9.780116056, 0.50080017, 0.0162723072, 0.652006830, -18.054501958, 5.43339025e-05, -0.00144974894]
        ),
    ]

    @Test func `prices and greeks are those of the catalogue`() {
        for (isCall, strike, wanted) in Self.golden {
            let value = Self.value(isCall, strike)
            let found = [
                value.price, value.delta, value.gamma, value.vega, value.theta, value.vanna, value.charm,
            ]
            for (found, wanted) in zip(found, wanted) {
                #expect(abs(found - wanted) <= 6e-9 * max(abs(wanted), 1e-3), "\(strike): \(found), \(wanted)")
            }
        }
    }

    @Test func `the odds of touching a level are those of the catalogue`() {
        let levels = [6_020, 5_980, 6_000, .nan, 6_001, -1]
        func odds(volatility: Double = 0.15, years: Double = Self.years) -> [Double] {
            var touch = TouchProbability()
            for (index, level) in levels.enumerated() { touch.prices[index] = level }
            touch.evaluate(forward: 6_000, volatility: volatility, years: years)
            return levels.indices.map { touch.values[$0] }
        }
        let found = odds()
        #expect(abs(found[0] - 0.414700925) < 1e-9)
        #expect(abs(found[1] - 0.414527419) < 1e-9)
        #expect(found[2] == 1)
        #expect(found[3].isNaN && found[5].isNaN)
        #expect(odds(volatility: .nan).allSatisfy { $0.isNaN })
        #expect(odds(years: 0).allSatisfy { $0.isNaN })
    }

    @Test func `a price gives back the volatility that made it, over a grid`() {
        var worst = 0.0
        var cases = 0
        for volatility in [0.05, 0.11, 0.15, 0.4, 1.0, 2.5] {
            for days in [0.02, 0.3, 1, 7, 45, 365] {
                let years = days / 365
                for step in -6...6 {
                    // Strikes by standard deviations: out and in the money.
                    let strike = 6_000 * DeterministicMath.exp(Double(step) * 0.5 * volatility * years.squareRoot())
                    for isCall in [true, false] where (strike >= 6_000) == isCall || abs(step) <= 2 {
                        let price = Black76(
                            isCall: isCall, forward: 6_000, strike: strike, years: years, rate: Self.rate,
                            volatility: volatility
                        ).price
                        for guess in [.nan, volatility * 1.07, 0.0011, 3.9] {
                            let found = ImpliedVolatility.solve(
                                price: price, isCall: isCall, forward: 6_000, strike: strike, years: years,
                                rate: Self.rate, guess: guess)
                            worst = max(worst, abs(found - volatility) / max(volatility, 1))
                            cases += 1
                        }
                    }
                }
            }
        }
        #expect(cases > 2_000)
        #expect(worst < 1e-12, "\(worst)")
    }

    /// A first step may come down where the terms of the formula are denormal numbers: near the money, with days left,
    /// at one price in thousands.
    @Test(arguments: [(3_217.875, 3_250.0, 10.29), (3_217.875, 3_230.0, 3.29), (3_217.875, 3_190.0, 10.29)])
    func `a price has its volatility, wherever the first step leads`(forward: Double, strike: Double, days: Double) {
        let years = days / 365
        var worst = 0.0
        for step in 0..<40_000 {
            let price = 2 + Double(step) * 0.001
            let isCall = strike > forward
            let found = ImpliedVolatility.solve(
                price: price, isCall: isCall, forward: forward, strike: strike, years: years, rate: 0)
            let again = Black76(
                isCall: isCall, forward: forward, strike: strike, years: years, rate: 0, volatility: found
            ).price
            worst = max(worst, abs(again / price - 1))
        }
        #expect(worst < 1e-12, "\(worst)")
    }

    @Test func `a price that no volatility gives has none`() {
        func solve(_ price: Double, _ strike: Double = 6_050, years: Double = 0.01) -> Double {
            ImpliedVolatility.solve(
                price: price, isCall: true, forward: 6_000, strike: strike, years: years, rate: 0)
        }
        #expect(solve(0).isNaN && solve(-1).isNaN && solve(6_000).isNaN && solve(7_000).isNaN)
        #expect(solve(50, 5_950).isNaN, "no time value")
        #expect(!solve(1e-9).isNaN)
        // More than σ = 5 gives in an hour.
        #expect(solve(800, years: 1.0 / 8_760).isNaN)
        // At the money, an option this cheap needs less than σ = 1e-4.
        #expect(solve(0.001, 6_000, years: 1).isNaN)
    }

    @Test func `gamma turns at the price of the catalogue`() {
        var search = ZeroGamma(capacity: 16)
        let chain: [(Bool, Double, Int64)] = [
            (true, 6_000, 1_200), (true, 6_010, 2_500), (true, 6_025, 1_800), (false, 6_000, 900),
            (false, 5_980, 3_000), (false, 5_950, 2_200),
        ]
        for (isCall, strike, interest) in chain {
            var contract = OptionContract()
            contract.isCall = isCall
            contract.logStrike = DeterministicMath.log(strike)
            contract.multiplier = 50
            contract.interest = interest
            contract.volatility = 0.15
            contract.years = Self.years
            contract.discount = DeterministicMath.exp(-Self.rate * Self.years)
            withUnsafePointer(to: contract) { search.add($0) }
        }
        #expect(abs(search.find(forward: 6_000) - 5_993.1934) < 5e-5)
        // From afar the same crossing, as long as the grid reaches it.
        #expect(abs(search.find(forward: 6_150) - 5_993.1934) < 0.2)
        #expect(search.find(forward: 6_400).isNaN)
        search.clear()
        #expect(search.find(forward: 6_000) == 6_000, "nothing to sum is 0 everywhere; the caller asks first")
    }

    @Test func `of two crossings the nearer counts, of equals the lower`() {
        // One long gamma between two short ones, alike on both sides in logarithms: crossings above and below.
        func search(_ forward: Double, _ below: Double, _ above: Double) -> Double {
            var search = ZeroGamma(capacity: 8)
            for (strike, interest, isCall) in [
                (forward, 100, true), (below, 1_000, false), (above, 1_000, false),
            ] as [(Double, Int64, Bool)] {
                var contract = OptionContract()
                contract.isCall = isCall
                contract.logStrike = DeterministicMath.log(strike)
                contract.multiplier = 50
                contract.interest = interest
                contract.volatility = 0.15
                contract.years = Self.years
                contract.discount = 1
                withUnsafePointer(to: contract) { search.add($0) }
            }
            return search.find(forward: forward)
        }
        let nearAbove = search(6_000, 5_900, 6_060)
        #expect(nearAbove > 6_000 && nearAbove < 6_060)
        let nearBelow = search(6_000, 5_940, 6_100)
        #expect(nearBelow < 6_000 && nearBelow > 5_940)
    }
}
