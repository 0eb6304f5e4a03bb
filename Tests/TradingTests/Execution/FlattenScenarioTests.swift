import Execution
import Orders
import Risk
import Testing
import Units

/// What ends in a flatten, with risk gate and venue.
@Suite struct FlattenScenarioTests {
    func play(_ script: String, sourceLocation: SourceLocation = #_sourceLocation) throws {
        try TradingTests.play({ DeskScenario() }, script, sourceLocation: sourceLocation)
    }

    @Test func `a stop that is not acknowledged in half a second means flatten`() throws {
        try play("""
            1.000 book 5000.00x10 | 5000.25x10
            1.001 s1 buy 1
            -> approved s1
            -> send s1 entry buy 1 market
            1.003 tick
            -> s1 working 1
            -> fill s1 buy 1 @ 5000.25
            -> s1 filled 0
            -> send x1 protectiveStop sell 1 stop 4998.25
            -> send x2 target sell 1 limit 5004.25
            1.004 mute
            1.252999999 tick
            1.253 tick
            -> x1 unknown 1
            -> x2 unknown 1
            1.502999999 tick
            1.503 tick
            -> gateway flattens stop_not_acknowledged
            -> cancel x1
            -> cancel x2
            -> ACTIVE to FLATTENING stop_not_acknowledged
            1.600 unmute
            1.601 tick
            -> x1 working 1
            -> x2 working 1
            -> cancel x1
            -> cancel x2
            -> x1 cancelled 0 requested
            -> x2 cancelled 0 requested
            # The second cancels find nothing, and the venue is read once more.
            1.603 tick
            1.605 tick
            -> send x3 close sell 1 limit 4995.00
            1.607 tick
            -> x3 working 1
            -> fill x3 sell 1 @ 5000.00
            -> x3 filled 0
            1.609 tick
            1.611 tick
            -> flat after 1 rounds
            -> FLATTENING to LOCKED flat
            """)
    }

    @Test func `a stop that the venue refuses means flatten`() throws {
        // The market falls while the order is on its way: its stop would be below the lowest price there is.
        try play("""
            1.000 book 5000.00x10 | 5000.25x10
            1.001 m1 buy 1 stop 20000 target 0
            -> approved m1
            -> send m1 entry buy 1 market
            1.0015 book 4999.00x10 | 4999.25x10
            1.003 tick
            -> m1 working 1
            -> fill m1 buy 1 @ 4999.25
            -> m1 filled 0
            -> send x1 protectiveStop sell 1 stop -0.75
            1.005 tick
            -> x1 rejected 0 malformed
            -> gateway flattens stop_rejected
            -> ACTIVE to FLATTENING stop_rejected
            1.007 tick
            -> send x2 close sell 1 limit 4994.00
            1.009 tick
            -> x2 working 1
            -> fill x2 sell 1 @ 4999.00
            -> x2 filled 0
            1.011 tick
            1.013 tick
            -> flat after 1 rounds
            -> FLATTENING to LOCKED flat
            """)
    }

    @Test func `a stop that finds too little in the book means flatten`() throws {
        try play("""
            1.000 book 5000.00x10 | 5000.25x10
            1.001 m1 buy 3 target 0
            -> approved m1
            -> send m1 entry buy 3 market
            1.003 tick
            -> m1 working 3
            -> fill m1 buy 3 @ 5000.25
            -> m1 filled 0
            -> send x1 protectiveStop sell 3 stop 4998.25
            1.005 trade sell 9 @ 4998.25 => 4998.00x1 | 4998.25x1
            -> x1 working 3
            1.006 tick
            -> x1 working 3
            -> fill x1 sell 1 @ 4998.00
            -> x1 partiallyFilled 2
            -> x1 cancelled 0 book_exhausted
            -> gateway flattens stop_lost
            -> ACTIVE to FLATTENING stop_lost
            1.007 book 4997.00x9 | 4997.25x1
            1.008 tick
            -> send x2 close sell 2 limit 4992.00
            1.010 tick
            -> x2 working 2
            -> fill x2 sell 2 @ 4997.00
            -> x2 filled 0
            1.012 tick
            1.014 tick
            -> flat after 1 rounds
            -> FLATTENING to LOCKED flat
            """)
    }

