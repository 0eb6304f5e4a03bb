import Determinism
import Testing
import Units

@Suite struct PriceTests {
    @Test func `no price is none, and above every price`() {
        #expect(!Price.undefined.isDefined && Price.undefined.nanos == .max)
        for nanos in [.min, -1, 0, 1, .max - 1] as [Int64] {
            #expect(Price(nanos: nanos).isDefined && Price(nanos: nanos) < .undefined)
            #expect(TickSize(nanos: 1).ticks(Price(nanos: nanos)) == Ticks(nanos))
        }
        #expect(TickSize(nanos: 1).ticks(.undefined) == nil && TickSize(nanos: .max).ticks(.undefined) == nil)
    }

    private static let table: [(nanos: Int64, tick: Int64, ticks: Int64?)] = [
        (5_000_250_000_000, 250_000_000, 20_001), (5_000_260_000_000, 250_000_000, nil), (0, 250_000_000, 0),
        // Spreads and some futures trade below zero.
        (-250_000_000, 250_000_000, -1), (-249_999_999, 250_000_000, nil), (-37_630_000_000, 10_000_000, -3_763),
        (1, 250_000_000, nil), (249_999_999, 250_000_000, nil), (.min, 1, .min), (.max - 1, 1, .max - 1),
        (.min, 3, nil), (.max - 1, .max - 1, 1),
    ]

    @Test(arguments: table)
    func `a price is whole ticks or none: nothing is rounded`(nanos: Int64, tick: Int64, ticks: Int64?) {
        #expect(TickSize(nanos: tick).ticks(Price(nanos: nanos)) == ticks.map { Ticks($0) })
        if let ticks { #expect(TickSize(nanos: tick).price(Ticks(ticks)) == Price(nanos: nanos)) }
    }

    @Test(arguments: 1...10 as ClosedRange<UInt64>)
    func `ticks and prices are each other's inverse, and what lies between is refused`(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        for _ in 0..<2_000 {
            let tick = TickSize(nanos: Int64(generator.below(1_000_000_000)) + 2)
            let count = Ticks(Int64(generator.below(2_000_000_000)) - 1_000_000_000)
            let price = tick.price(count)
            #expect(tick.ticks(price) == count)
            let beside = Int64(generator.below(UInt64(tick.nanos - 1))) + 1
            #expect(tick.ticks(Price(nanos: price.nanos + beside)) == nil)
            let other = Ticks(Int64(generator.below(1_000)) - 500)
            #expect(tick.price(count + other).nanos == price.nanos + tick.price(other).nanos)
            #expect((count < other) == (tick.price(count) < tick.price(other)) && -(-count) == count)
        }
        #expect(TickSize(nanos: 250_000_000).points == 0.25)
    }

    @Test func `a step that is none, and a product that does not fit, trap`() async {
        await #expect(processExitsWith: .failure) { _ = TickSize(nanos: 0) }
        await #expect(processExitsWith: .failure) { _ = TickSize(nanos: -1) }
        await #expect(processExitsWith: .failure) { _ = TickSize(nanos: 2).price(Ticks(.max / 2 + 1)) }
    }
}
