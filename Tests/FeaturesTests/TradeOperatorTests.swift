import Determinism
import MarketData
import Testing

@testable import Features

/// Trade operators on cases worked out by hand.
@Suite struct TradeOperatorTests {
    private func withRuns<Result>(
        _ runs: [TradeRun], _ body: (UnsafeBufferPointer<TradeRun>) -> Result
    ) -> Result { runs.withUnsafeBufferPointer(body) }

    private func order(_ aggressor: Int32, _ price: Int32, _ size: Int64) -> AggressorOrder {
        var order = AggressorOrder(aggressor: aggressor, price: price)
        order.add(TradeRun(price: price, aggressor: aggressor, size: size))
        return order
    }

    @Test func `trades of one side are one order, in the order in which they began`() {
        var gatherer = AggressorOrders()
        let runs = [
            TradeRun(price: 10, aggressor: -1, size: 3), TradeRun(price: 11, aggressor: 1, size: 2),
            TradeRun(price: 9, aggressor: -1, size: 4), TradeRun(price: 11, aggressor: 0, size: 5),
            TradeRun(price: 10, aggressor: -1, size: 1),
        ]
        let orders = withRuns(runs) { Array(gatherer.gather($0)) }
        #expect(orders.map(\.aggressor) == [-1, 1, 0])
        #expect(orders.map(\.size) == [8, 2, 5])
        #expect(orders.map(\.isSweep) == [true, false, false])
        #expect(orders.map(\.lastPrice) == [10, 11, 11])
        #expect(orders.map(\.priceSize) == [76, 22, 55])
    }

    // MARK: Volume buckets

    @Test func `buckets split trades at their edges, and those without a side in halves`() {
        var buckets = VolumeBuckets()
        withRuns([TradeRun(price: 1, aggressor: 1, size: 1_000)]) { buckets.add($0) }
        #expect(buckets.value.isNaN)
        buckets.bucketSize = 10
        #expect(buckets.bucketSize == 10)
        // 49 buckets of buys, and one that is 6 bought, 2 sold, 2 of neither: |6 − 2|/10.
        withRuns([TradeRun(price: 1, aggressor: 1, size: 496), TradeRun(price: 1, aggressor: -1, size: 2)]) {
            buckets.add($0)
        }
        #expect(buckets.value.isNaN, "the fiftieth bucket is not full")
        withRuns([TradeRun(price: 1, aggressor: 0, size: 3)]) { buckets.add($0) }
        #expect(abs(buckets.value - (49 + 0.4) / 50) < 1e-15)
        buckets.bucketSize = nil
        #expect(buckets.value.isNaN)
    }

    @Test func `one trade larger than the window leaves what its pieces would`() {
        var whole = VolumeBuckets()
        var pieces = VolumeBuckets()
        whole.bucketSize = 7
        pieces.bucketSize = 7
        for run in [TradeRun(price: 1, aggressor: -1, size: 5), TradeRun(price: 1, aggressor: 1, size: 5_003)] {
            withRuns([run]) { whole.add($0) }
            for _ in 0..<run.size {
                withRuns([TradeRun(price: 1, aggressor: run.aggressor, size: 1)]) { pieces.add($0) }
            }
        }
        #expect(whole.value == pieces.value && whole.value == 1)
        for index in 0..<400 {
            let run = TradeRun(price: 1, aggressor: index % 3 == 0 ? -1 : 1, size: Int64(index % 5))
            withRuns([run]) {
                whole.add($0)
                pieces.add($0)
            }
        }
        #expect(whole.value == pieces.value && whole.value < 1)
    }

    @Test func `a bucket that was begun keeps its size`() {
        var buckets = VolumeBuckets()
        buckets.bucketSize = 10
        withRuns([TradeRun(price: 1, aggressor: 1, size: 495)]) { buckets.add($0) }
        buckets.bucketSize = 4
        withRuns([TradeRun(price: 1, aggressor: -1, size: 5)]) { buckets.add($0) }
        #expect(buckets.value == 49.0 / 50, "five bought, five sold")
        withRuns([TradeRun(price: 1, aggressor: 1, size: 4)]) { buckets.add($0) }
        #expect(buckets.value == 49.0 / 50, "one of buys has gone and one has come")
    }

    // MARK: Rolling delta

    @Test func `the rolling delta holds the second of the row and 299 before it`() {
        var delta = RollingDelta()
        delta.add(5, second: 1_000)
        delta.add(-2, second: 1_001)
        #expect(delta.value(at: 1_001) == 3)
        delta.advance(to: 1_299)
        #expect(delta.value(at: 1_299) == 3)
        delta.advance(to: 1_300)
        #expect(delta.value(at: 1_300) == -2)
        #expect(delta.value(at: 1_299) == 3, "a late row looks back from its own second")
        delta.advance(to: 1_301)
        #expect(delta.value(at: 1_301) == 0)
        delta.add(7, second: 1_300)
        #expect(delta.value(at: 1_301) == 7, "a late trade counts in its own second")
        delta.advance(to: 50_000)
        #expect(delta.value(at: 50_000) == 0)
    }

