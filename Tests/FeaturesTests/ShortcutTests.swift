import DBN
import Determinism
import MarketData
import Testing

@testable import Features

/// What saves work changes nothing: levels that a group does not concern, terms and sums that are kept.
@Suite struct ShortcutTests {
    @Test func `an engine that asks every level and makes everything anew gives the same vectors`() throws {
        let records = RandomTape(
            seed: 47, start: TestSession.open + TestSession.minute, groups: 2_000, withFaults: true
        ).records
        let configuration = try TestSession.configuration()
        let expected = Player.rows(records, configuration)
        var player = Player(configuration)
        var sink = AllRows()
        for record in records {
            player.engine.state.pointee.forgetDerived()
            player.take(record, sink: &sink)
        }
        #expect(sink.rows.count == expected.count)
        let first = zip(sink.rows, expected).enumerated().first { !($0.element.0 == $0.element.1) }
        #expect(first == nil, "seed 47, row \(first?.offset ?? -1)")
    }

    // MARK: Sides

    /// A side whose levels are listed one after the other, and how it came about.
    private struct Side {
        var random: SeededGenerator
        var ladder: BookSideLadder
        let sign: Int32

        init(seed: UInt64, sign: Int32) {
            random = SeededGenerator(seed: seed)
            self.sign = sign
            ladder = BookSideLadder(absentPrice: sign > 0 ? BookSideLadder.absentBid : BookSideLadder.absentAsk)
        }

        mutating func relist() {
            self.ladder = BookSideLadder(absentPrice: sign > 0 ? BookSideLadder.absentBid : BookSideLadder.absentAsk)
            var price = 20_000 + Int32(random.below(30))
            ladder.levelCount = Int32(random.below(11))
            for slot in 0..<Int(ladder.levelCount) {
                ladder.prices[slot] = price
                price -= sign * Int32(1 + random.below(3))
                resize(slot)
            }
        }

        mutating func resize(_ slot: Int) {
            ladder.sizes[slot] = Int32(1 + random.below(random.below(4) == 0 ? 200 : 20))
            ladder.counts[slot] = Int32(1 + random.below(9))
        }
    }

    @Test(arguments: [Int32(1), -1])
    func `the sums of a side follow its changes`(sign: Int32) {
        let seed: UInt64 = 53
        var side = Side(seed: seed, sign: sign)
        var kept = BookSideSums()
        for round in 0..<2_000 {
            let before = side.ladder
            let moved = round == 0 || side.random.below(4) == 0
            var slots: UInt32 = 0
            if moved {
                side.relist()
                slots = 0x3FF
            } else if side.ladder.levelCount > 0 {
                for _ in 0...side.random.below(2) {
                    let slot = Int(side.random.below(UInt64(side.ladder.levelCount)))
                    side.resize(slot)
                    slots |= 1 << UInt32(slot)
                }
            }
            var fresh = BookSideSums()
            withUnsafePointer(to: before) { before in
                withUnsafePointer(to: side.ladder) { after in
                    kept.update(after, before: before, slots: slots, moved: moved)
                    fresh.update(after, before: before, slots: 0x3FF, moved: true)
                }
            }
            expectRows(kept, fresh, side, "seed \(seed), round \(round)")
        }
    }

    /// The rows of kept sums are those of fresh ones, and those of a walk over the levels in half-ticks from the mid.
    private func expectRows(_ kept: BookSideSums, _ fresh: BookSideSums, _ side: Side, _ place: String) {
        #expect(kept.top3 == fresh.top3 && kept.top10 == fresh.top10 && kept.orders == fresh.orders, "\(place)")
        guard side.ladder.levelCount > 0 else { return }
        let spread: Int64 = 3
        var (cumulative, products, squares, sizes, left, cost) = (0.0, 0.0, 0.0, 0.0, Int64(100), Int64(0))
        for slot in 0..<Int(side.ladder.levelCount) {
            let distance = spread + 2 * abs(Int64(side.ladder.prices[0]) - Int64(side.ladder.prices[slot]))
            let size = Int64(side.ladder.sizes[slot])
            cumulative += Double(size)
            products += Double(distance) * cumulative
            squares += Double(distance * distance)
            sizes += Double(distance * size)
            let taken = min(left, size)
            left -= taken
            cost += taken * distance
        }
        #expect(kept.slope(spread: spread) == products * 2 / squares, "\(place)")
        #expect(kept.meanDistance(spread: spread) == sizes * 0.5 / cumulative, "\(place)")
        let impact = kept.impact(spread: spread)
        #expect(left == 0 ? impact == Double(cost) * 0.5 / 100 : impact.isNaN, "\(place)")
        #expect(fresh.slope(spread: spread) == kept.slope(spread: spread), "\(place)")
    }

    @Test(arguments: [Int32(1), -1])
    func `the depths around a level are sums over the slots`(sign: Int32) {
        let seed: UInt64 = 59
        var side = Side(seed: seed, sign: sign)
        // Bids are in the way of a price that comes from above.
        let way = -sign
        for round in 0..<2_000 {
            side.relist()
            let nearest = 19_975 + Int32(side.random.below(80))
            let (near, far) = (Int32(side.random.below(6)), Int32(1 + side.random.below(9)))
            var (band, orders, at, before, behind): (Int32, Int32, Int32, Int32, Int32) = (0, 0, 0, 0, 0)
            var best: (size: Int32, rank: Int32, offset: Int32) = (0, 0, 0)
            for slot in 0..<Int(side.ladder.levelCount) {
                let (size, offset) = (side.ladder.sizes[slot], way * (side.ladder.prices[slot] - nearest))
                if abs(offset) <= near {
                    band += size
                    orders += side.ladder.counts[slot]
                }
                if offset == 0 { at += size }
                if offset < 0 { before += size }
                if offset > 0, offset <= far { behind += size }
                let rank = 2 * (10 - abs(offset)) + (offset > 0 ? 1 : 0)
                if abs(offset) <= 10, (size, rank) > (best.size, best.rank) { best = (size, rank, offset) }
            }
            withUnsafePointer(to: side.ladder) {
                let shown = BandDepth($0, nearest: nearest, band: near)
                let approach = ApproachDepth($0, nearest: nearest, beyond: far, side: way)
                let place = "seed \(seed), round \(round)"
                #expect(shown.size == band && shown.orders == orders && shown.atLevel == at, "\(place)")
                #expect(approach.before == before && approach.behind == behind, "\(place)")
                let offset = approach.largestOffset
                #expect(best.size == 0 ? offset.isNaN : offset == Double(best.offset), "\(place)")
            }
        }
    }
}
