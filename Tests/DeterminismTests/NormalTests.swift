import Determinism
import Testing

/// Values: scipy 1.17 (`scipy.stats.norm`).
@Suite struct NormalTests {
    private static func agree(_ value: Double, _ expected: Double) -> Bool { abs(value / expected - 1) < 1e-13 }

    @Test(arguments: [
        (-8.0, 6.22096057427174e-16), (-3.0, 0.0013498980316300933), (-1.0, 0.15865525393145707), (0.0, 0.5),
        (1.0, 0.8413447460685429), (2.5, 0.9937903346742238),
    ])
    func `the distribution keeps its precision in the tail`(x: Double, expected: Double) {
        #expect(Self.agree(Normal.cumulative(x), expected))
    }

    @Test(arguments: [
        (0.95, 1.6448536269514722), (0.975, 1.959963984540054), (0.99, 2.3263478740408408),
        (0.995, 2.5758293035489004), (0.999, 3.090232306167813), (1e-6, -4.753424308822899), (0.5, 0),
    ])
    func `a quantile is the inverse`(probability: Double, expected: Double) {
        let value = Normal.quantile(probability)
        #expect(value == expected || Self.agree(value, expected))
    }

    @Test func `the density is that of the standard normal`() {
        #expect(Self.agree(Normal.density(0), 0.3989422804014327))
        #expect(Self.agree(Normal.density(-1.5), 0.12951759566589174))
    }
}
