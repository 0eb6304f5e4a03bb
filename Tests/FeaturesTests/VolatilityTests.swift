import Determinism
import MarketData
import Testing

@testable import Features

/// Volatility operators on numbers worked out elsewhere (FEATURES I.3) and by hand.
@Suite struct VolatilityTests {
    /// The six bars of I.3, in ticks of 0.25.
    private static let bars: [Bar] = {
        let rows: [[Double]] = [
            [6_000, 6_005.5, 5_997.25, 6_003.5], [6_003.25, 6_004, 5_996.5, 5_998.75],
            [5_998.5, 6_002.75, 5_995, 6_002], [6_001.75, 6_012.25, 6_000.5, 6_009.75],
            [6_010, 6_011.5, 6_004.75, 6_006.5],
            [6_006.25, 6_009, 6_001, 6_002.25],
        ]
        return rows.map { row in
            var bar = Bar()
            (bar.open, bar.high, bar.low, bar.close) = (
                Int32(row[0] * 4), Int32(row[1] * 4), Int32(row[2] * 4), Int32(row[3] * 4)
            )
            bar.volume = 1_000
            return bar
        }
    }()

    private func near(_ found: Double, _ expected: Double, within tolerance: Double = 1e-9) -> Bool {
        abs(found - expected) <= tolerance * abs(expected)
    }

    @Test func `range volatilities have the golden values`() {
        var ranges = RangeVolatility(length: 5)
        for (index, bar) in Self.bars.enumerated() {
            #expect(ranges.parkinson.isNaN == (index < 5))
            ranges.update(bar)
        }
        #expect(near(ranges.parkinson, 7.282261554e-07))
        #expect(near(ranges.garmanKlass, 7.422125974e-07))
        #expect(near(ranges.rogersSatchell, 7.015367720e-07))
    }

    @Test func `Yang and Zhang's has the golden value, from the sixth day on`() {
        var daily = DailyVolatility(length: 5)
        for (index, bar) in Self.bars.enumerated() {
            for price in [bar.open, bar.high, bar.low, bar.close] { daily.add(price: price, size: 1) }
            #expect(daily.variance.isNaN, "day \(index) counts from the next session on")
            daily.endDay()
            daily.endDay()
        }
        #expect(near(daily.variance, 7.224537697e-07))
    }

    @Test func `a day that lost trades is lost over a restart too`() throws {
        func days(_ whole: Int, isSaved: Bool) throws -> [Double] {
            var daily = DailyVolatility(length: 5)
            daily.add(price: 100, size: 1)
            daily.loseRecords()
            if isSaved {
                var saved = StateArchive()
                try daily.persist(&saved)
                var archive = StateArchive(loading: saved.finish())
                daily = DailyVolatility(length: 5)
                try daily.persist(&archive)
            }
            daily.endDay()
            return Self.bars.prefix(whole).map { bar in
                for price in [bar.open, bar.high, bar.low, bar.close] { daily.add(price: price, size: 1) }
                daily.endDay()
                return daily.variance
            }
        }
        let (whole, restored) = (try days(6, isSaved: false), try days(6, isSaved: true))
        #expect(whole.map(\.bitPattern) == restored.map(\.bitPattern) && whole[4].isNaN && !whole[5].isNaN)
    }

    @Test func `realized and bipower variance have the golden values`() {
        var grid = MidGrid()
        var window = VarianceWindow(length: 5)
        // What came before leaves no trace.
        let closes = [24_100, 23_990, 24_050] + Self.bars.map(\.close)
        for close in closes {
            for _ in 0..<5 { grid.push(2 * close) }
            window.push(grid)
        }
        #expect(near(window.realizedVariance, 3.378623105e-06))
        #expect(near(window.bipowerVariance, 3.469171033e-06 * 5 / 4))
        let falls = [(0, 1), (3, 4), (4, 5)].map { pair in
            let (old, new) = (Self.bars[pair.0].close, Self.bars[pair.1].close)
            let change = DeterministicMath.log(Double(new) / Double(old))
            return change * change
        }
        #expect(near(window.downsideShare, falls.reduce(0, +) / 3.378623105e-06))
    }

