import Execution
import Orders
import Risk
import Testing
import Units

@Suite struct ExecutionTests {
    func play(_ script: String, sourceLocation: SourceLocation = #_sourceLocation) throws {
        try TradingTests.play({ DeskScenario() }, script, sourceLocation: sourceLocation)
    }

    /// A long position of one contract from 5000.25: stop 4998.25 (x1), target 5004.25 (x2), both working.
    static let long = """
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
        1.005 tick
        -> x1 working 1
        -> x2 working 1
        """

    @Test func `a fill gets its stop and its target in the same step`() throws {
        try play(Self.long)
        try play("""
            1.000 book 5000.00x10 | 5000.25x10
            1.001 s1 sell 2 stop 4 target 6
            -> approved s1
            -> send s1 entry sell 2 market
            1.003 tick
            -> s1 working 2
            -> fill s1 sell 2 @ 5000.00
            -> s1 filled 0
            -> send x1 protectiveStop buy 2 stop 5001.00
            -> send x2 target buy 2 limit 4998.50
            """)
    }

    @Test func `the stop closes the position and the target is gone with it`() throws {
        try play(Self.long + """

            2.000 trade sell 3 @ 4998.25 => 4998.00x10 | 4998.25x10
            2.001 tick
            -> fill x1 sell 1 @ 4998.00
            -> x1 filled 0
            -> x2 cancelled 0 linked
            2.002 profit
            -> profit -12.49 drawdown 12.49
            """)
    }

    @Test func `the target closes the position and the stop is gone with it`() throws {
        try play(Self.long + """

            2.000 trade buy 3 @ 5004.50 => 5004.25x10 | 5004.50x10
            2.001 tick
            -> fill x2 sell 1 @ 5004.25
            -> x2 filled 0
            -> x1 cancelled 0 linked
            2.002 profit
            -> profit 18.76 drawdown 0.62
            """)
    }

    @Test func `every partial fill has its own stop at its own distance`() throws {
        try play("""
            1.000 book 5000.00x10 | 5000.25x1,5000.75x10
            1.001 s1 buy 3
            -> approved s1
            -> send s1 entry buy 3 market
            1.003 tick
            -> s1 working 3
            -> fill s1 buy 1 @ 5000.25
            -> s1 partiallyFilled 2
            -> send x1 protectiveStop sell 1 stop 4998.25
            -> send x2 target sell 1 limit 5004.25
            -> fill s1 buy 2 @ 5000.75
            -> s1 filled 0
            -> send x3 protectiveStop sell 2 stop 4998.75
            -> send x4 target sell 2 limit 5004.75
            1.005 tick
            -> x1 working 1
            -> x2 working 1
            -> x3 working 2
            -> x4 working 2
            2.000 trade sell 3 @ 4998.75 => 4998.50x10 | 4998.75x10
            2.001 tick
            -> fill x3 sell 2 @ 4998.50
            -> x3 filled 0
            -> x4 cancelled 0 linked
            """)
    }

    @Test func `a partly filled target leaves a stop for the rest`() throws {
        try play("""
            1.000 book 5000.00x10 | 5000.25x10
            1.001 s1 buy 3
            -> approved s1
            -> send s1 entry buy 3 market
            1.003 tick
            -> s1 working 3
            -> fill s1 buy 3 @ 5000.25
            -> s1 filled 0
            -> send x1 protectiveStop sell 3 stop 4998.25
            -> send x2 target sell 3 limit 5004.25
            1.005 tick
            -> x1 working 3
            -> x2 working 3
            2.000 trade buy 2 @ 5004.25 => 5004.00x10 | 5004.50x10
            2.001 tick
            -> fill x2 sell 2 @ 5004.25
            -> x2 partiallyFilled 1
            -> x1 working 1 linked
            3.000 trade sell 3 @ 4998.25 => 4998.00x10 | 4998.25x10
            3.001 tick
            -> fill x1 sell 1 @ 4998.00
            -> x1 filled 0
            -> x2 cancelled 0 linked
            """)
    }

