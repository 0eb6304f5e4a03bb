import Orders
import Risk
import Testing
import Units

@Suite struct WarmingTests {
    private func play(_ script: String, sourceLocation: SourceLocation = #_sourceLocation) throws {
        try TradingTests.play({ DeskScenario() }, script, sourceLocation: sourceLocation)
    }

    private static let book = "1.000 book 5000.00x50 | 5000.25x50\n"

    @Test func `a feed that is behind bars strategies and not manual orders`() throws {
        try play(
            """
            0.500 feed behind
            -> ACTIVE to REDUCING warming
            """ + "\n" + Self.book + """
            1.001 s1 buy 1
            -> refused s1 trading_state
            1.002 m1 buy 1
            -> approved m1
            -> send m1 entry buy 1 market
            1.003 feed live
            -> REDUCING to ACTIVE warmed
            """)
    }

    @Test func `a feed that says it is live, and was, changes nothing`() throws {
        try play(Self.book + """
            1.001 feed live
            1.002 feed behind
            -> ACTIVE to REDUCING warming
            1.003 feed behind
            1.004 resume
            -> not_now
            1.005 feed live
            -> REDUCING to ACTIVE warmed
            """)
    }

    @Test func `a pause outlasts the feed's return, and bars manual orders`() throws {
        try play(Self.book + """
            1.001 feed behind
            -> ACTIVE to REDUCING warming
            1.002 pause
            1.003 m1 buy 1
            -> refused m1 trading_state
            1.004 feed live
            1.005 m2 buy 1
            -> refused m2 trading_state
            1.006 resume
            -> REDUCING to ACTIVE operator
            """)
    }

    @Test func `what a person could open behind a feed is cancelled when it may not any more`() {
        var paused = GateBench()
        paused.gate.feedChanged(isLive: false, hasPresentBooks: true)
        #expect(paused.order(.buy, limit: "4990.00", issuer: .manual) == nil)
        _ = paused.changes()
        for told in [["REDUCING to REDUCING operator"], []] {
            #expect(paused.gate.pause() == .done)
            #expect(paused.changes() == told)
        }

        var lost = GateBench()
        lost.gate.feedChanged(isLive: false, hasPresentBooks: true)
        #expect(lost.changes() == ["ACTIVE to REDUCING warming"])
        // Nothing rests: there is nothing to tell.
        for isPresent in [false, true] { lost.gate.feedChanged(isLive: false, hasPresentBooks: isPresent) }
        #expect(lost.changes() == [])
        #expect(lost.order(.buy, limit: "4990.00", issuer: .manual) == nil)
        for told in [["REDUCING to REDUCING warming"], []] {
            lost.gate.feedChanged(isLive: false, hasPresentBooks: false)
            #expect(lost.changes() == told)
        }
        // It could not open any more before.
        #expect(lost.gate.losePeer() == .done)
        #expect(lost.changes() == [])
    }

    @Test func `what ends another restriction while the feed is behind leads back to warming`() throws {
        try play(Self.book + """
            1.001 pause
            -> ACTIVE to REDUCING operator
            1.002 feed behind
            1.003 resume
            -> restricted
            1.004 halt
            -> REDUCING to HALTED operator
            1.005 arm
            -> HALTED to ACTIVE armed
            -> ACTIVE to REDUCING warming
            1.006 feed live
            -> REDUCING to ACTIVE warmed
            """)
    }

    @Test func `a lock stays one, whatever the feed does`() throws {
        try play(Self.book + """
            1.001 flatten
            -> ACTIVE to FLATTENING operator
            1.003 tick
            1.005 tick
            -> flat after 0 rounds
            -> FLATTENING to LOCKED flat
            1.006 feed behind
            1.007 feed live
            """)
    }
}
