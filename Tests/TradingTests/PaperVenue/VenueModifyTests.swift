import Orders
import PaperVenue
import Testing
import Units

@Suite struct VenueModifyTests {
    @Test func `a reduce-only order that was reduced does not grow back by a change of its price`() throws {
        try play("""
            1.000 book 5000.00x10 | 5000.25x10
            1.001 submit a buy 3 market
            1.001 submit s sell 3 stop 4998.00 reduce
            1.001 submit b sell 2 market
            1.001 submit c buy 2 market
            1.001 modify s 3 at 4998.25
            1.003 tick
            -> accepted a
            -> filled a buy 3 @ 5000.25 taker leaves 0 fee 1.86
            -> accepted s
            -> accepted b
            -> filled b sell 2 @ 5000.00 taker leaves 0 fee 1.24
            -> reduced s to 1
            -> accepted c
            -> filled c buy 2 @ 5000.25 taker leaves 0 fee 1.24
            -> modified s leaves 1 @ 4998.25
            """)
    }

    func play(_ script: String, sourceLocation: SourceLocation = #_sourceLocation) throws {
        try TradingTests.play({ VenueScenario() }, script, sourceLocation: sourceLocation)
    }

    @Test func `less quantity keeps the place in the queue`() throws {
        try play("""
            1.000 book 5000.00x10 | 5000.25x5
            1.001 submit a buy 5 limit 5000.00
            1.0021 book 5000.00x30 | 5000.25x5
            1.003 tick
            -> accepted a
            1.0035 modify a 2
            1.005 trade sell 12 @ 5000.00 => 5000.00x18 | 5000.25x5
            1.006 tick
            -> modified a leaves 2 @ 5000.00
            -> filled a buy 2 @ 5000.00 maker leaves 0 fee 1.24
            """)
    }

    @Test func `more quantity goes to the end of the queue`() throws {
        try play("""
            1.000 book 5000.00x10 | 5000.25x5
            1.001 submit a buy 2 limit 5000.00
            1.0021 book 5000.00x30 | 5000.25x5
            1.003 tick
            -> accepted a
            1.0035 modify a 3
            1.005 trade sell 30 @ 5000.00 => 4999.75x18 | 5000.25x5
            1.006 tick
            -> modified a leaves 3 @ 5000.00
            1.007 trade sell 4 @ 5000.00 => 4999.75x18 | 5000.25x5
            1.008 tick
            -> filled a buy 3 @ 5000.00 maker leaves 0 fee 1.86
            """)
    }

    @Test func `another price goes to the end of the queue there, behind our older orders`() throws {
        try play("""
            1.000 book 5000.00x2,4999.75x3 | 5000.25x5
            1.001 submit a buy 1 limit 4999.75
            1.001 submit b buy 1 limit 5000.00
            1.003 tick
            -> accepted a
            -> accepted b
            1.0031 modify a 1 at 5000.00
            1.005 trade sell 3 @ 5000.00 => 4999.75x3 | 5000.25x5
            1.006 trade sell 1 @ 5000.00 => 4999.75x3 | 5000.25x5
            -> modified a leaves 1 @ 5000.00
            -> filled b buy 1 @ 5000.00 maker leaves 0 fee 0.62
            1.007 tick
            -> filled a buy 1 @ 5000.00 maker leaves 0 fee 0.62
            """)
    }

    @Test func `a price through the market takes at once`() throws {
        try play("""
            1.000 book 5000.00x2 | 5000.25x5
            1.001 submit a buy 7 limit 5000.00
            1.003 tick
            -> accepted a
            1.0031 modify a 7 at 5000.25
            1.006 tick
            -> modified a leaves 7 @ 5000.25
            -> filled a buy 5 @ 5000.25 taker leaves 2 fee 3.10
            """)
    }

    @Test func `a quantity that has filled already ends the order`() throws {
        try play("""
            1.000 book 4999.75x2 | 5000.00x2
            1.001 submit a buy 7 limit 5000.00
            1.003 tick
            -> accepted a
            -> filled a buy 2 @ 5000.00 taker leaves 5 fee 1.24
            1.004 modify a 3
            1.004 modify a 2
            1.004 modify a 1
            1.004 query a 4
            1.006 tick
            -> modified a leaves 1 @ 5000.00
            -> cancelled a requested
            -> modify rejected a too_late
            -> 4: a cancelled filled 2 leaves 0 @ 0.00 requested
            """)
    }