    @Test func `flatten cancels everything first, closes in as many rounds as it takes, and locks`() throws {
        try play("""
            1.000 book 5000.00x10 | 5000.25x10
            1.001 m1 buy 5
            -> approved m1
            -> send m1 entry buy 5 market
            1.002 m2 buy 2 limit 4999.00
            -> approved m2
            -> send m2 entry buy 2 limit 4999.00
            1.005 tick
            -> m1 working 5
            -> fill m1 buy 5 @ 5000.25
            -> m1 filled 0
            -> send x1 protectiveStop sell 5 stop 4998.25
            -> send x2 target sell 5 limit 5004.25
            -> m2 working 2
            1.006 book 5000.00x3 | 5000.25x10
            1.007 flatten
            -> ACTIVE to FLATTENING operator
            -> cancel m2
            -> cancel x1
            -> cancel x2
            1.008 m3 buy 1
            -> refused m3 trading_state
            1.009 tick
            -> x1 working 5
            -> x2 working 5
            -> m2 cancelled 0 requested
            -> x1 cancelled 0 requested
            -> x2 cancelled 0 requested
            1.011 tick
            -> send x3 close sell 5 limit 4995.00
            1.013 tick
            -> x3 working 5
            -> fill x3 sell 3 @ 5000.00
            -> x3 partiallyFilled 2
            -> x3 cancelled 0 book_exhausted
            1.015 book 4999.75x9 | 5000.25x10
            # Rounds are 50 ms apart.
            1.016 tick
            1.060999999 tick
            1.061 tick
            1.063 tick
            -> send x4 close sell 2 limit 4994.75
            1.065 tick
            -> x4 working 2
            -> fill x4 sell 2 @ 4999.75
            -> x4 filled 0
            1.067 tick
            1.069 tick
            -> flat after 2 rounds
            -> FLATTENING to LOCKED flat
            2.012 m4 buy 1
            -> refused m4 trading_state
            2.013 arm
            -> LOCKED to ACTIVE armed
            2.014 m5 buy 1
            -> approved m5
            -> send m5 entry buy 1 market
            """)
    }

    @Test func `a flat account is flat when the venue has said so twice`() throws {
        try play("""
            1.000 book 5000.00x10 | 5000.25x10
            1.001 flatten
            -> ACTIVE to FLATTENING operator
            1.003 tick
            1.005 tick
            -> flat after 0 rounds
            -> FLATTENING to LOCKED flat
            """)
    }

    @Test func `an entry that fills on its way out of a flatten is closed in the next round`() throws {
        try play("""
            1.000 book 5000.00x10 | 5000.25x10
            1.001 m1 buy 2
            -> approved m1
            -> send m1 entry buy 2 market
            1.0015 flatten
            -> ACTIVE to FLATTENING operator
            -> cancel m1
            1.003 tick
            -> m1 working 2
            -> fill m1 buy 2 @ 5000.25
            -> m1 filled 0
            # The cancel finds nothing.
            1.005 tick
            1.007 tick
            -> send x1 close sell 2 limit 4995.00
            1.009 tick
            -> x1 working 2
            -> fill x1 sell 2 @ 5000.00
            -> x1 filled 0
            1.011 tick
            1.013 tick
            -> flat after 1 rounds
            -> FLATTENING to LOCKED flat
            """)
    }

    @Test func `a fill that nobody ordered counts, and ends in a flatten`() {
        var scenario = DeskScenario()
        _ = scenario.play("1.000 book 5000.00x10 | 5000.25x10")
        let event = VenueEvent(
            sequence: 1, time: Script.time("1.001"), deliveryTime: Script.time("1.002"), kind: .filled, reason: .none,
            order: ClientOrderID(epoch: 1, issuer: .manual, count: 77), side: .sell, quantity: Quantity(2),
            price: Script.price("5000.00"), fee: Money(cents: 124), liquidity: .taker, leaves: .zero)
        scenario.desk.execution.apply(event, scenario.desk.clock)
        #expect(scenario.desk.execution.position.quantity == Quantity(-2))
        scenario.desk.settle()
        #expect(scenario.desk.risk.position.quantity == Quantity(-2))
        #expect(scenario.desk.risk.state == .flattening)
        #expect(scenario.desk.execution.contradictions == 1)
        // The venue's own first word has the same number and is lost, so it is asked again. It holds nothing, and
        // nothing is closed.
        for time in ["1.003", "1.250", "1.252", "1.254", "1.256", "1.258"] { scenario.desk.tick(Script.time(time)) }
        #expect(scenario.desk.log.contains("question -2 found 0"))
        #expect(scenario.desk.risk.state == .locked)
        #expect(scenario.desk.execution.openQuantity == .zero)
    }

    @Test func `venue events are taken once, and a hole in them ends in a flatten`() {
        var gateway = ExecutionGateway(ExecutionConfiguration(terms: Script.terms), epoch: 1)
        func event(_ sequence: UInt64) -> VenueEvent {
            VenueEvent(
                sequence: sequence, time: Script.time("1"), deliveryTime: Script.time("1"), kind: .cancelRejected,
                reason: .unknownOrder, order: .none, side: .buy, quantity: .zero, price: .zero, fee: .zero,
                liquidity: .taker, leaves: .zero)
        }
        let clock = TradingClock(Script.time("1"))
        gateway.apply(event(1), clock)
        gateway.apply(event(1), clock)
        #expect(gateway.contradictions == 0)
        gateway.apply(event(3), clock)
        #expect(gateway.contradictions == 1)
    }
}
