import Pipeline
import Testing
import Units

@Suite struct MessageClockTests {
    private static func time(_ seconds: Int64) -> Timestamp { Timestamp(nanoseconds: 0) + .seconds(seconds) }

    @Test func `a gateway's time is the machine's, and goes on behind the last one when the machine began anew`() {
        var clock = MessageClock(after: Self.time(0), followsMarket: false, at: .seconds(100))
        #expect(clock.now(.seconds(101), market: Self.time(9_000)) == Self.time(101))
        var after = MessageClock(after: clock.last, followsMarket: false, at: .seconds(5))
        #expect(after.now(.seconds(5), market: Self.time(0)) == Self.time(101))
        #expect(after.now(.seconds(7), market: Self.time(0)) == Self.time(103))
    }

    @Test func `the venue's time is the market's, and goes on while no record comes`() {
        var clock = MessageClock(after: Self.time(0), followsMarket: true, at: .seconds(100))
        #expect(clock.now(.seconds(101), market: Self.time(9_000)) == Self.time(9_000))
        #expect(clock.now(.seconds(103), market: Self.time(9_000)) == Self.time(9_002))
        #expect(clock.now(.seconds(103), market: Self.time(9_001)) == Self.time(9_002), "never back")
        #expect(clock.now(.seconds(106), market: Self.time(9_001)) == Self.time(9_004))
        var after = MessageClock(after: clock.last, followsMarket: true, at: .seconds(1))
        #expect(after.now(.seconds(1), market: Self.time(9_001)) == Self.time(9_004))
    }
}