    @Test func `a window with more than a tenth of its points missing, or without a move, is undefined`() {
        var grid = MidGrid()
        var window = VarianceWindow(length: 60)
        func push(_ twiceMid: Int32) {
            for _ in 0..<5 { grid.push(twiceMid) }
            window.push(grid)
        }
        for index in 0..<61 { push(index < 6 ? MidGrid.absent : 40_000 + Int32(index)) }
        #expect(!window.realizedVariance.isNaN, "55 of 61")
        push(MidGrid.absent)
        #expect(!window.realizedVariance.isNaN, "one has gone and one has come")
        for _ in 0..<6 { push(MidGrid.absent) }
        #expect(window.realizedVariance.isNaN, "54 of 61")
        for _ in 0..<67 { push(40_000) }
        #expect(window.realizedVariance.isNaN && window.bipowerVariance.isNaN && window.downsideShare.isNaN)
        push(40_002)
        let move = DeterministicMath.log1p(2.0 / 40_000)
        #expect(near(window.realizedVariance, move * move, within: 1e-14), "no trace of what has left")
        #expect(window.bipowerVariance == 0 && window.downsideShare == 0)
    }

    @Test func `an exact sum comes back to where it was`() {
        var sum = ExactSum()
        var random = SeededGenerator(seed: 5)
        let values = (0..<1_000).map { _ in (random.unit() - 0.5) * DeterministicMath.exp2(-40 * random.unit()) }
        for value in values { sum.add(value) }
        #expect(near(sum.value, values.reduce(0, +), within: 1e-12))
        for value in values.shuffled(using: &random) { sum.remove(value) }
        #expect(sum.value == 0)
    }

    @Test func `the exponential variance starts with the mean of thirty returns`() {
        var variance = WeightedVariance()
        var closes: [Int32] = [20_000]
        for index in 1..<40 { closes.append(closes[index - 1] + Int32(index % 3) - (index % 7 == 0 ? 5 : 0)) }
        var expected = 0.0
        for (index, close) in closes.enumerated() {
            variance.update(close: close)
            guard index > 0 else { continue }
            let change = DeterministicMath.log(Double(close) / Double(closes[index - 1]))
            expected = index <= 30 ? expected + change * change / 30 : 0.94 * expected + 0.06 * change * change
            #expect(index < 30 ? variance.value.isNaN : near(variance.value, expected))
        }
        var flat = WeightedVariance()
        for _ in 0..<50 { flat.update(close: 20_000) }
        #expect(flat.value.isNaN)
    }

    @Test func `illiquidity is basis points over millions of dollars, from the 31st bar on`() {
        var illiquidity = Illiquidity(tickValue: 12.5)
        var bar = Bar()
        bar.close = 20_000
        bar.volume = 400
        for index in 0..<31 {
            #expect(illiquidity.value.isNaN, "bar \(index)")
            illiquidity.update(bar)
            bar.close = bar.close == 20_000 ? 20_020 : 20_000
        }
        let change = 1e4 * DeterministicMath.log(20_020.0 / 20_000)
        // 400 contracts × 50 USD × 5,000 points = 100 million; the other half of the bars closed 5 points higher.
        #expect(near(illiquidity.value, (change / 100 + change / 100.1) / 2))
        bar.volume = 0
        illiquidity.update(bar)
        #expect(illiquidity.value.isNaN, "no volume to divide by")
    }

    @Test func `the variance ratio needs every mid and a move`() {
        var grid = MidGrid()
        var ratio = VarianceRatio()
        func push(_ twiceMid: Int32) {
            grid.push(twiceMid)
            ratio.push(grid)
        }
        for index in 0..<1_801 {
            #expect(ratio.value.isNaN, "second \(index)")
            push(index % 2 == 0 ? 40_000 : 40_002)
        }
        #expect(ratio.value < 0.01 && ratio.value >= 0, "bounces leave nothing over ten seconds")
        push(MidGrid.absent)
        #expect(ratio.value.isNaN)
        for _ in 0..<1_900 { push(40_000) }
        #expect(ratio.value.isNaN, "nothing moved")
    }

    @Test func `returns need positive prices`() {
        #expect(LogReturn.between(100, 100) == 0)
        #expect(LogReturn.between(0, 100).isNaN && LogReturn.between(100, 0).isNaN)
        #expect(LogReturn.between(MidGrid.absent, 100).isNaN && LogReturn.between(-5, -4).isNaN)
        #expect(near(LogReturn.between(40_000, 40_001), 2.499968750520825e-05, within: 1e-15))
    }
}
