import Determinism
import MarketData
import Testing

@testable import Features

/// Rows of the vector against FEATURES word for word, over the whole history of groups at every hundredth one.
@Suite struct ReferenceTests {
    /// What one group left behind.
    struct Event {
        var time: UInt64
        var changes: [DepthChange]
        var trades: [TradeRun]
        var twiceMid: Int32
        /// a of the level before the group.
        var side: Double
        var book: Book
    }

    struct Recorder: FeatureSink {
        var events: [Event] = []
        var side: Double = 0
        var checked = 0
        var seed: UInt64
        /// First group with the level.
        var first: Int?

        mutating func groupClosed(_ engine: borrowing ContractEngine) {
            let level = engine.level(.premarketHigh).pointee
            // At activation the side is that of the mid before the group.
            if level.isActive, first == nil {
                first = events.count
                let before = Double(events.last?.twiceMid ?? 0) / 2 - level.price.ticks
                side = before < 0 ? 1 : before > 0 ? -1 : 0
            }
            events.append(
                Event(
                    time: engine.group.time, changes: Array(engine.depthChanges), trades: Array(engine.trades),
                    twiceMid: engine.mid.twiceMid, side: side, book: engine.book.pointee))
            side = Double(level.test.approachSide)
            guard let first, events.count % 100 == 0 else { return }
            checked += 1
            let reference = Reference(
                events: events, first: first, level: level.price, time: engine.group.time,
                parameters: level.parameters)
            let vector = Array(engine.vector)
            reference.check(vector, isLevelOld: engine.group.time - level.activeSince >= 10_000_000_000, seed: seed)
        }

        mutating func secondEnded(_ engine: borrowing ContractEngine, time: UInt64) {}
    }

    struct Reference {
        var events: [Event]
        var first: Int
        var level: LevelPrice
        var time: UInt64
        var parameters: LevelParameters

        /// E_h of one value per group since `start`.
        func sum(_ halfLife: Double, from start: Int, _ value: (Event) -> Double) -> Double {
            events[start...].map { event in
                value(event) * DeterministicMath.exp2(-Double(time - event.time) * 1e-9 / halfLife)
            }.reduce(0, +)
        }

        func rate(_ halfLife: Double, from start: Int, _ value: (Event) -> Double) -> Double {
            let age = Double(time - events[start].time) * 1e-9
            return sum(halfLife, from: start, value) * DeterministicMath.ln2 / halfLife
                / (1 - DeterministicMath.exp2(-age / halfLife))
        }

        func inBand(_ price: Int32) -> Bool { abs(price - level.nearest) <= parameters.band }

        func flow(_ side: Int32, _ part: @escaping (DepthChange) -> Double, inBandOnly: Bool) -> (Event) -> Double {
            { event in
                event.changes.filter { $0.side == side && (!inBandOnly || inBand($0.price)) }.map(part).reduce(0, +)
            }
        }

        func volume(_ weight: @escaping (TradeRun, Event) -> Double) -> (Event) -> Double {
            { event in event.trades.map { weight($0, event) * Double($0.size) }.reduce(0, +) }
        }

        /// Aggressor orders: the trades of one group with one side are one.
        func orders(_ event: Event, where included: (TradeRun) -> Bool) -> Double {
            Double(Set(event.trades.filter(included).map(\.aggressor)).count)
        }

        /// One level's e of Cont, Kukanov & Stoikov.
        func imbalance(_ slot: Int) -> Double {
            var total = 0.0
            for index in 1..<events.count {
                let (old, new) = (events[index - 1].book, events[index].book)
                let depth = min(old.bid.levelCount, old.ask.levelCount, new.bid.levelCount, new.ask.levelCount)
                guard slot < depth else { continue }
                var e: Int32 = 0
                if new.bid.prices[slot] >= old.bid.prices[slot] { e += new.bid.sizes[slot] }
                if new.bid.prices[slot] <= old.bid.prices[slot] { e -= old.bid.sizes[slot] }
                if new.ask.prices[slot] <= old.ask.prices[slot] { e -= new.ask.sizes[slot] }
                if new.ask.prices[slot] >= old.ask.prices[slot] { e += old.ask.sizes[slot] }
                total += Double(e) * DeterministicMath.exp2(-Double(time - events[index].time) * 1e-9 / 10)
            }
            return total
        }

        /// Seconds with the mid in the band since the level became active.
        var timeNear: Double {
            (first..<events.count - 1).map { index in
                let x = Double(events[index].twiceMid) / 2 - level.ticks
                let seconds = Double(events[index + 1].time - events[index].time) * 1e-9
                return abs(x) <= Double(parameters.band) ? seconds : 0
            }.reduce(0, +)
        }

        func check(_ vector: [Double], isLevelOld: Bool, seed: UInt64) {
            func same(_ feature: LevelFeature, _ expected: Double) {
                let found = vector[.premarketHigh, feature]
                let close = abs(found - expected) <= 1e-9 * max(1, abs(expected)) || found.isNaN && expected.isNaN
                #expect(close, "\(feature): \(found), reference \(expected); seed \(seed), group \(events.count)")
            }
            checkFlow(same, isLevelOld: isLevelOld)
            checkTrades(same, isLevelOld: isLevelOld)
            same(.timeNear, timeNear)
            checkMarket(vector, seed: seed)
        }

