import Accounts
import CHeapCount
import Determinism
import Orders
import Testing
import Units

@Suite struct ValueAtRiskTests {
    private func subject(
        length: Int = 20, minimum: Int = 2, confidence: String = "0.95", horizon: Int64 = 1,
        mean: ValueAtRiskConfiguration.Mean = .zero
    ) -> ValueAtRisk {
        var configuration = ValueAtRiskConfiguration()
        configuration.length = length
        configuration.minimum = minimum
        configuration.confidence = ExactRatio(confidence) ?? .zero
        configuration.horizon = horizon
        configuration.mean = mean
        return ValueAtRisk(configuration)
    }

    @Test func `a window of known profits`() {
        // −10, −9 … 10 dollars: the 5 % quantile of 21 values is the second smallest, σ² = 38.5.
        var value = subject(length: 21)
        for dollars in [7, -3, 10, -10, 0, 1, 2, -9, 3, 4, 5, 6, 8, 9, -1, -2, -4, -5, -6, -7, -8] as [Int64] {
            value.append(Money(cents: dollars * 100))
        }
        #expect(value.historical == .usd("9"))
        // 1.644853626951473 times 6.204836823, rounded up.
        #expect(value.parametric == .usd("10.206048353"))
    }

    @Test func `between two profits the quantile is interpolated and rounded to the larger loss`() {
        var value = subject()
        value.append(Money(nanos: -10))
        value.append(.zero)
        // −10 + 0.05 · 10 = −9.5, rounded down to −10.
        #expect(value.profits.quantile(ExactRatio(billionths: 50_000_000)) == Money(nanos: -10))
        #expect(value.profits.quantile(ExactRatio(billionths: 500_000_000)) == Money(nanos: -5))
        #expect(value.profits.quantile(.one) == .zero)
        #expect(value.historical == Money(nanos: 10))
    }

    @Test func `there is no estimate below the minimum`() {
        var value = subject(minimum: 3)
        for count in 1...3 {
            #expect(value.historical == nil && value.parametric == nil && value.isWithin(.usd("1000")) == nil)
            value.append(Money(cents: Int64(-100 * count)))
        }
        #expect(value.historical != nil && value.parametric != nil)
    }

    @Test func `a loss at the limit is within, a billionth more is not`() throws {
        var value = subject()
        for cents in [-300, 100, 200, -50] as [Int64] { value.append(Money(cents: cents)) }
        let larger = try max(#require(value.historical), #require(value.parametric))
        #expect(value.isWithin(larger) == true)
        #expect(value.isWithin(larger - Money(nanos: 1)) == false)
    }

    @Test func `only profits mean no value at risk`() {
        var value = subject(mean: .sample)
        for _ in 0..<5 { value.append(.usd("3")) }
        #expect(value.historical == .zero && value.parametric == .zero)
    }

    @Test func `the mean moves the parametric estimate when it is asked for`() throws {
        var (without, with) = (subject(horizon: 4), subject(horizon: 4, mean: .sample))
        for cents in [-100, 400] as [Int64] {
            without.append(Money(cents: cents))
            with.append(Money(cents: cents))
        }
        // Four times the mean of $1.50.
        #expect(try #require(without.parametric) - #require(with.parametric) == .usd("6"))
    }

    @Test func `what makes no sense is named`() {
        func problem(_ change: (inout ValueAtRiskConfiguration) -> Void) -> String? {
            var configuration = ValueAtRiskConfiguration()
            change(&configuration)
            return configuration.problem
        }
        #expect(problem { _ in } == nil)
        #expect(problem { $0.length = 1_024 } == nil)
        #expect(problem { $0.length = 1_025 } == "length")
        #expect(problem { $0.minimum = 1 } == "minimum")
        #expect(problem { $0.minimum = 250 } == nil)
        #expect(problem { $0.minimum = 251 } == "minimum")
        #expect(problem { $0.confidence = ExactRatio(billionths: 500_000_000) } == "confidence")
        #expect(problem { $0.confidence = .one } == "confidence")
        #expect(problem { $0.confidence = ExactRatio(billionths: 999_999_999) } == nil)
        #expect(problem { $0.horizon = 0 } == "horizon")
        #expect(problem { $0.horizon = 1_001 } == "horizon")
    }

    @Test func `a profit at the bound is taken, one beyond stops the process`() async {
        var value = subject(horizon: 1_000)
        for _ in 0..<10 {
            value.append(.usd("10000000"))
            value.append(.usd("-10000000"))
        }
        #expect(value.historical == .usd("10000000"))
        #expect(value.parametric != nil)
        await #expect(processExitsWith: .failure) {
            var window = ProfitWindow(length: 2)
            window.append(Money(nanos: 10_000_000_000_000_001))
        }
    }

    @Test(arguments: [1, 2, 3] as [UInt64])
    func `a moving window is the window computed anew, also after loading`(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        var profits: [Int64] = []
        var value = subject(length: 37)
        for step in 0..<400 {
            // Ties are common.
            let profit = (Int64(random.below(200)) - 100) * 10_000_000_000
            profits.append(profit)
            value.append(Money(nanos: profit))
            if step % 90 == 60 { value = try reloaded(value, into: subject(length: 37)) }
            var fresh = subject(length: 37)
            for profit in profits.suffix(37) { fresh.append(Money(nanos: profit)) }
            #expect(value.historical == fresh.historical, "seed \(seed), step \(step)")
            #expect(value.parametric == fresh.parametric, "seed \(seed), step \(step)")
            let sorted = profits.suffix(37).sorted()
            #expect(value.profits.quantile(.zero)?.nanos == sorted.first, "seed \(seed), step \(step)")
            #expect(value.profits.quantile(.one)?.nanos == sorted.last, "seed \(seed), step \(step)")
        }
    }

    @Test(.enabled(if: lh_heap_count_enabled() != 0, "heap calls are not counted under a sanitizer"))
    func `nothing is allocated after the start`() {
        var value = subject(length: 20)
        func play() {
            for cents in 0..<40 { value.append(Money(cents: Int64(cents * cents % 37 - 20))) }
            #expect(value.isWithin(.usd("1000")) == true)
        }
        play()
        let before = lh_heap_calls()
        for cents in 0..<40 { value.append(Money(cents: Int64(cents * cents % 37 - 20))) }
        let within = value.isWithin(.usd("1000"))
        let calls = lh_heap_calls() - before
        #expect(calls == 0)
        #expect(within == true)
    }
}
