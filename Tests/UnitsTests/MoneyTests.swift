import Determinism
import Testing
import Units

@Suite struct MoneyTests {
    private static let table: [(nanos: Int64, text: String)] = [
        (0, "0.00"), (1, "0.000000001"), (-1, "-0.000000001"), (10_000_000, "0.01"), (370_000_000, "0.37"),
        (-12_500_000_000, "-12.50"), (1_125_000_000, "1.125"), (1_000_000_000, "1.00"), (1_000_000_010, "1.00000001"),
        (-100_000_000, "-0.10"), (.max, "9223372036.854775807"), (.min, "-9223372036.854775808"),
    ]

    @Test(arguments: table)
    func `an amount is written with two to nine decimals`(nanos: Int64, text: String) {
        #expect(Money(nanos: nanos).description == text)
        #expect(Money(text) == Money(nanos: nanos))
    }

    @Test(arguments: 1...10 as ClosedRange<UInt64>)
    func `what is written is read back, exactly and in order`(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        for _ in 0..<2_000 {
            // Of every size.
            let money = Money(nanos: Int64(bitPattern: generator.next()) >> Int64(generator.below(64)))
            let other = Money(nanos: Int64(bitPattern: generator.next()) >> Int64(generator.below(64)))
            #expect(Money(money.description) == money)
            let decimals = try #require(money.description.split(separator: ".").last)
            #expect(decimals.count >= 2 && decimals.count <= 9 && (decimals.count == 2 || decimals.last != "0"))
            #expect((money < other) == (money.nanos < other.nanos))
        }
    }

    @Test(arguments: 1...10 as ClosedRange<UInt64>)
    func `sums and multiples are exact`(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        for _ in 0..<2_000 {
            let a = Money(nanos: Int64(bitPattern: generator.next()) >> 2)
            let b = Money(nanos: Int64(bitPattern: generator.next()) >> 2)
            #expect(a + b == b + a && a + b - b == a && a - b == -(b - a) && a + .zero == a)
            let count = Int64(generator.below(2_000)) - 1_000
            let small = Money(nanos: a.nanos >> 12)
            #expect(Int128((small * count).nanos) == Int128(small.nanos) * Int128(count))
            let cents = Int64(bitPattern: generator.next()) >> 25
            #expect(Int128(Money(cents: cents).nanos) == Int128(cents) * 10_000_000)
        }
        #expect(Money(cents: 922_337_203_685).description == "9223372036.85")
    }

    @Test func `what leaves the range stays at its end; what is written in the program traps`() async {
        #expect(Money(nanos: .max) + Money(nanos: 1) == Money(nanos: .max))
        #expect(Money(nanos: .max) - Money(nanos: -1) == Money(nanos: .max))
        #expect(Money(nanos: -.max) - Money(nanos: .max) <= Money(nanos: -.max))
        #expect(Money(nanos: .max / 2 + 1) * 2 == Money(nanos: .max))
        #expect(Money(nanos: .max / 2 + 1) * -3 <= Money(nanos: -.max))
        await #expect(processExitsWith: .failure) { _ = Money(cents: 922_337_203_686) }
    }
}
