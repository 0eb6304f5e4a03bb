import Determinism
import MarketData
import Testing

@testable import Features

/// Rows C-61 and C-66 to C-82 against FEATURES word for word, from the mids of all seconds and the trades of all
/// groups.
@Suite struct VolatilityReferenceTests {
    struct Recorder: FeatureSink {
        var history = TapeHistory()
        var seed: UInt64
        /// When regular hours open, ns.
        var regularOpen: UInt64
        var checked = 0
        var seen: Set<MarketFeature> = []

        mutating func groupClosed(_ engine: borrowing ContractEngine) {
            history.add(engine)
            if history.events.count % 229 == 0 { check(Array(engine.vector), time: engine.group.time) }
        }

        mutating func secondEnded(_ engine: borrowing ContractEngine, time: UInt64) {
            history.addSecond(engine, end: time)
            if time / TapeHistory.second % 151 == 0, !history.events.isEmpty {
                check(Array(engine.vector), time: time)
            }
        }

        private mutating func check(_ vector: [Double], time: UInt64) {
            checked += 1
            let expected = Reference(history: history, time: time, regularOpen: regularOpen).rows
            for difference in expected.differences(vector) {
                Issue.record("seed \(seed), group \(history.events.count), time \(time): \(difference)")
            }
            for row in expected.rows where !row.value.isNaN && row.value != 0 { seen.insert(row.feature) }
        }
    }

    struct Reference {
        var history: TapeHistory
        var time: UInt64
        var regularOpen: UInt64

        private var newest: UInt64 { time / TapeHistory.second - 1 }
        private var age: Double { Double(time - history.events[0].time) * 1e-9 }

        private func mid(_ second: UInt64) -> Double { history.mids[second].map(Double.init) ?? .nan }

        private func log(_ a: Double, _ b: Double) -> Double { DeterministicMath.log(a / b) }

        private func annualized(_ variance: Double) -> Double {
            variance == 0 ? .nan : (variance * 252 * 23 * 3_600).squareRoot() * 100
        }

        /// The five-second returns from point `from` to `to`; nil when more than a tenth of the points is missing.
        private func returns(from: UInt64, to: UInt64) -> [Double]? {
            let points = stride(from: from, through: to, by: 5).map(mid)
            guard 10 * points.filter({ !$0.isNaN }).count >= 9 * points.count else { return nil }
            return zip(points.dropFirst(), points).map { log($0, $1) }
        }

        private func squares(_ returns: [Double]?) -> Double {
            returns.map { $0.filter { !$0.isNaN }.map { $0 * $0 }.reduce(0, +) } ?? .nan
        }

        var rows: ExpectedRows {
            var rows = ExpectedRows()
            for (lag, row) in [(60, .midReturn60), (300, .midReturn300), (1_800, .midReturn1800)]
                as [(UInt64, MarketFeature)]
            { rows.add(row, 1e4 * log(mid(newest), mid(newest - lag))) }
            let last = newest / 5 * 5
            let short = squares(returns(from: last - 300, to: last)) / 300
            rows.add(.realizedVolatility300, age >= 300 ? annualized(short) : .nan)
            addLong(&rows, returns(from: last - 1_800, to: last))
            let open = regularOpen / TapeHistory.second
            let isRegular = time >= regularOpen + 300 * TapeHistory.second
            rows.add(
                .realizedVolatilityRegular,
                isRegular ? annualized(squares(returns(from: open, to: last)) / Double(last - open)) : .nan)
            rows.add(.varianceRatio, age >= 1_800 ? varianceRatio : .nan)
            addBars(&rows, history.minuteBars(before: time))
            rows.add(.yangZhangVolatility, .nan)
            return rows
        }

        private func addLong(_ rows: inout ExpectedRows, _ returns: [Double]?) {
            let variance = squares(returns)
            let isDefined = age >= 1_800 && variance > 0
            let all = returns ?? []
            let valid = Double(all.filter { !$0.isNaN }.count)
            let products = zip(all.dropFirst(), all).map { abs($0) * abs($1) }.filter { !$0.isNaN }.reduce(0, +)
            let bipower = Double.pi / 2 * valid / (valid - 1) * products
            let falls = all.filter { $0 < 0 }.map { $0 * $0 }.reduce(0, +)
            rows.add(.realizedVolatility1800, isDefined ? annualized(variance / 1_800) : .nan)
            rows.add(.bipowerVolatility, isDefined ? annualized(bipower / 1_800) : .nan)
            rows.add(.jumpRatio, isDefined ? max(0, variance - bipower) / variance : .nan)
            rows.add(.downsideShare, isDefined ? falls / variance : .nan)
        }

