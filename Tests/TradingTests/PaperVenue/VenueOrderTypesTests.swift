import Orders
import PaperVenue
import Testing
import Units

@Suite struct VenueOrderTypesTests {
    func play(_ script: String, sourceLocation: SourceLocation = #_sourceLocation) throws {
        try TradingTests.play({ VenueScenario() }, script, sourceLocation: sourceLocation)
    }

    @Test func `a triggered stop-limit order takes up to its limit and rests there`() throws {
        try play("""
            1.000 book 5000.00x10 | 5000.25x5
            1.001 submit s sell 5 stoplimit 4998.00 limit 4997.75
            1.003 trade sell 1 @ 4998.00 => 4998.00x1,4997.75x2,4997.50x9 | 4998.25x5
            -> accepted s
            1.004 tick
            -> triggered s @ 4998.00
            -> filled s sell 1 @ 4998.00 taker leaves 4 fee 0.62
            -> filled s sell 2 @ 4997.75 taker leaves 2 fee 1.24
            1.005 book 4997.25x3 | 4997.75x4,4998.25x5
            1.006 trade buy 5 @ 4997.75 => 4997.25x3 | 4998.25x5
            1.007 tick
            -> filled s sell 2 @ 4997.75 maker leaves 0 fee 1.24
            """)
    }

    @Test func `a stop-limit order that arrives triggered and may not rest ends`() throws {
        try play("""
            1.000 book 4998.00x1,4997.75x2 | 4998.25x5
            1.001 submit s sell 5 stoplimit 4998.00 limit 4998.00 ioc
            1.001 submit t sell 5 stoplimit 4998.00 limit 4997.75 fok
            1.003 tick
            -> accepted s
            -> triggered s @ 4998.00
            -> filled s sell 1 @ 4998.00 taker leaves 4 fee 0.62
            -> cancelled s book_exhausted
            -> accepted t
            -> triggered t @ 4998.00
            -> cancelled t not_filled_whole
            """)
    }

    @Test func `a triggered stop waits for a usable book`() throws {
        try play("""
            1.000 book 5000.00x10 | 5000.25x5
            1.001 submit s sell 1 stop 4998.00
            1.001 submit t sell 1 stoplimit 4998.00 limit 4996.00
            1.002 tick
            1.003 quality stale
            -> accepted s
            -> accepted t
            1.0035 trade sell 1 @ 4997.00 => 4996.75x2 | 4997.25x2
            1.004 quality crossed
            1.005 tick
            -> triggered s @ 4998.00
            -> triggered t @ 4998.00
            -> filled s sell 1 @ 4996.75 taker leaves 0 fee 0.62
            -> filled t sell 1 @ 4996.75 taker leaves 0 fee 0.62
            """)
    }

    @Test func `a trailing stop follows the best quote that it would take from and never goes back`() throws {
        try play("""
            1.000 book 5000.00x10 | 5000.25x5
            1.001 submit s sell 1 trailing 0.00 trail 1.00
            1.001 submit t buy 1 trailing 5003.00 trail 1.00
            1.003 book 5001.00x10 | 5001.25x5
            -> accepted s
            -> accepted t
            1.004 book 5000.25x10 | 5000.50x5
            1.005 query s 1
            1.005 query t 2
            1.007 tick
            -> 1: s working filled 0 leaves 1 @ 5000.00 none
            -> 2: t working filled 0 leaves 1 @ 5001.25 none
            1.008 trade sell 1 @ 5000.25 => 5000.25x9 | 5000.50x5
            1.009 trade sell 1 @ 5000.00 => 4999.75x9 | 5000.25x5
            1.010 tick
            -> triggered s @ 5000.00
            -> filled s sell 1 @ 4999.75 taker leaves 0 fee 0.62
            1.011 trade buy 1 @ 5001.25 => 5001.25x9 | 5001.50x5
            1.012 tick
            -> triggered t @ 5001.25
            -> filled t buy 1 @ 5001.50 taker leaves 0 fee 0.62
            """)
    }

    @Test func `a trailing stop learns of a group's quotes after its trades`() throws {
        // The trade of the group that lifts the stop does not trigger it.
        try play("""
            1.000 book 5000.00x10 | 5000.25x5
            1.001 submit s sell 1 trailing 0.00 trail 0.50
            1.003 trade sell 1 @ 5000.00 => 5001.00x10 | 5001.25x5
            -> accepted s
            1.004 tick
            1.005 trade sell 1 @ 5000.50 => 5000.25x10 | 5000.75x5
            1.006 tick
            -> triggered s @ 5000.50
            -> filled s sell 1 @ 5000.25 taker leaves 0 fee 0.62
            """)
    }

    @Test func `a fill-or-kill order fills whole on arrival or not at all`() throws {
        try play("""
            1.000 book 4999.75x20 | 5000.00x2,5000.25x5,5000.50x9
            1.001 submit a buy 7 limit 5000.25 fok
            1.001 submit b buy 1 limit 5000.25 fok
            1.001 submit c buy 17 market fok
            1.001 submit d buy 9 market fok
            1.003 tick
            -> accepted a
            -> filled a buy 2 @ 5000.00 taker leaves 5 fee 1.24
            -> filled a buy 5 @ 5000.25 taker leaves 0 fee 3.10
            -> accepted b
            -> cancelled b not_filled_whole
            -> accepted c
            -> cancelled c not_filled_whole
            -> accepted d
            -> filled d buy 9 @ 5000.50 taker leaves 0 fee 5.58
            """)
        try play("""
            1.000 book 4999.75x20 | 5000.00x2
            1.0005 quality stale
            1.001 submit a buy 1 limit 5000.25 fok
            1.003 tick
            -> accepted a
            -> cancelled a not_filled_whole
            """)
    }

