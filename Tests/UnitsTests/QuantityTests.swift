import Determinism
import Testing
import Units

@Suite struct QuantityTests {
    @Test(arguments: 1...10 as ClosedRange<UInt64>)
    func `a position is the sum of what was bought and sold`(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        var (held, plain) = (Quantity.zero, Int64(0))
        for _ in 0..<2_000 {
            let count = Int64(generator.below(100))
            let side = generator.below(2) == 0 ? Side.buy : .sell
            held = held + Quantity(side.sign * count)
            plain += side == .buy ? count : -count
            #expect(held.contracts == plain && held.magnitude.contracts == max(plain, -plain))
            #expect((-held).contracts == -plain && held - held == .zero && (held < .zero) == (plain < 0))
        }
    }

    @Test func `sides are opposite`() {
        #expect(Side.allCases == [.buy, .sell] && Side.buy.sign == 1 && Side.sell.sign == -1)
        for side in Side.allCases {
            #expect(side.opposite != side && side.opposite.opposite == side && side.sign == -side.opposite.sign)
            #expect(Side(rawValue: side.rawValue) == side)
        }
        #expect(Side(rawValue: 0) == nil)
    }

    @Test func `leaving the range traps`() async {
        await #expect(processExitsWith: .failure) { _ = Quantity(.max) + Quantity(1) }
        await #expect(processExitsWith: .failure) { _ = Quantity(.min).magnitude }
    }

    @Test func `instruments are in the order of their numbers`() {
        let sorted = [InstrumentID(.max), InstrumentID(0), InstrumentID(7)].sorted()
        #expect(sorted.map(\.raw) == [0, 7, .max])
    }
}