        /// Lo and MacKinlay's sums as they are written.
        private var varianceRatio: Double {
            let mids = (newest - 1_800...newest).map(mid)
            guard !mids.contains(where: \.isNaN) else { return .nan }
            let prices = mids.map { log($0, mids[0]) }
            let (n, q) = (1_800, 10)
            let mean = prices[n] / Double(n)
            let single: [Double] = (1...n).map { prices[$0] - prices[$0 - 1] - mean }
            let tenfold: [Double] = (q...n).map { prices[$0] - prices[$0 - q] - Double(q) * mean }
            let short = single.map { $0 * $0 }.reduce(0, +) / Double(n - 1)
            let long = tenfold.map { $0 * $0 }.reduce(0, +)
            let count = Double(q) * Double(n - q + 1) * (1 - Double(q) / Double(n))
            return short == 0 ? .nan : long / count / short
        }

        private func addBars(_ rows: inout ExpectedRows, _ bars: [Bar]) {
            let recent = bars.suffix(30)
            func mean(_ value: (_ open: Double, _ high: Double, _ low: Double, _ close: Double) -> Double) -> Double {
                guard recent.count == 30 else { return .nan }
                return recent.map { value(Double($0.open), Double($0.high), Double($0.low), Double($0.close)) }
                    .reduce(0, +) / 30
            }
            let ln2 = DeterministicMath.ln2
            rows.add(
                .parkinsonVolatility,
                annualized(mean { _, high, low, _ in log(high, low) * log(high, low) / (4 * ln2) } / 60))
            rows.add(
                .garmanKlassVolatility,
                annualized(
                    mean { open, high, low, close in
                        log(high, low) * log(high, low) / 2 - (2 * ln2 - 1) * log(close, open) * log(close, open)
                    } / 60))
            rows.add(
                .rogersSatchellVolatility,
                annualized(
                    mean { open, high, low, close in
                        log(high, open) * log(high, close) + log(low, open) * log(low, close)
                    } / 60))
            let changes = zip(bars.dropFirst(), bars).map { log(Double($0.close), Double($1.close)) }
            var weighted = changes.prefix(30).map { $0 * $0 }.reduce(0, +) / 30
            for change in changes.dropFirst(30) { weighted = 0.94 * weighted + 0.06 * change * change }
            rows.add(.ewmaVolatility, changes.count >= 30 ? annualized(weighted / 60) : .nan)
            let costs = zip(changes, bars.dropFirst()).map { change, bar in
                abs(1e4 * change) / (Double(bar.volume) * 50 * Double(bar.close) * 0.25 / 1e6)
            }
            rows.add(.amihudIlliquidity, costs.count >= 30 ? costs.suffix(30).reduce(0, +) / 30 : .nan)
        }
    }

    @Test(arguments: [(301, false), (302, true)] as [(UInt64, Bool)])
    func `volatility rows are those of their definitions`(seed: UInt64, withFaults: Bool) throws {
        let tape = RandomTape(
            seed: seed, start: TestSession.open + TestSession.minute + 300_000_000, groups: 3_200,
            meanGap: 800_000_000, withFaults: withFaults)
        var player = Player(try TestSession.configuration())
        var recorder = Recorder(seed: seed, regularOpen: TestSession.open + 5 * TestSession.minute)
        for record in tape.records { player.take(record, sink: &recorder) }
        #expect(recorder.checked >= 20, "seed \(seed)")
        let rows = MarketFeature.midReturn60.rawValue...MarketFeature.varianceRatio.rawValue
        var others: [MarketFeature] = [.yangZhangVolatility, .averageTrueRange, .realizedVolatilityTimeOfDay]
        // On a tape with faults a second without a mid is never far.
        if withFaults { others.append(.varianceRatio) }
        for row in rows.compactMap(MarketFeature.init) + [.amihudIlliquidity] where !others.contains(row) {
            #expect(recorder.seen.contains(row), "seed \(seed): \(row) never had a value")
        }
    }
}
