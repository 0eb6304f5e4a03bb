import Determinism
import Testing

@testable import Features

/// The smile between strikes, by hand.
@Suite struct OptionSmileTests {
    private struct Quote {
        let strike: Double
        let isCall: Bool
        let volatility: Double
    }

    /// The values of a smile of thirty days.
    private static func values(_ quotes: [Quote], forward: Double = 6_000) -> SmileValues {
        var series = [OptionSeries(expiration: 1, underlying: 0)]
        series[0].forward = forward
        series[0].years = 30.0 / 365
        series[0].root = series[0].years.squareRoot()
        var contracts = quotes.map { quote in
            var contract = OptionContract()
            contract.isCall = quote.isCall
            contract.strike = Int64((quote.strike * 1e9).rounded())
            contract.strikePoints = quote.strike
            contract.logStrike = DeterministicMath.log(quote.strike)
            contract.volatility = quote.volatility
            contract.isUsable = true
            return contract
        }
        let order = contracts.indices.map { Int32($0) }
        var candidates = OptionCandidates(capacity: 256, series: 1)
        return series.withUnsafeMutableBufferPointer { series in
            contracts.withUnsafeMutableBufferPointer { contracts in
                order.withUnsafeBufferPointer { order in
                    guard let places = contracts.baseAddress, let first = series.baseAddress else {
                        return SmileValues()
                    }
                    candidates.fill(order, places, first, seriesCount: 1, at: 0)
                    return OptionSmile(first, candidates, places).values()
                }
            }
        }
    }

    @Test func `at the money lies on the line between the put below and the call above`() {
        let found = Self.values([
            Quote(strike: 5_900, isCall: false, volatility: 0.2), Quote(strike: 5_980, isCall: true, volatility: 9),
            Quote(strike: 6_050, isCall: true, volatility: 0.14), Quote(strike: 6_050, isCall: false, volatility: 9),
        ])
        let (low, high) = (DeterministicMath.log(5_900 / 6_000), DeterministicMath.log(6_050 / 6_000))
        #expect(abs(found.atTheMoney - (0.2 - 0.06 * -low / (high - low))) < 1e-14)
        // Neither side reaches 25 delta.
        #expect(found.riskReversal.isNaN && found.butterfly.isNaN)
    }

    @Test func `a strike at the forward counts with what it has, and nothing is extrapolated`() {
        let call = Quote(strike: 6_000, isCall: true, volatility: 0.15)
        let put = Quote(strike: 6_000, isCall: false, volatility: 0.17)
        #expect(abs(Self.values([call, put]).atTheMoney - 0.16) < 1e-15)
        #expect(Self.values([call]).atTheMoney == 0.15)
        #expect(Self.values([put]).atTheMoney == 0.17)
        #expect(Self.values([Quote(strike: 6_010, isCall: true, volatility: 0.1)]).atTheMoney.isNaN)
        #expect(Self.values([Quote(strike: 5_990, isCall: false, volatility: 0.1)]).atTheMoney.isNaN)
        #expect(Self.values([]).atTheMoney.isNaN)
    }

    @Test func `several contracts of one strike become their mean`() {
        let found = Self.values([
            Quote(strike: 5_990, isCall: false, volatility: 0.1), Quote(strike: 5_990, isCall: false, volatility: 0.3),
            Quote(strike: 6_010, isCall: true, volatility: 0.2),
        ])
        #expect(abs(found.atTheMoney - 0.2) < 1e-15)
    }

    @Test func `a flat smile has its volatility everywhere and no slope`() {
        let strikes = stride(from: 5_400.0, through: 6_600, by: 25)
        let found = Self.values(strikes.map { Quote(strike: $0, isCall: $0 > 6_000, volatility: 0.2) })
        #expect(abs(found.atTheMoney - 0.2) < 1e-15)
        #expect(abs(found.riskReversal) < 1e-15 && abs(found.butterfly) < 1e-15)
    }

    @Test func `25 delta on a sloped line is where bisection finds it`() {
        func sigma(_ k: Double) -> Double { 0.2 - 0.4 * k }
        let strikes = stride(from: 5_400.0, through: 6_600, by: 10)
        let found = Self.values(
            strikes.map {
                Quote(strike: $0, isCall: $0 > 6_000, volatility: sigma(DeterministicMath.log($0 / 6_000)))
            })
        let root = (30.0 / 365).squareRoot()
        func wing(_ sign: Double) -> Double {
            var (low, high) = (0.0, 0.09)
            for _ in 0..<200 {
                let middle = (low + high) / 2
                let deviation = sigma(sign * middle) * root
                let delta = Normal.cumulative(sign * (deviation / 2 - sign * middle / deviation))
                if delta > 0.25 { low = middle } else { high = middle }
            }
            return sigma(sign * low)
        }
        #expect(abs(found.riskReversal - (wing(1) - wing(-1))) < 1e-12)
        #expect(abs(found.butterfly - ((wing(1) + wing(-1)) / 2 - 0.2)) < 1e-12)
        #expect(found.riskReversal < -0.02)
    }

    @Test func `a side whose last strike is above 25 delta has no such strike`() {
        let strikes = stride(from: 5_400.0, through: 6_100, by: 25)
        let found = Self.values(strikes.map { Quote(strike: $0, isCall: $0 > 6_000, volatility: 0.2) })
        #expect(abs(found.atTheMoney - 0.2) < 1e-15 && found.riskReversal.isNaN && found.butterfly.isNaN)
    }

    @Test func `the largest gamma is the wall, of equals the nearest, then the lower`() {
        func wall(_ gammas: [(Double, Double)]) -> Double {
            var wall = OptionWall()
            for (points, gamma) in gammas { wall.take(gamma, at: points, forward: 100) }
            return wall.points
        }
        #expect(wall([(90, 1), (100, 3), (110, 2)]) == 100)
        #expect(wall([(80, 3), (95, 3), (110, 3)]) == 95)
        #expect(wall([(90, 3), (110, 3)]) == 90)
        #expect(wall([(90, 0), (110, 0)]).isNaN && wall([]).isNaN)
    }

    @Test func `flows halve in 300 s and do not run backwards`() {
        var clock = OptionFlowClock()
        var sum = OptionFlowSum()
        let second: UInt64 = 1_000_000_000
        let start = 1_000_000 * second
        sum.add(8, weight: clock.weight(at: start), time: start)
        #expect(clock.remaining(at: start + 300 * second) == 0.5)
        sum.decay(clock.move(to: start + 600 * second))
        #expect(abs(sum.value - 2) < 1e-15)
        sum.add(1, weight: clock.weight(at: start + 300 * second), time: start + 300 * second)
        #expect(abs(sum.value - 2.5) < 1e-15, "what comes late counts less")
        #expect(abs(sum.value * clock.remaining(at: max(start, sum.fed)) - 5) < 1e-14)
        for step in 1...200 as ClosedRange<UInt64> {
            let time = start + 600 * second + step * 13_000_000
            let exact = DeterministicMath.exp2(-Double(step) * 0.013 / 300)
            #expect(abs(clock.remaining(at: time) - exact) < 3e-16)
        }
    }
}