    @Test func `a day order ends with its session and others do not`() throws {
        try play("""
            0.500 session 0.5 10
            1.000 book 5000.00x10 | 5000.25x5
            1.001 submit a buy 1 limit 4999.00 day
            1.001 submit b buy 1 limit 4999.00
            1.001 submit c sell 1 stop 4990.00 day
            1.003 tick
            -> accepted a
            -> accepted b
            -> accepted c
            9.999 book 5000.00x10 | 5000.25x5
            10.000 book 5000.00x10 | 5000.25x5
            10.001 submit d buy 1 limit 4999.00 day
            -> cancelled a session_ended
            -> cancelled c session_ended
            10.003 tick
            -> rejected d market_closed
            10.004 query orders 7
            10.006 tick
            -> 7: b working filled 0 leaves 1 @ 4999.00 none
            -> 7: end
            """)
    }

    @Test func `a session's end is noticed by the clock and by the next session too`() throws {
        let start = """
            0.500 session 0.5 10
            1.000 book 5000.00x10 | 5000.25x5
            1.001 submit a buy 1 limit 4999.00 day
            1.003 tick
            -> accepted a
            """
        try play(start + """

            10.000 tick
            10.001 tick
            -> cancelled a session_ended
            """)
        try play(start + """

            11.000 session 11 20
            -> cancelled a session_ended
            11.001 submit b buy 1 limit 4999.00 day
            11.003 tick
            -> accepted b
            """)
    }

    @Test func `a command that arrives before the session's close is taken before it`() throws {
        try play("""
            0.500 session 0.5 10
            1.000 book 5000.00x10 | 5000.25x5
            9.9985 submit a buy 1 limit 4999.00 day
            9.999 submit b buy 1 limit 4999.00 day
            10.500 book 5000.00x10 | 5000.25x5
            -> accepted a
            -> cancelled a session_ended
            -> rejected b market_closed
            """)
    }

    @Test func `a reduce-only order does no more than close what is open`() throws {
        try play("""
            1.000 book 5000.00x10 | 5000.25x9
            1.001 submit r sell 2 limit 5001.00 reduce
            1.001 submit a buy 3 market
            1.001 submit b buy 2 limit 4000.00 reduce
            1.001 submit s sell 9 stop 4998.00 reduce
            1.001 submit t sell 2 limit 5001.00 reduce
            1.003 tick
            -> rejected r reduce_only
            -> accepted a
            -> filled a buy 3 @ 5000.25 taker leaves 0 fee 1.86
            -> rejected b reduce_only
            -> accepted s
            -> accepted t
            1.004 submit c sell 2 market
            1.006 tick
            -> accepted c
            -> filled c sell 2 @ 5000.00 taker leaves 0 fee 1.24
            -> reduced s to 1
            -> reduced t to 1
            1.007 trade sell 1 @ 4998.00 => 4997.75x9 | 4998.25x9
            1.008 tick
            -> triggered s @ 4998.00
            -> filled s sell 1 @ 4997.75 taker leaves 0 fee 0.62
            -> cancelled t reduce_only
            1.009 query position 1
            1.011 tick
            -> 1: position 0 @ 0.00 fees 3.72
            """)
    }

    @Test func `a position that turns ends what would enlarge it`() throws {
        try play("""
            1.000 book 5000.00x10 | 5000.25x9
            1.001 submit a buy 2 market
            1.001 submit s sell 2 stop 4998.00 reduce
            1.001 submit b sell 3 market
            1.003 tick
            -> accepted a
            -> filled a buy 2 @ 5000.25 taker leaves 0 fee 1.24
            -> accepted s
            -> accepted b
            -> filled b sell 3 @ 5000.00 taker leaves 0 fee 1.86
            -> cancelled s reduce_only
            """)
    }

    @Test func `malformed orders of every type are refused`() throws {
        try play("""
            1.000 book 5000.00x10 | 5000.25x9
            1.001 submit a buy 1 stop 0.00
            1.001 submit b buy 1 stoplimit 5001.00 limit 0.00
            1.001 submit c buy 1 stoplimit 0.00 limit 5001.00
            1.001 submit d buy 1 trailing 5001.00 trail 0.00
            1.001 submit e buy 1 trailing 0.00 trail 0.25
            1.001 submit f buy 1 stoplimit 5001.00 limit 5000.75
            1.001 submit g sell 1 stoplimit 4999.00 limit 4999.25
            1.001 submit h sell 1 stoplimit 4999.00 limit 4999.00
            1.003 tick
            -> rejected a malformed
            -> rejected b malformed
            -> rejected c malformed
            -> rejected d malformed
            -> accepted e
            -> rejected f malformed
            -> rejected g malformed
            -> accepted h
            """)
    }
}
