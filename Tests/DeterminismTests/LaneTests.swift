import CLanes
import Determinism
import Testing

@Suite struct LaneTests {
    /// Numbers of every size and sign, the infinite and undefined ones included, and many of those that are asked for.
    private static func numbers(_ count: Int, seed: UInt64) -> [Double] {
        var random = SeededGenerator(seed: seed)
        return (0..<count).map { index in
            switch index % 5 {
            case 0: Double(bitPattern: random.next())
            case 1: (random.unit() - 0.5) * 16
            case 2: 1 + (random.unit() - 0.5) * 1e-3
            case 3: random.unit() * 1e-8
            default: -40 * random.unit()
            }
        } + [0, -0.0, .infinity, -.infinity, .nan, 1, -1, .leastNonzeroMagnitude, 2, -2, 26.5, -745]
    }

    private static func check(
        _ lanes: (UnsafeMutableBufferPointer<Double>) -> Void, _ one: (Double) -> Double, _ name: String
    ) {
        let seed: UInt64 = 20_260_310
        let numbers = numbers(200_000, seed: seed)
        var results = numbers
        results.withUnsafeMutableBufferPointer { lanes($0) }
        let wrong = numbers.indices.first { index in
            let (a, b) = (results[index], one(numbers[index]))
            return a.bitPattern != b.bitPattern && !(a.isNaN && b.isNaN)
        }
        #expect(wrong == nil, "\(name) of \(wrong.map { numbers[$0] } ?? 0), seed \(seed)")
    }

    @Test func `functions of many numbers have the bits of the same functions of one`() {
        Self.check(DeterministicMath.log, DeterministicMath.log, "log")
        Self.check(DeterministicMath.exp, DeterministicMath.exp, "exp")
        Self.check(DeterministicMath.erfc, DeterministicMath.erfc, "erfc")
    }

    @Test(arguments: [2, 4, 8] as [Int32])
    func `a processor with narrower lanes gives the same bits`(width: Int32) {
        Self.check({ lh_log_lanes_of(width, $0.baseAddress, Int32($0.count)) }, DeterministicMath.log, "log")
        Self.check({ lh_exp_lanes_of(width, $0.baseAddress, Int32($0.count)) }, DeterministicMath.exp, "exp")
        Self.check({ lh_erfc_lanes_of(width, $0.baseAddress, Int32($0.count)) }, DeterministicMath.erfc, "erfc")
    }
}
