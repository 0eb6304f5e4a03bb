import Orders
import Risk
import Testing
import Units

/// What a verdict says of the intent that it is about: an explanation needs no guess.
@Suite struct VerdictReasonTests {
    private static func last(_ bench: GateBench) -> VerdictRecord? {
        bench.gate.verdicts.indices.last.map { bench.gate.verdicts[$0] }
    }

    @Test func `an entry's verdict names its signal, also when it is refused`() throws {
        for quantity in [1, 1_000] as [Int64] {
            var bench = GateBench()
            let reason = bench.order(.buy, quantity, issuer: .strategy, strategy: .level) { $0.signal = 23 }
            #expect((reason == nil) == (quantity == 1))
            let verdict = try #require(Self.last(bench))
            #expect(verdict.signal == 23 && verdict.action == .open && verdict.cause == nil)
        }
    }

    @Test func `a person's order is an operator's, and one against the whole position is a close`() throws {
        var bench = GateBench()
        bench.order(.buy, 1)
        #expect(try #require(Self.last(bench)).cause == .operatorRequest)
        #expect(try #require(Self.last(bench)).action == .open)
        bench.fill(.buy)
        bench.order(.sell, 1)
        #expect(try #require(Self.last(bench)).action == .close)
    }

    @Test func `a strategy's close says that its time is over, or its own lock`() throws {
        var day = Script.day
        day.flatBy = Script.time("60")
        for (time, cause) in [("30", nil), ("61", .flatByTime)] as [(String, StateReason?)] {
            var bench = GateBench(day: day)
            _ = bench.order(.sell, 0, at: time, issuer: .strategy, strategy: .level) { $0.action = .close }
            let verdict = try #require(Self.last(bench))
            #expect(verdict.action == .close && verdict.cause == cause)
        }
    }
}