    @Test func `when a part of a limit entry is stopped out the rest of the entry is cancelled`() throws {
        try play("""
            1.000 book 5000.00x1 | 5000.25x10
            1.001 m1 buy 3 limit 5000.00
            -> approved m1
            -> send m1 entry buy 3 limit 5000.00
            1.003 trade sell 2 @ 5000.00 => 4999.75x9 | 5000.00x1
            -> m1 working 3
            1.0031 book 4999.75x9 | 5000.25x1
            1.005 tick
            -> fill m1 buy 1 @ 5000.00
            -> m1 partiallyFilled 2
            -> send x1 protectiveStop sell 1 stop 4998.00
            -> send x2 target sell 1 limit 5004.00
            -> fill m1 buy 1 @ 5000.00
            -> m1 partiallyFilled 1
            -> send x3 protectiveStop sell 1 stop 4998.00
            -> send x4 target sell 1 limit 5004.00
            1.007 tick
            -> x1 working 1
            -> x2 working 1
            -> x3 working 1
            -> x4 working 1
            1.008 trade buy 1 @ 5004.00 => 5003.75x5 | 5004.25x1
            1.009 tick
            -> fill x2 sell 1 @ 5004.00
            -> x2 filled 0
            -> cancel m1
            -> x1 cancelled 0 linked
            1.011 tick
            -> m1 cancelled 0 requested
            """)
    }

    @Test func `the time stop closes at the market and takes the bracket with it`() throws {
        try play(Self.long + """

            601.001 book 5001.00x10 | 5001.25x10
            601.002 tick
            -> send x3 close sell 1 market
            601.004 tick
            -> x3 working 1
            -> fill x3 sell 1 @ 5001.00
            -> x3 filled 0
            -> x1 cancelled 0 linked
            -> x2 cancelled 0 linked
            """)
    }

    @Test func `a close that meets a partly filled target closes only the rest`() throws {
        try play("""
            1.000 book 5000.00x10 | 5000.25x10
            1.001 m1 buy 4
            -> approved m1
            -> send m1 entry buy 4 market
            1.003 tick
            -> m1 working 4
            -> fill m1 buy 4 @ 5000.25
            -> m1 filled 0
            -> send x1 protectiveStop sell 4 stop 4998.25
            -> send x2 target sell 4 limit 5004.25
            1.005 tick
            -> x1 working 4
            -> x2 working 4
            2.000 trade buy 3 @ 5004.25 => 5004.00x10 | 5004.50x10
            2.0005 m2 close
            -> approved m2
            -> send x3 close sell 4 market
            2.003 tick
            -> fill x2 sell 3 @ 5004.25
            -> x2 partiallyFilled 1
            -> x1 working 1 linked
            -> x3 working 1
            -> fill x3 sell 1 @ 5004.00
            -> x3 filled 0
            -> x1 cancelled 0 linked
            -> x2 cancelled 0 linked
            """)
    }

