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
    }

    @Test func `after a restart in a silent market the venue's time goes on where it was`() {
        var clock = MessageClock(after: Self.time(0), followsMarket: true, at: .seconds(100))
        _ = clock.now(.seconds(100), market: Self.time(9_000))
        #expect(clock.now(.seconds(2_500), market: Self.time(9_000)) == Self.time(11_400))
        for machine in [Int64(2_501), 3] {
            var after = MessageClock(after: clock.last, followsMarket: true, at: .seconds(machine))
            #expect(after.now(.seconds(machine), market: Self.time(9_000)) == Self.time(11_400))
            #expect(after.now(.seconds(machine + 1), market: Self.time(9_000)) == Self.time(11_401))
            // The market is back.
            #expect(after.now(.seconds(machine + 2), market: Self.time(11_500)) == Self.time(11_500))
        }
    }

    @Test func `of records that are late the venue's time does not wait for the last one`() {
        var clock = MessageClock(after: Self.time(0), followsMarket: true, at: .seconds(100))
        _ = clock.now(.seconds(100), market: Self.time(9_000))
        #expect(clock.now(.seconds(112), market: Self.time(9_000)) == Self.time(9_012))
        // The feed goes on where it was, at its pace: half of the time, until it has come up.
        #expect(clock.now(.seconds(112), market: Self.time(9_001)) == Self.time(9_012))
        #expect(clock.now(.seconds(114), market: Self.time(9_003)) == Self.time(9_013))
        #expect(clock.now(.seconds(134), market: Self.time(9_023)) == Self.time(9_023))
        #expect(clock.now(.seconds(136), market: Self.time(9_025)) == Self.time(9_025))
    }
}
