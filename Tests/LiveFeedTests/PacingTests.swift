import Testing
import Units

@testable import LiveFeed

@Suite struct PacingTests {
    @Test(arguments: [1, 2, 3, 99] as [UInt64])
    func `waits grow to the longest and are never shorter than the shortest`(seed: UInt64) {
        var backOff = BackOff(minimum: .seconds(1), maximum: .seconds(30), seed: seed)
        var most = 2.0
        for attempt in 1...100 {
            let wait = backOff.next()
            #expect(wait >= .seconds(1), "attempt \(attempt), seed \(seed)")
            #expect(wait.seconds <= most && wait.seconds >= most / 2, "attempt \(attempt), seed \(seed)")
            most = min(30, 2 * most)
        }
        #expect(backOff.failures == 100)
        backOff.succeeded()
        #expect(backOff.next() <= .seconds(2))
    }

    @Test func `the same seed waits the same, another does not`() {
        func waits(_ seed: UInt64) -> [Int64] {
            var backOff = BackOff(minimum: .seconds(1), maximum: .seconds(30), seed: seed)
            return (0..<10).map { _ in backOff.next().count }
        }
        #expect(waits(5) == waits(5))
        #expect(waits(5) != waits(6))
    }

    @Test func `lines beyond the burst go one at a time`() {
        var pacing = LinePacing(burst: 10, interval: .milliseconds(100))
        var now = Nanoseconds.seconds(50)
        var sent: [Nanoseconds] = []
        for _ in 0..<35 {
            now = now + pacing.wait(at: now)
            pacing.sent(at: now)
            sent.append(now)
        }
        #expect(sent[9] == .seconds(50))
        #expect(sent[10] == .milliseconds(50_100))
        #expect(sent[34] == .milliseconds(52_500))
        // In no second more than the burst and ten.
        for first in sent.indices {
            #expect(sent[first...].prefix { $0 < sent[first] + .seconds(1) }.count <= 20)
        }
        now = now + .seconds(60)
        #expect(pacing.wait(at: now) == .zero)
    }
}