    @Test func `what is not live cannot be modified`() throws {
        try play("""
            1.000 book 4999.75x2 | 5000.00x2
            1.001 submit a buy 1 market
            1.001 modify a 2
            1.003 tick
            -> accepted a
            -> filled a buy 1 @ 5000.00 taker leaves 0 fee 0.62
            -> modify rejected a too_late
            1.004 submit b buy 1 limit 4999.75
            1.004 modify b 0
            1.004 modify b 1 at 0.00
            1.006 tick
            -> accepted b
            -> modify rejected b malformed
            -> modify rejected b malformed
            1.007 quality halted
            1.010 modify b 2
            1.012 tick
            -> modify rejected b market_closed
            """)
        var scenario = VenueScenario()
        _ = scenario.play("1.000 book 5000.00x10 | 5000.25x5")
        _ = scenario.play("1.001 query a 1")
        scenario.send(
            .modify,
            Order(
                id: ClientOrderID(epoch: 1, issuer: .execution, count: 1), parent: .none, link: .none, role: .entry,
                side: .buy, quantity: Quantity(1), type: .limit, price: Ticks(1), timeInForce: .day),
            ["x"], Script.time("1.001"))
        #expect(
            scenario.play("1.003 tick") == [
                "1: a unknown filled 0 leaves 0 @ 0.00 unknown_order", "modify rejected a unknown_order",
            ])
    }

    @Test func `a stop is moved, and triggers when it is moved through the market`() throws {
        try play("""
            1.000 book 5000.00x9 | 5000.25x2
            1.001 submit s sell 3 stop 4998.00
            1.001 submit t sell 3 stoplimit 4998.00 limit 4997.00
            1.001 modify s 2 at 4999.00
            1.001 modify t 4 at 4999.50 limit 4999.00
            1.003 tick
            -> accepted s
            -> accepted t
            -> modified s leaves 2 @ 4999.00
            -> modified t leaves 4 @ 4999.50
            1.005 trade sell 1 @ 4999.25 => 4999.25x9 | 4999.50x2
            1.006 tick
            -> triggered t @ 4999.50
            -> filled t sell 4 @ 4999.25 taker leaves 0 fee 2.48
            1.007 modify s 1 at 4999.25
            1.009 tick
            -> modified s leaves 1 @ 4999.25
            -> triggered s @ 4999.25
            -> filled s sell 1 @ 4999.25 taker leaves 0 fee 0.62
            """)
    }

    @Test func `a modification moves a trailing stop nearer and never back`() throws {
        try play("""
            1.000 book 5000.00x9 | 5000.25x2
            1.001 submit s sell 1 trailing 0.00 trail 2.00
            1.001 modify s 1 trail 1.00
            1.001 modify s 1 trail 3.00
            1.001 modify s 1 at 4999.50 trail 3.00
            1.003 tick
            -> accepted s
            -> modified s leaves 1 @ 4999.00
            -> modified s leaves 1 @ 4999.00
            -> modified s leaves 1 @ 4999.50
            1.007 book 5004.00x9 | 5004.25x2
            1.008 query s 1
            1.010 tick
            -> 1: s working filled 0 leaves 1 @ 5001.00 none
            """)
    }

    @Test func `what closes in a link, and what only reduces, grows no further than what is shared`() throws {
        try play("""
            1.000 book 5000.00x10 | 5000.25x5
            1.001 submit a buy 3 market
            1.001 submit s sell 3 stop 4998.00 link s closes
            1.001 submit t sell 3 limit 5001.00 link s reduce closes
            1.003 tick
            -> accepted a
            -> filled a buy 3 @ 5000.25 taker leaves 0 fee 1.86
            -> accepted s
            -> accepted t
            1.004 modify s 9
            1.004 modify t 2
            1.004 modify t 9
            1.006 tick
            -> modified s leaves 3 @ 4998.00
            -> modified t leaves 2 @ 5001.00
            -> modified t leaves 3 @ 5001.00
            """)
    }
}
