import Determinism
import MarketData
import Testing

@testable import Features

/// Rows C-47 to C-65 against FEATURES word for word, over the whole history of groups.
@Suite struct TradeReferenceTests {
    struct Recorder: FeatureSink {
        var history = TapeHistory()
        var seed: UInt64
        var checked = 0
        /// Rows that had a value.
        var seen: Set<MarketFeature> = []

        mutating func groupClosed(_ engine: borrowing ContractEngine) {
            history.add(engine)
            if history.events.count % 113 == 0 { check(Array(engine.vector), time: engine.group.time) }
        }

        mutating func secondEnded(_ engine: borrowing ContractEngine, time: UInt64) {
            history.addSecond(engine, end: time)
            if time / TapeHistory.second % 97 == 0, !history.events.isEmpty {
                check(Array(engine.vector), time: time)
            }
        }

        private mutating func check(_ vector: [Double], time: UInt64) {
            checked += 1
            let expected = Reference(history: history, time: time).rows
            for difference in expected.differences(vector) {
                Issue.record("seed \(seed), group \(history.events.count), time \(time): \(difference)")
            }
            for row in expected.rows where !row.value.isNaN && row.value != 0 { seen.insert(row.feature) }
        }
    }

    struct Reference {
        var history: TapeHistory
        var time: UInt64
        var orders: [TapeHistory.Order]
        /// Time since the first group, s.
        var age: Double

        init(history: TapeHistory, time: UInt64) {
            self.history = history
            self.time = time
            orders = history.orders
            age = Double(time - history.events[0].time) * 1e-9
        }

        func weight(_ halfLife: Double, _ then: UInt64) -> Double {
            DeterministicMath.exp2(-Double(time - then) * 1e-9 / halfLife)
        }

        func sum(_ halfLife: Double, _ value: (TapeHistory.Order) -> Double) -> Double {
            orders.map { weight(halfLife, $0.time) * value($0) }.reduce(0, +)
        }

        func rate(_ halfLife: Double, _ value: (TapeHistory.Order) -> Double) -> Double {
            guard age >= 10 else { return .nan }
            return sum(halfLife, value) * DeterministicMath.ln2 / halfLife
                / (1 - DeterministicMath.exp2(-age / halfLife))
        }

        func quotient(_ a: Double, _ b: Double) -> Double { b == 0 ? .nan : a / b }

        var rows: ExpectedRows {
            var rows = ExpectedRows()
            rows.add(.buyVolume, rate(60) { $0.sign > 0 ? $0.size : 0 })
            rows.add(.sellVolume, rate(60) { $0.sign < 0 ? $0.size : 0 })
            for (halfLife, row) in [
                (10, .tradeImbalance10), (60, .tradeImbalance60), (300, .tradeImbalance300),
            ] as [(Double, MarketFeature)] {
                let signed = sum(halfLife) { Double($0.sign) * $0.size }
                rows.add(row, quotient(signed, sum(halfLife) { $0.sign == 0 ? 0 : $0.size }))
            }
            let deltas = orders.map { ($0.time / TapeHistory.second, Double($0.sign) * $0.size) }
            rows.add(.volumeDelta, deltas.map(\.1).reduce(0, +))
            let now = time / TapeHistory.second
            rows.add(.volumeDeltaChange300, deltas.filter { $0.0 + 300 > now }.map(\.1).reduce(0, +))
            rows.add(.tradeIntensity10, rate(10) { _ in 1 })
            let volume = sum(60, \.size)
            rows.add(.averageTradeSize, quotient(volume, sum(60) { _ in 1 }))
            rows.add(.largeTradeShare60, quotient(sum(60) { $0.size >= 25 ? $0.size : 0 }, volume))
            rows.add(
                .sweepShare, quotient(sum(60) { Set($0.trades.map(\.price)).count > 1 ? $0.size : 0 }, volume))
            rows.add(.vpin, .nan)
            rows.add(.rollSpread, rollSpread)
            rows.add(.kyleLambda, lambda)
            addSpreads(&rows)
            return rows
        }