    @Test func `a close that the venue refuses is sent again after a second, with the stop in place`() throws {
        try play(Self.long + """

            2.000 quality halted
            2.001 m1 close
            -> approved m1
            -> send x3 close sell 1 market
            2.003 tick
            -> x3 rejected 0 market_closed
            2.900 book 5001.00x10 | 5001.25x10
            3.002 tick
            3.003 tick
            -> send x4 close sell 1 market
            3.005 tick
            -> x4 working 1
            -> fill x4 sell 1 @ 5001.00
            -> x4 filled 0
            -> x1 cancelled 0 linked
            -> x2 cancelled 0 linked
            """)
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
            1.502999999 tick
            1.503 tick
            -> x1 unknown 1
            -> gateway flattens stop_not_acknowledged
            -> cancel x1
            -> cancel x2
            -> ACTIVE to FLATTENING stop_not_acknowledged
            1.600 unmute
            1.601 tick
            -> x1 working 1
            -> x2 working 1
            -> x1 cancelled 0 requested
            -> x2 cancelled 0 requested
            -> send x3 close sell 1 market
            1.603 tick
            -> x3 working 1
            -> fill x3 sell 1 @ 5000.00
            -> x3 filled 0
            -> flat after 1 rounds
            -> FLATTENING to LOCKED flat
            """)
    }

    @Test func `a stop that the venue refuses means flatten`() throws {
        // Ten points below the lowest price there is.
        try play("""
            1.000 book 5000.00x10 | 5000.25x10
            1.001 m1 buy 1 stop 30000 target 0
            -> approved m1
            -> send m1 entry buy 1 market
            1.003 tick
            -> m1 working 1
            -> fill m1 buy 1 @ 5000.25
            -> m1 filled 0
            -> send x1 protectiveStop sell 1 stop -2499.75
            1.005 tick
            -> x1 rejected 0 malformed
            -> send x2 close sell 1 market
            -> gateway flattens stop_rejected
            -> ACTIVE to FLATTENING stop_rejected
            1.007 tick
            -> x2 working 1
            -> fill x2 sell 1 @ 5000.00
            -> x2 filled 0
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
            -> fill x1 sell 1 @ 4998.00
            -> x1 partiallyFilled 2
            -> x1 cancelled 0 book_exhausted
            -> send x2 close sell 2 market
            -> gateway flattens stop_lost
            -> ACTIVE to FLATTENING stop_lost
            1.007 book 4997.00x9 | 4997.25x1
            1.008 tick
            -> x2 working 2
            -> fill x2 sell 2 @ 4997.00
            -> x2 filled 0
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
            -> send x3 close sell 5 market
            1.011 tick
            -> x3 working 5
            -> fill x3 sell 3 @ 5000.00
            -> x3 partiallyFilled 2
            -> x3 cancelled 0 book_exhausted
            2.008 book 4999.75x9 | 5000.25x10
            2.009 tick
            -> send x4 close sell 2 market
            2.011 tick
            -> x4 working 2
            -> fill x4 sell 2 @ 4999.75
            -> x4 filled 0
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

    @Test func `a flat account is flat at once`() throws {
        try play("""
            1.000 book 5000.00x10 | 5000.25x10
            1.001 flatten
            -> ACTIVE to FLATTENING operator
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
            -> send x1 close sell 2 market
            1.005 tick
            -> x1 working 2
            -> fill x1 sell 2 @ 5000.00
            -> x1 filled 0
            -> flat after 1 rounds
            -> FLATTENING to LOCKED flat
            """)
    }

    @Test func `an entry that fills while it is being cancelled is protected and closed`() throws {
        try play("""
            1.000 book 5000.00x10 | 5000.25x10
            1.001 m1 buy 1 limit 5000.00
            -> approved m1
            -> send m1 entry buy 1 limit 5000.00
            1.003 trade sell 12 @ 5000.00 => 4999.75x5 | 5000.25x10
            -> m1 working 1
            1.0031 pause
            -> ACTIVE to REDUCING operator
            -> cancel m1
            1.0045 tick
            -> fill m1 buy 1 @ 5000.00
            -> m1 filled 0
            -> send x1 protectiveStop sell 1 stop 4998.00
            -> send x2 target sell 1 limit 5004.00
            -> send x3 close sell 1 market
            1.0065 tick
            -> x1 working 1
            -> x2 working 1
            -> x3 working 1
            -> fill x3 sell 1 @ 4999.75
            -> x3 filled 0
            -> x1 cancelled 0 linked
            -> x2 cancelled 0 linked
            """)
    }

    @Test func `an operator may cancel entries and targets but not a stop`() throws {
        try play(Self.long + """

            2.000 pull x1
            -> pull protects_position
            2.001 pull x2
            -> pull sent
            -> cancel x2
            2.002 pull x9
            -> pull not_live
            2.003 tick
            -> x2 cancelled 0 requested
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
        #expect(scenario.desk.log.contains("send x1 close buy 2 market"))
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
