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
            # Triggered.
            -> x1 working 1
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
            -> x3 working 2
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
            -> x1 working 1
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
            -> send m2 close sell 4 market
            2.003 tick
            -> fill x2 sell 3 @ 5004.25
            -> x2 partiallyFilled 1
            -> x1 working 1 linked
            -> m2 working 1
            -> fill m2 sell 1 @ 5004.00
            -> m2 filled 0
            -> x1 cancelled 0 linked
            -> x2 cancelled 0 linked
            """)
    }

    @Test func `a close that a closed market refuses is sent when it opens, with the stop in place`() throws {
        try play(Self.long + """

            2.000 quality halted
            2.001 m1 close
            -> approved m1
            -> send m1 close sell 1 market
            2.003 tick
            -> m1 rejected 0 market_closed
            2.899 tick
            2.900 book 5001.00x10 | 5001.25x10
            -> send x3 close sell 1 market
            2.902 tick
            -> x3 working 1
            -> fill x3 sell 1 @ 5001.00
            -> x3 filled 0
            -> x1 cancelled 0 linked
            -> x2 cancelled 0 linked
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
}