        private var rollSpread: Double {
            guard orders.count >= 100 else { return .nan }
            let prices = orders.map { Double($0.trades.last?.price ?? 0) }
            let samples = (2..<orders.count).map { index in
                (
                    weight: weight(300, orders[index].time), change: prices[index] - prices[index - 1],
                    before: prices[index - 1] - prices[index - 2]
                )
            }
            let total = samples.map(\.weight).reduce(0, +)
            let product = samples.map { $0.weight * $0.change * $0.before }.reduce(0, +) / total
            let change = samples.map { $0.weight * $0.change }.reduce(0, +) / total
            let before = samples.map { $0.weight * $0.before }.reduce(0, +) / total
            let covariance = product - change * before
            return covariance < 0 ? 2 * (-covariance).squareRoot() : .nan
        }

        private var lambda: Double {
            guard age >= 300 else { return .nan }
            var flows: [UInt64: Double] = [:]
            for order in orders {
                flows[order.time / TapeHistory.second, default: 0] += Double(order.sign) * order.size
            }
            var (products, squares) = (0.0, 0.0)
            for second in flows.keys.sorted() where second < time / TapeHistory.second {
                guard let old = history.mids[second - 1], let new = history.mids[second] else { continue }
                let flow = (flows[second] ?? 0) / 100
                let left = DeterministicMath.exp2(-Double(time / TapeHistory.second - second) / 1_800)
                products += left * Double(new - old) / 2 * flow
                squares += left * flow * flow
            }
            return quotient(products, squares)
        }

        private func addSpreads(_ rows: inout ExpectedRows) {
            var effective = (0.0, 0.0)
            var realized = (0.0, 0.0)
            var impact = (0.0, 0.0)
            for order in orders where order.sign != 0 {
                let sign = Double(order.sign)
                let known = order.time / TapeHistory.second + 5
                let later = known < time / TapeHistory.second ? history.mids[known].map { Double($0) / 2 } : nil
                let before = order.event.twiceMidBefore.map { Double($0) / 2 }
                let waited = known < time / TapeHistory.second ? weight(60, (known + 1) * TapeHistory.second) : 0
                for trade in order.trades {
                    let (price, size) = (Double(trade.price), Double(trade.size))
                    if let before, !order.event.isLockedBefore {
                        effective.0 += weight(60, order.time) * size * 2 * sign * (price - before)
                        effective.1 += weight(60, order.time) * size
                    }
                    guard let later else { continue }
                    realized.0 += waited * size * 2 * sign * (price - later)
                    realized.1 += waited * size
                    guard let before else { continue }
                    impact.0 += waited * size * 2 * sign * (later - before)
                    impact.1 += waited * size
                }
            }
            rows.add(.effectiveSpread, quotient(effective.0, effective.1))
            rows.add(.realizedSpread, quotient(realized.0, realized.1))
            rows.add(.priceImpact, quotient(impact.0, impact.1))
        }
    }

    @Test(arguments: [(201, false), (202, true), (203, true)] as [(UInt64, Bool)])
    func `trade rows are those of their definitions`(seed: UInt64, withFaults: Bool) throws {
        let tape = RandomTape(
            seed: seed, start: TestSession.open + TestSession.minute + 300_000_000, groups: 2_000,
            meanGap: 700_000_000, withFaults: withFaults)
        var player = Player(try TestSession.configuration())
        var recorder = Recorder(seed: seed)
        for record in tape.records { player.take(record, sink: &recorder) }
        #expect(recorder.checked >= 20, "seed \(seed)")
        let rows = MarketFeature.buyVolume.rawValue...MarketFeature.priceImpact.rawValue
        let others: [MarketFeature] = [.tradeIntensityTimeOfDay, .vpin, .amihudIlliquidity]
        for row in rows.compactMap(MarketFeature.init) where !others.contains(row) {
            #expect(recorder.seen.contains(row), "seed \(seed): \(row) never had a value")
        }
    }
}
