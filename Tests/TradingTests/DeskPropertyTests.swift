import CHeapCount
import Determinism
import Execution
@testable import Orders
import PaperVenue
import Risk
import Testing
import Units

@Suite struct DeskPropertyTests {
    /// One random step: the book walks, trades print on it, orders are asked for, operators interfere.
    static func step(
        _ desk: inout Desk, _ random: inout SeededGenerator, _ nanos: inout UInt64, _ mid: inout Int64,
        _ count: inout UInt64
    ) {
        nanos += random.below(400_000_000) + 1
        let time = Timestamp(nanoseconds: Script.base + nanos)
        mid += Int64(random.below(5)) - 2
        if random.below(12) == 0 {
            desk.tick(time)
        } else {
            desk.market.setBook(bids: levels(mid, -1, &random), asks: levels(mid, 1, &random))
            desk.market.quality = random.below(40) == 0 ? .crossed : (random.below(80) == 0 ? .halted : [])
            desk.market.setTrades((0..<random.below(3)).map { _ in
                let sign: Int8 = random.below(2) == 0 ? 1 : -1
                return MarketTrade(price: Ticks(mid + Int64(sign)), size: UInt32(random.below(8)) + 1, aggressor: sign)
            })
            desk.market.time = time
            desk.group()
        }
        switch random.below(60) {
        case 0..<12:
            count += 1
            let isLimit = random.below(2) == 0
            let side: Side = random.below(2) == 0 ? .buy : .sell
            desk.take(OrderIntent(
                id: ClientOrderID(epoch: 1, issuer: .manual, count: count), time: time, receiveTime: time,
                action: .open,
                side: side, quantity: Quantity(Int64(random.below(5)) + 1), type: isLimit ? .limit : .market,
                limit: isLimit ? Ticks(mid - side.sign * Int64(random.below(4))) : .zero,
                stopDistance: Ticks(Int64(random.below(8)) + 1), targetDistance: Ticks(Int64(random.below(8))),
                timeStop: .seconds(Int64(random.below(60)))))
        case 12:
            count += 1
            desk.take(OrderIntent(
                id: ClientOrderID(epoch: 1, issuer: .manual, count: count), time: time, receiveTime: time,
                action: .close))
        case 13 where random.below(4) == 0:
            _ = desk.risk.requestFlatten()
            desk.settle()
        case 14, 15: _ = desk.risk.arm()
        case 16 where desk.execution.live.count > 0:
            _ = desk.execution.cancel(desk.execution.live[0].order.id, desk.clock)
        default: break
        }
        desk.settle()
    }

    private static func levels(_ mid: Int64, _ side: Int64, _ random: inout SeededGenerator) -> [BookLevel] {
        var levels: [BookLevel] = []
        for i in 1...3 as ClosedRange<Int64> {
            levels.append(BookLevel(price: Ticks(mid + side * i), size: UInt32(random.below(6)) + 1, count: 1))
        }
        return levels
    }

    static func check(_ desk: Desk, _ seed: UInt64) {
        let position = desk.execution.position
        position.checkInvariants()
        #expect(desk.execution.contradictions == 0, "seed \(seed)")
        #expect(desk.risk.position == position, "seed \(seed)")
        #expect(position.quantity.magnitude <= desk.risk.limits.position, "seed \(seed)")
        #expect(desk.execution.live.count == desk.risk.working.count, "seed \(seed)")
        #expect(desk.execution.hasProtection, "seed \(seed)")
        #expect(desk.execution.unexplained == .zero, "seed \(seed)")
        guard !desk.execution.isFlattening else { return }
        if desk.risk.state == .locked { #expect(desk.execution.isIdle, "seed \(seed)") }
    }

    @Test(arguments: 0..<30 as Range<UInt64>)
    func `whatever happens, positions are the sum of fills, protected, and inside their limit`(seed: UInt64) throws {
        var limits = RiskLimits()
        limits.dailyLoss = Money(cents: 100_000_000)
        limits.trailingDrawdown = Money(cents: 100_000_000)
        var random = SeededGenerator(seed: seed)
        var desk = Desk(limits: limits, latency: .milliseconds(Int64(seed % 4) * 20))
        var nanos: UInt64 = 0, mid: Int64 = 20_000, count: UInt64 = 0
        for _ in 0..<700 {
            Self.step(&desk, &random, &nanos, &mid, &count)
            Self.check(desk, seed)
            guard desk.execution.contradictions == 0 else {
                Issue.record("seed \(seed): \(desk.log.suffix(40).joined(separator: "; "))")
                return
            }
        }
        var bought: Int64 = 0
        for fill in desk.fills { bought += fill.signedQuantity.contracts }
        #expect(bought == desk.risk.position.quantity.contracts)
        #expect(desk.fills.count > 20, "seed \(seed)")
        #expect(desk.fills.indices.allSatisfy { desk.fills[$0].sequence == UInt64($0 + 1) })
    }

    @Test(arguments: 0..<6 as Range<UInt64>)
    func `a desk that is saved and loaded at random goes on as if nothing had been`(seed: UInt64) throws {
        func run(reloads: Bool) throws -> [String] {
            var random = SeededGenerator(seed: seed), pauses = SeededGenerator(seed: seed + 1_000)
            var desk = Desk(latency: .milliseconds(30))
            var nanos: UInt64 = 0, mid: Int64 = 20_000, count: UInt64 = 0
            for _ in 0..<300 {
                Self.step(&desk, &random, &nanos, &mid, &count)
                if reloads, pauses.below(5) == 0 { try desk.reload() }
            }
            return desk.log
        }
        let plain = try run(reloads: false)
        #expect(plain.count > 50)
        #expect(try run(reloads: true) == plain, "seed \(seed)")
    }

    @Test(.enabled(if: lh_heap_count_enabled() != 0, "heap calls are not counted under a sanitizer"))
    func `folds allocate nothing while orders work`() {
        var scenario = DeskScenario()
        _ = scenario.play("1.000 book 5000.00x10 | 5000.25x10")
        _ = scenario.play("1.001 s1 buy 1")
        _ = scenario.play("1.003 tick")
        _ = scenario.play("1.005 tick")
        #expect(!scenario.desk.venue.isIdle)
        let updates = (0..<1_000 as Range<Int64>).map { Script.time("2") + .milliseconds($0) }
        var venue = scenario.desk.venue, risk = scenario.desk.risk, execution = scenario.desk.execution
        func calls(_ body: (MarketUpdate) -> Void) -> UInt64 {
            var total: UInt64 = 0
            for time in updates {
                scenario.desk.market.time = time
                let update = scenario.desk.market.update
                let before = lh_heap_calls()
                body(update)
                total += lh_heap_calls() - before
            }
            return total
        }
        // The first use of a generic type makes its metadata.
        venue.apply(scenario.desk.market.update)
        #expect(calls { venue.apply($0) } == 0)
        #expect(calls { risk.apply($0) } == 0)
        #expect(calls { execution.advance(TradingClock($0.time)) } == 0)
        #expect(venue.clock == updates[999])
    }
}
