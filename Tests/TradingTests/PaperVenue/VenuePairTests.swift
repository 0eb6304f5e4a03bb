import Testing

/// Linked orders that open, for different quantities, at the venue.
@Suite struct VenuePairTests {
    private func play(_ script: String, sourceLocation: SourceLocation = #_sourceLocation) throws {
        try TradingTests.play({ VenueScenario() }, script, sourceLocation: sourceLocation)
    }

    @Test func `the second order of two sides may fill whole, and ends the first with its first contract`() throws {
        try play("""
            1.000 book 5000.00x10 | 5000.25x10
            1.001 submit a buy 1 limit 4999.00 link a
            1.001 submit b sell 3 limit 5001.00 link a
            1.003 tick
            -> accepted a
            -> accepted b
            1.004 query b 1
            1.006 tick
            -> 1: b working filled 0 leaves 3 @ 5001.00 none
            1.007 trade buy 2 @ 5001.00 => 5000.75x5 | 5001.25x5
            1.008 tick
            -> filled b sell 2 @ 5001.00 maker leaves 1 fee 1.24
            -> cancelled a linked
            1.009 trade buy 2 @ 5001.00 => 5000.75x5 | 5001.25x5
            1.010 tick
            -> filled b sell 1 @ 5001.00 maker leaves 0 fee 0.62
            """)
    }

    @Test func `orders of one side may fill as many as the larger of them`() throws {
        try play("""
            1.000 book 5000.00x10 | 5000.25x10
            1.001 submit a sell 1 limit 5003.00 link a
            1.001 submit b sell 3 limit 5001.00 link a
            1.003 tick
            -> accepted a
            -> accepted b
            1.004 trade buy 2 @ 5001.00 => 5000.75x5 | 5001.25x5
            1.005 tick
            -> filled b sell 2 @ 5001.00 maker leaves 1 fee 1.24
            1.006 trade buy 1 @ 5003.00 => 5000.75x5 | 5003.25x5
            1.007 tick
            -> filled a sell 1 @ 5003.00 maker leaves 0 fee 0.62
            -> cancelled b linked
            """)
        try play("""
            1.000 book 5000.00x10 | 5000.25x10
            1.001 submit a sell 1 limit 5001.00 link a
            1.001 submit b sell 3 limit 5003.00 link a
            1.003 tick
            -> accepted a
            -> accepted b
            1.004 trade buy 1 @ 5001.00 => 5000.75x5 | 5001.25x5
            1.005 tick
            -> filled a sell 1 @ 5001.00 maker leaves 0 fee 0.62
            -> reduced b to 2
            """)
    }

    @Test func `one that joins when a part has filled may fill what is more in all`() throws {
        for (quantity, leaves) in [(1, 1), (2, 1), (3, 2)] {
            try play("""
                1.000 book 5000.00x10 | 5000.25x10
                1.001 submit a sell 2 limit 5001.00 link a
                1.003 tick
                -> accepted a
                1.004 trade buy 1 @ 5001.00 => 5000.75x5 | 5001.25x5
                1.005 tick
                -> filled a sell 1 @ 5001.00 maker leaves 1 fee 0.62
                1.006 submit b sell \(quantity) limit 5003.00 link a
                1.008 query b 1
                1.010 tick
                -> accepted b
                -> 1: b working filled 0 leaves \(leaves) @ 5003.00 none
                """)
        }
    }

    @Test func `one that is enlarged grows with what is shared, alone and behind a fill of the other`() throws {
        try play("""
            1.000 book 5000.00x10 | 5000.25x10
            1.001 submit a sell 1 limit 5001.00 link a
            1.003 modify a 3
            1.005 tick
            -> accepted a
            -> modified a leaves 3 @ 5001.00
            """)
        try play("""
            1.000 book 5000.00x10 | 5000.25x10
            1.001 submit a sell 2 limit 5001.00 link a
            1.001 submit b sell 2 limit 5003.00 link a
            1.003 tick
            -> accepted a
            -> accepted b
            1.004 trade buy 1 @ 5001.00 => 5000.75x5 | 5001.25x5
            1.005 tick
            -> filled a sell 1 @ 5001.00 maker leaves 1 fee 0.62
            -> reduced b to 1
            1.006 modify b 2 at 5003.25
            1.008 tick
            -> modified b leaves 1 @ 5003.25
            1.009 modify b 4
            1.011 tick
            -> modified b leaves 3 @ 5003.00
            1.012 trade buy 1 @ 5001.00 => 5000.75x5 | 5001.25x5
            1.013 tick
            -> filled a sell 1 @ 5001.00 maker leaves 0 fee 0.62
            -> reduced b to 2
            """)
    }

    @Test func `what no order asks for any more is not shared any more`() throws {
        try play("""
            1.000 book 5000.00x10 | 5000.25x10
            1.001 submit a sell 3 limit 5003.00 link a
            1.001 submit b sell 1 limit 5001.00 link a
            1.001 submit c sell 1 limit 5002.00 link a
            1.003 tick
            -> accepted a
            -> accepted b
            -> accepted c
            1.004 cancel a
            1.006 tick
            -> cancelled a requested
            1.007 trade buy 1 @ 5001.00 => 5000.75x5 | 5001.25x5
            1.008 tick
            -> filled b sell 1 @ 5001.00 maker leaves 0 fee 0.62
            -> cancelled c linked
            """)
        try play("""
            1.000 book 5000.00x10 | 5000.25x10
            1.001 submit a sell 3 limit 5001.00 link a
            1.001 submit b sell 1 limit 5003.00 link a
            1.003 modify a 1
            1.005 tick
            -> accepted a
            -> accepted b
            -> modified a leaves 1 @ 5001.00
            1.007 trade buy 1 @ 5001.00 => 5000.75x5 | 5001.25x5
            1.008 tick
            -> filled a sell 1 @ 5001.00 maker leaves 0 fee 0.62
            -> cancelled b linked
            """)
    }
}
