import DBN
import Determinism
import Testing
import Units

@testable import Synthesis

@Suite struct RealismTests {
    /// The Hawkes process's mean: base / (1 − branching ratio), here 1 / (1 − 0.83).
    @Test(arguments: [11, 12] as [UInt64])
    func `arrivals come at the base rate times the size of a cluster`(seed: UInt64) {
        var arrivals = ArrivalProcess(seed: seed)
        var elapsed = 0.0
        let count = 40_000
        for _ in 0..<count {
            let gap = arrivals.drawGap(base: 10)
            arrivals.decay(gap)
            arrivals.excite()
            elapsed += gap
        }
        let rate = Double(count) / elapsed
        #expect(abs(rate / (10 * ArrivalProcess.clusterGroups) - 1) < 0.08, "seed \(seed): \(rate) a second")
    }

    @Test func `arrivals are clustered: half of the gaps are a hundredth of the mean`() {
        let book = SyntheticTape(.evening(seed: 13, rate: 0.5, minutes: 10)).book(.signal)
        let gaps = zip(book, book.dropFirst()).map { $1.eventTime - $0.eventTime }.sorted()
        let mean = gaps.reduce(0, +) / UInt64(gaps.count)
        #expect(gaps[gaps.count / 2] * 100 < mean)
    }

    @Test func `both books follow one price within two ticks`() {
        let tape = SyntheticTape(.evening(seed: 14, rate: 0.5, minutes: 10))
        var signalMid: Int64 = 0
        var distances: [Int64] = []
        for record in tape.records {
            if record.stream == .signal { signalMid = record.doubledMid }
            if record.stream == .traded, signalMid > 0 { distances.append(abs(record.doubledMid - signalMid)) }
        }
        #expect(Double(distances.count { $0 <= 2 }) > 0.95 * Double(distances.count))
        #expect(distances.allSatisfy { $0 <= 16 })
    }

    /// A consumer's need: pre-market and opening-range prices are tested at least five times each on the default day.
    /// scripts/oracles/synth_calibration.py counts the same, with the moving average, on twenty seeds.
    @Test func `every level of the morning is tested at least five times on a small day`() {
        let parameters = SyntheticTape.parameters(seed: 1, rate: 0.01, from: 4 * 3_600, to: 61_200, withTraded: false)
        let book = SyntheticTape(parameters).book(.signal)
        func second(_ record: SyntheticTape.Record) -> Double {
            Double(record.eventTime - SyntheticTape.midnight.nanoseconds) / 1e9
        }
        func prints(_ start: Double, _ end: Double) -> [Int64] {
            book.filter { $0.action == .trade && second($0) >= start * 3_600 && second($0) < end * 3_600 }.map(\.price)
        }
        let morning = prints(4, 9.5)
        let opening = prints(9.5, 9.75)
        let levels = [(morning.max(), 9.5), (morning.min(), 9.5), (opening.max(), 9.75), (opening.min(), 9.75)]
        for (level, start) in levels {
            guard let level else {
                Issue.record("a window without trades")
                continue
            }
            var tests = 0
            var inTest = false
            for record in book where second(record) >= start * 3_600 {
                if record.action == .trade, abs(record.price - level) <= 2 * SyntheticTape.tick, !inTest {
                    inTest = true
                    tests += 1
                }
                if abs(record.doubledMid - 2 * level / SyntheticTape.tick) >= 16 { inTest = false }
            }
            #expect(tests >= 5, "level \(level)")
        }
    }
}