    @Test(arguments: [1, 2, 3] as [UInt64]) func `the rolling delta is the sum of its window`(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        var delta = RollingDelta()
        var all: [(second: UInt64, signed: Int64)] = []
        var second: UInt64 = 1_700_000_000
        for _ in 0..<4_000 {
            second += random.below(200) == 0 ? random.below(900) : random.below(3)
            let signed = Int64(random.below(41)) - 20
            delta.advance(to: second)
            delta.add(signed, second: second)
            all.append((second, signed))
            let expected = all.suffix(700).filter { $0.second + 300 > second }.map(\.signed).reduce(0, +)
            #expect(delta.value(at: second) == expected, "seed \(seed), second \(second)")
        }
    }

    // MARK: λ, Roll, impact

    @Test func `Kyle's lambda is the slope of mid changes on net buying`() {
        var lambda = KyleLambda()
        #expect(lambda.value.isNaN)
        lambda.add(150)
        lambda.add(50)
        lambda.secondClosed(1_000, old: 40_000, new: 40_006)
        #expect(lambda.value == 1.5, "three ticks for 200 contracts")
        lambda.add(100)
        lambda.secondClosed(1_001, old: MidGrid.absent, new: 40_006)
        lambda.secondClosed(1_002, old: 40_006, new: 40_100)
        #expect(lambda.value == 1.5, "no mid before, or no net buying: no sample, and the flow does not wait")
        lambda.add(-100)
        lambda.secondClosed(2_800, old: 40_100, new: 40_098)
        // Half of (3·2, 2²) is left, and (−1)·(−1), 1 are new.
        #expect(abs(lambda.value - (3 + 1) / (2 + 1.0)) < 1e-12)
    }

    @Test func `prices that go to and fro by one tick have a covariance of minus one`() {
        var roll = RollSpread()
        for index in 0..<100 {
            #expect(roll.value.isNaN)
            roll.add(price: index % 2 == 0 ? 100 : 101, gain: 1)
            roll.read()
        }
        // Δp = ±1 in turn, 98 pairs: c = −1 − 0·0.
        #expect(roll.value == 2)
        roll.decay(0)
        for index in 0..<400 { roll.add(price: Int32(index / 50 % 2 == 0 ? index % 50 : 50 - index % 50), gain: 1) }
        roll.read()
        #expect(roll.value.isNaN, "a move goes on: nothing bounces")
    }

    @Test func `realized spread and impact wait for the mid five seconds on`() {
        var impact = PriceImpact()
        impact.secondClosed(99, twiceMid: 2_000)
        // Bought 4 at 1001 over a mid of 1000.5, and in the same second sold 2 at 1000 without a valid book before.
        impact.add(order(1, 1_001, 4), second: 100, twiceMidBefore: 2_001)
        impact.add(order(-1, 1_000, 2), second: 100, twiceMidBefore: nil)
        impact.add(order(0, 1_000, 9), second: 100, twiceMidBefore: 2_001)
        for second in 100..<105 as Range<UInt64> {
            impact.secondClosed(second, twiceMid: 2_100)
            #expect(impact.realizedSpread.isNaN && impact.priceImpact.isNaN)
        }
        impact.secondClosed(105, twiceMid: 2_006)
        // 2·(1001 − 1003)·4 and −2·(1000 − 1003)·2 over 6 contracts; 2·(1003 − 1000.5) for the first alone.
        let spread: Double = (-16 + 12) / 6
        #expect(impact.realizedSpread == spread)
        #expect(impact.priceImpact == 5)
        impact.add(order(1, 1_001, 8), second: 160, twiceMidBefore: 2_001)
        impact.secondClosed(165, twiceMid: 2_001)
        // A minute later half of the weight is left.
        let halved: Double = (5 * 2 + 0) / (2 + 8)
        #expect(abs(impact.priceImpact - halved) < 1e-15)
        impact.add(order(1, 1_001, 8), second: 166, twiceMidBefore: 2_001)
        impact.secondClosed(171, twiceMid: MidGrid.absent)
        #expect(abs(impact.priceImpact - 1) < 1e-15, "a sample without its mid is dropped")
    }

    @Test func `18:00 drops what waits`() {
        var impact = PriceImpact()
        impact.add(order(1, 1_001, 4), second: 100, twiceMidBefore: 2_001)
        impact.clear()
        impact.secondClosed(105, twiceMid: 2_006)
        #expect(impact.realizedSpread.isNaN && impact.priceImpact.isNaN)
    }
}
