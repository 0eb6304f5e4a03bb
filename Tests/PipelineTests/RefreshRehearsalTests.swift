import Testing
import Units

@testable import Pipeline

@Suite struct RefreshRehearsalTests {
    private static let start: UInt64 = 1_773_149_225_000_000_000

    @Test(arguments: [1, 10, 240]) func `a time of the data comes as fast as the data has come`(speed: UInt64) {
        var pace = DataPace()
        for step in 0..<300 {
            // A record a millisecond, by the machine.
            pace.hear(Self.start + UInt64(step) * 1_000_000 * speed, now: .milliseconds(Int64(step)))
        }
        #expect(abs(pace.rate - Double(speed)) < 1e-9 * Double(speed))
        let next = Self.start + 302_000_000 * speed
        #expect(pace.time(until: next, now: .milliseconds(300)) == .milliseconds(2))
        #expect(pace.time(until: next, now: .milliseconds(305)) == .milliseconds(-3))
    }

    @Test func `what is nearly as fast as the machine's time is a live feed`() {
        var pace = DataPace()
        pace.hear(Self.start, now: .seconds(1))
        pace.hear(Self.start + 105_000_000, now: .milliseconds(1_100))
        #expect(pace.rate == 1)
        pace.hear(Self.start + 305_000_000, now: .milliseconds(1_200))
        #expect(pace.rate == 2)
    }

    @Test func `a time that goes back begins anew`() {
        var pace = DataPace()
        pace.hear(Self.start, now: .seconds(1))
        pace.hear(Self.start - 1_000_000_000, now: .seconds(2))
        pace.hear(Self.start - 500_000_000, now: .seconds(3))
        #expect(pace.rate == 0.5)
    }

    @Test func `before any record nothing is near, and nothing overflows`() {
        let pace = DataPace()
        #expect(pace.time(until: .max - 1, now: .seconds(5)) > .seconds(1_000))
        #expect(pace.time(until: 0, now: .seconds(5)) == .seconds(-5))
    }
}