        private func checkFlow(_ same: (LevelFeature, Double) -> Void, isLevelOld: Bool) {
            let parts: [(DepthChange) -> Double] = [
                { Double($0.added) }, { Double($0.cancelled) }, { Double($0.filled) },
            ]
            let bids = parts.map { sum(30, from: first, flow(1, $0, inBandOnly: true)) }
            let asks = parts.map { sum(30, from: first, flow(-1, $0, inBandOnly: true)) }
            let rows: [LevelFeature] = [.bidAdded, .bidCancelled, .bidFilled, .askAdded, .askCancelled, .askFilled]
            if isLevelOld {
                for (index, row) in rows.enumerated() {
                    let side: Int32 = index < 3 ? 1 : -1
                    same(row, rate(30, from: first, flow(side, parts[index % 3], inBandOnly: true)))
                }
            }
            let total = (bids + asks).reduce(0, +)
            let lifting = bids[0] - bids[1] - bids[2] - (asks[0] - asks[1] - asks[2])
            same(.orderFlowImbalance, total == 0 ? .nan : lifting / total)
        }

        private func checkTrades(_ same: (LevelFeature, Double) -> Void, isLevelOld: Bool) {
            let banded = { (trade: TradeRun, _: Event) in inBand(trade.price) ? 1.0 : 0 }
            let delta = sum(30, from: first, volume { Double($0.aggressor) * banded($0, $1) })
            let signed = sum(30, from: first, volume { Double(abs($0.aggressor)) * banded($0, $1) })
            same(.delta, delta)
            same(.tradeImbalance, signed == 0 ? .nan : delta / signed)
            let all = sum(60, from: first, volume { _, _ in 1 })
            let beyond = sum(
                60, from: first, volume { $1.side * (Double($0.price) - level.ticks) > 0 ? 1 : 0 })
            same(.volumeBeyondShare, all == 0 ? .nan : beyond / all)
            let bandVolume = sum(60, from: first, volume(banded))
            let large = sum(
                60, from: first,
                volume { trade, event in
                    let order = event.trades.filter { $0.aggressor == trade.aggressor }.map(\.size).reduce(0, +)
                    return order >= parameters.largeTrade ? banded(trade, event) : 0
                })
            same(.largeTradeShare, bandVolume == 0 ? .nan : large / bandVolume)
            let inside = events[first...].map(volume(banded)).reduce(0, +)
            let everywhere = events[first...].map(volume { _, _ in 1 }).reduce(0, +)
            same(.volumeShare, everywhere == 0 ? .nan : inside / everywhere)
            if isLevelOld { same(.tradeIntensity, rate(10, from: first) { orders($0) { inBand($0.price) } }) }
        }

        private func checkMarket(_ vector: [Double], seed: UInt64) {
            func same(_ feature: MarketFeature, _ expected: Double) {
                let found = vector[feature]
                let close = abs(found - expected) <= 1e-9 * max(1, abs(expected)) || found.isNaN && expected.isNaN
                #expect(close, "\(feature): \(found), reference \(expected); seed \(seed), group \(events.count)")
            }
            same(.orderFlowImbalance10, imbalance(0))
            for slot in 1...4 {
                let row = MarketFeature.orderFlowImbalanceLevel2.rawValue + slot - 1
                if let feature = MarketFeature(rawValue: row) { same(feature, imbalance(slot)) }
            }
            same(.bidAddedTop10, rate(30, from: 0, flow(1, { Double($0.added) }, inBandOnly: false)))
            same(.askAddedTop10, rate(30, from: 0, flow(-1, { Double($0.added) }, inBandOnly: false)))
            same(.bidCancelledTop10, rate(30, from: 0, flow(1, { Double($0.cancelled) }, inBandOnly: false)))
            same(.askCancelledTop10, rate(30, from: 0, flow(-1, { Double($0.cancelled) }, inBandOnly: false)))
            let cancelled = sum(60, from: 0) { $0.changes.map { Double($0.cancelled) }.reduce(0, +) }
            let traded = sum(60, from: 0, volume { _, _ in 1 })
            same(.cancelToTrade, cancelled / traded)
            let moves = (1..<events.count).map { index in
                events[index].twiceMid == events[index - 1].twiceMid
                    ? 0 : DeterministicMath.exp2(-Double(time - events[index].time) * 1e-9 / 60)
            }.reduce(0, +)
            let age = Double(time - events[0].time) * 1e-9
            same(
                .midChangeRate,
                moves * DeterministicMath.ln2 / 60 / (1 - DeterministicMath.exp2(-age / 60)))
            same(.sessionVolume, events.map(volume { _, _ in 1 }).reduce(0, +))
            let spans = (0..<events.count - 1).map { index in
                let newer = DeterministicMath.exp2(-Double(time - events[index + 1].time) * 1e-9 / 60)
                return newer - DeterministicMath.exp2(-Double(time - events[index].time) * 1e-9 / 60)
            }
            let spread = zip(events, spans).map { Double($0.book.ask.bestPrice - $0.book.bid.bestPrice) * $1 }
            same(.bidAskSpreadMean, spread.reduce(0, +) / spans.reduce(0, +))
        }
    }

    @Test(arguments: [101, 102, 103] as [UInt64])
    func `flow, trade and time rows are those of their definitions`(seed: UInt64) throws {
        let tape = RandomTape(
            seed: seed, start: TestSession.open + TestSession.minute, groups: 1_200, meanGap: 700_000_000,
            withFaults: false)
        var player = Player(try TestSession.configuration())
        var recorder = Recorder(seed: seed)
        for record in tape.records { player.take(record, sink: &recorder) }
        #expect(recorder.checked >= 4, "seed \(seed)")
    }
}
