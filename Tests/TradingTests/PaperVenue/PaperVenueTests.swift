import Orders
import PaperVenue
import Testing
import Units

@Suite struct PaperVenueTests {
    func play(_ script: String, sourceLocation: SourceLocation = #_sourceLocation) throws {
        try TradingTests.play({ VenueScenario() }, script, sourceLocation: sourceLocation)
    }

    @Test func `a market order walks the book level by level`() throws {
        try play("""
            1.000 book 4999.75x20,4999.50x30 | 5000.25x5,5000.50x7
            1.001 submit a buy 6 market
            1.0025 tick
            1.003 tick
            -> accepted a
            -> filled a buy 5 @ 5000.25 taker leaves 1 fee 3.10
            -> filled a buy 1 @ 5000.50 taker leaves 0 fee 0.62
            """)
    }

    @Test func `what the book cannot fill is cancelled`() throws {
        try play("""
            1.000 book 4999.75x2,4999.50x3 | 5000.25x5
            1.001 submit a sell 6 market
            1.003 tick
            -> accepted a
            -> filled a sell 2 @ 4999.75 taker leaves 4 fee 1.24
            -> filled a sell 3 @ 4999.50 taker leaves 1 fee 1.86
            -> cancelled a book_exhausted
            """)
    }

    @Test func `an order sees the book in force when it arrives and none after`() throws {
        // Sent at 1.001, at the venue at 1.002: the group of 1.0021 is too late, the one of 1.002 is in force.
        try play("""
            1.000 book 4999.75x20 | 5000.25x5
            1.001 submit a buy 1 market
            1.002 book 4999.75x20 | 5000.00x5
            1.0021 book 4999.75x20 | 4999.75x5
            1.004 tick
            -> accepted a
            -> filled a buy 1 @ 5000.00 taker leaves 0 fee 0.62
            """)
        try play("""
            1.000 book 4999.75x20 | 5000.25x5
            1.001 submit a buy 1 market
            1.002000001 book 4999.75x20 | 5000.00x5
            1.004 tick
            -> accepted a
            -> filled a buy 1 @ 5000.25 taker leaves 0 fee 0.62
            """)
    }

    @Test func `a limit order takes what it can and queues behind what is displayed`() throws {
        try play("""
            1.000 book 4999.75x20 | 5000.00x2,5000.25x5
            1.001 submit a buy 5 limit 5000.00
            1.003 tick
            -> accepted a
            -> filled a buy 2 @ 5000.00 taker leaves 3 fee 1.24
            1.004 book 5000.00x4,4999.75x20 | 5000.25x5
            1.005 trade sell 2 @ 5000.00 => 5000.00x2 | 5000.25x5
            1.007 tick
            -> filled a buy 2 @ 5000.00 maker leaves 1 fee 1.24
            """)
    }

    @Test func `contracts that an order has taken are not there again, though they are displayed`() throws {
        try play("""
            1.000 book 4999.75x20 | 5000.00x2,5000.25x5
            1.001 submit a buy 9 limit 5000.00
            1.003 tick
            -> accepted a
            -> filled a buy 2 @ 5000.00 taker leaves 7 fee 1.24
            1.0035 book 4999.50x20 | 5000.00x2,5000.25x5
            1.0036 book 4999.50x20 | 5000.00x1,5000.25x5
            1.0037 book 4999.50x20 | 5000.00x4,5000.25x5
            1.005 tick
            -> filled a buy 3 @ 5000.00 maker leaves 4 fee 1.86
            1.006 book 4999.50x20 | 5000.25x5
            1.007 book 4999.50x20 | 5000.00x2,5000.25x5
            1.0085 tick
            -> filled a buy 2 @ 5000.00 maker leaves 2 fee 1.24
            """)
    }

    @Test func `nor for the next order, as long as one works`() throws {
        try play("""
            1.000 book 4999.75x20 | 5000.00x2,5000.25x5
            1.001 submit a buy 1 limit 4999.00
            1.003 tick
            -> accepted a
            1.004 submit b buy 2 market
            1.006 tick
            -> accepted b
            -> filled b buy 2 @ 5000.00 taker leaves 0 fee 1.24
            1.007 book 4999.50x20 | 5000.00x3,5000.25x5
            1.008 submit c buy 2 market
            1.010 tick
            -> accepted c
            -> filled c buy 1 @ 5000.00 taker leaves 1 fee 0.62
            -> filled c buy 1 @ 5000.25 taker leaves 0 fee 0.62
            1.011 cancel a
            1.013 tick
            -> cancelled a requested
            2.100 submit d buy 2 market
            2.102 tick
            -> accepted d
            -> filled d buy 2 @ 5000.00 taker leaves 0 fee 1.24
            """)
    }

    @Test func `nor a moment later, when none works; after a second they are`() throws {
        try play("""
            1.000 book 4999.75x20 | 5000.00x3,5000.25x5
            1.001 submit a buy 2 market
            1.003 tick
            -> accepted a
            -> filled a buy 2 @ 5000.00 taker leaves 0 fee 1.24
            1.200 book 4999.75x20 | 5000.00x4,5000.25x5
            1.500 submit b buy 3 market
            1.502 tick
            -> accepted b
            -> filled b buy 2 @ 5000.00 taker leaves 1 fee 1.24
            -> filled b buy 1 @ 5000.25 taker leaves 0 fee 0.62
            2.600 submit c buy 3 market
            2.602 tick
            -> accepted c
            -> filled c buy 3 @ 5000.00 taker leaves 0 fee 1.86
            """)
    }

    @Test func `the queue ahead is eaten by trades and fills come after it`() throws {
        try play("""
            1.000 book 5000.00x10,4999.75x20 | 5000.25x5
            1.001 submit a buy 3 limit 5000.00
            1.003 trade sell 9 @ 5000.00 => 5000.00x1 | 5000.25x5
            -> accepted a
            1.004 trade sell 2 @ 5000.00 => 4999.75x20 | 5000.25x5
            1.005 tick
            -> filled a buy 1 @ 5000.00 maker leaves 2 fee 0.62
            1.006 trade buy 50 @ 5000.00 => 4999.75x20 | 5000.25x5
            1.0061 trade none 50 @ 5000.00 => 4999.75x20 | 5000.25x5
            1.008 tick
            """)
    }

    @Test func `cancels shrink the queue ahead in proportion and new orders go behind`() throws {
        // 10 ahead; 10 more join behind; 8 of 20 cancel: 4 of the 10 ahead are gone. 6 trade, then ours.
        try play("""
            1.000 book 5000.00x10 | 5000.25x5
            1.001 submit a buy 1 limit 5000.00
            1.003 book 5000.00x20 | 5000.25x5
            -> accepted a
            1.004 book 5000.00x12 | 5000.25x5
            1.005 trade sell 6 @ 5000.00 => 5000.00x6 | 5000.25x5
            1.010 tick
            1.011 trade sell 1 @ 5000.00 => 5000.00x5 | 5000.25x5
            1.012 tick
            -> filled a buy 1 @ 5000.00 maker leaves 0 fee 0.62
            """)
    }

    @Test func `trades and cancels of one group are told apart`() throws {
        // 10 ahead of 10; 4 trade and 3 cancel: 3 of 6 left were ours to wait for, and 3 remain.
        try play("""
            1.000 book 5000.00x10 | 5000.25x5
            1.001 submit a buy 1 limit 5000.00
            1.003 trade sell 4 @ 5000.00 => 5000.00x3 | 5000.25x5
            -> accepted a
            1.004 trade sell 3 @ 5000.00 => 5000.00x1 | 5000.25x5
            1.006 tick
            1.007 trade sell 1 @ 5000.00 => 5000.00x1 | 5000.25x5
            1.008 tick
            -> filled a buy 1 @ 5000.00 maker leaves 0 fee 0.62
            """)
    }

    @Test func `a trade through the price fills whatever the queue`() throws {
        try play("""
            1.000 book 5000.00x100,4999.75x20 | 5000.25x5
            1.001 submit a buy 3 limit 5000.00
            1.003 trade sell 1 @ 4999.75 => 4999.75x19 | 5000.25x5
            -> accepted a
            1.004 tick
            -> filled a buy 3 @ 5000.00 maker leaves 0 fee 1.86
            """)
    }

    @Test func `quotes that cross a resting order fill it at its own price`() throws {
        try play("""
            1.000 book 5000.00x100 | 5000.25x5
            1.001 submit a buy 3 limit 5000.00
            1.003 book 4999.50x10 | 4999.75x2
            -> accepted a
            1.004 tick
            -> filled a buy 2 @ 5000.00 maker leaves 1 fee 1.24
            """)
    }

    @Test func `a price outside the ten levels has no place in the queue until it is seen`() throws {
        let deep = (0..<10).map { Script.text(Script.price("5000.00") - Ticks($0)) + "x9" }.joined(separator: ",")
        try play("""
            1.000 book \(deep) | 5000.25x5
            1.001 submit a buy 1 limit 4997.00
            1.003 trade sell 5 @ 4997.00 => \(deep) | 5000.25x5
            -> accepted a
            1.004 book 4997.25x5,4997.00x7 | 4997.75x5
            1.005 trade sell 7 @ 4997.00 => 4996.75x5 | 4997.75x5
            1.006 tick
            1.007 trade sell 1 @ 4997.00 => 4996.75x5 | 4997.75x5
            1.009 tick
            -> filled a buy 1 @ 4997.00 maker leaves 0 fee 0.62
            """)
    }

    @Test func `an immediate-or-cancel limit order does not rest`() throws {
        try play("""
            1.000 book 4999.75x20 | 5000.00x2,5000.25x5
            1.001 submit a buy 5 limit 5000.00 ioc
            1.003 tick
            -> accepted a
            -> filled a buy 2 @ 5000.00 taker leaves 3 fee 1.24
            -> cancelled a book_exhausted
            """)
    }

    @Test func `a stop triggers on a trade at its price, not on a quote, and takes from the book after it`() throws {
        try play("""
            1.000 book 5000.00x10 | 5000.25x5
            1.001 submit s sell 2 stop 4998.00
            1.003 book 4997.75x10 | 4998.25x5
            -> accepted s
            1.004 trade sell 1 @ 4998.25 => 4997.75x10 | 4998.25x5
            1.006 tick
            1.007 trade sell 1 @ 4998.00 => 4997.75x1,4997.50x8 | 4998.25x5
            1.008 tick
            -> triggered s @ 4998.00
            -> filled s sell 1 @ 4997.75 taker leaves 1 fee 0.62
            -> filled s sell 1 @ 4997.50 taker leaves 0 fee 0.62
            """)
    }

    @Test func `a stop that arrives with the market already through it triggers at once`() throws {
        try play("""
            1.000 book 5000.00x10 | 5000.25x5
            1.001 submit s sell 1 stop 5000.00
            1.001 submit t buy 1 stop 5000.50
            1.003 tick
            -> accepted s
            -> triggered s @ 5000.00
            -> filled s sell 1 @ 5000.00 taker leaves 0 fee 0.62
            -> accepted t
            """)
    }

    @Test func `linked orders share their quantity, in one step`() throws {
        try play("""
            1.000 book 5000.00x10 | 5000.25x5
            1.001 submit s sell 3 stop 4998.00 link s
            1.001 submit t sell 3 limit 5001.00 link s
            1.003 tick
            -> accepted s
            -> accepted t
            1.004 trade buy 2 @ 5001.00 => 5000.75x5 | 5001.25x5
            1.005 tick
            -> filled t sell 2 @ 5001.00 maker leaves 1 fee 1.24
            -> reduced s to 1
            1.006 trade sell 1 @ 4998.00 => 4997.75x5 | 4998.25x5
            1.007 tick
            -> triggered s @ 4998.00
            -> filled s sell 1 @ 4997.75 taker leaves 0 fee 0.62
            -> cancelled t linked
            1.008 submit u sell 3 limit 5001.00 link s
            1.010 tick
            -> rejected u link_closed
            """)
    }

    @Test func `a fill ends what is linked with it on the other side, in one step`() throws {
        try play("""
            1.000 book 5000.00x10 | 5000.25x10
            1.001 submit a buy 3 limit 4999.75 link a
            1.001 submit b sell 3 limit 5000.50 link a
            1.003 trade sell 11 @ 5000.00 => 4999.75x1 | 5000.25x10
            -> accepted a
            -> accepted b
            1.004 trade sell 2 @ 4999.75 => 4999.50x9 | 5000.25x10
            1.005 tick
            -> filled a buy 2 @ 4999.75 maker leaves 1 fee 1.24
            -> cancelled b linked
            1.006 submit c sell 1 limit 5000.50 link a
            1.008 tick
            -> rejected c link_closed
            """)
    }

    @Test func `a link can fill as often as its quantity and no more`() throws {
        try play("""
            1.000 book 5000.00x1,4999.75x1 | 5000.25x5
            1.001 submit s sell 2 stop 4998.00 link s
            1.001 submit c sell 2 market link s
            1.003 tick
            -> accepted s
            -> accepted c
            -> filled c sell 1 @ 5000.00 taker leaves 1 fee 0.62
            -> reduced s to 1
            -> filled c sell 1 @ 4999.75 taker leaves 0 fee 0.62
            -> cancelled s linked
            """)
    }

    @Test func `cancels end what rests and are refused for what does not`() throws {
        try play("""
            1.000 book 5000.00x10 | 5000.25x5
            1.001 submit a buy 1 limit 5000.00
            1.002 cancel a
            1.002 cancel a
            1.004 tick
            -> accepted a
            -> cancelled a requested
            -> cancel rejected a too_late
            """)
    }

    @Test func `nothing fills on a book that is not usable, and orders wait for the next one`() throws {
        for word in ["stale", "crossed", "bad"] {
            try play("""
                1.000 book 5000.00x10 | 5000.25x5
                1.0005 quality \(word)
                1.001 submit a buy 1 market
                1.003 tick
                -> accepted a
                1.004 quality \(word)
                1.005 book 4999.00x10 | 4999.25x5
                1.006 tick
                -> filled a buy 1 @ 4999.25 taker leaves 0 fee 0.62
                """)
        }
    }

    @Test func `a market that is not open refuses orders and takes cancels`() throws {
        for (word, reason) in [("halted", "market_closed"), ("closed", "market_closed"), ("nobook", "no_book")] {
            try play("""
                1.000 book 5000.00x10 | 5000.25x5
                1.001 submit a buy 1 limit 5000.00
                1.003 quality \(word)
                -> accepted a
                1.004 submit b buy 1 market
                1.005 cancel a
                1.007 tick
                -> rejected b \(reason)
                -> cancelled a requested
                """)
        }
    }

    @Test func `malformed and repeated orders are refused`() throws {
        try play("""
            1.000 book 5000.00x10 | 5000.25x5
            1.001 submit a buy 0 market
            1.001 submit b buy 1 limit 0.00
            1.003 tick
            -> rejected a malformed
            -> rejected b malformed
            """)
        var venue = VenueScenario()
        _ = venue.play("1.000 book 5000.00x10 | 5000.25x5")
        _ = venue.play("1.001 submit a buy 1 limit 4999.00")
        let again = VenueCommand(.submit, venue.orders["a"]!)
        venue.venue.receive(again, at: Script.time("1.001"), market: venue.market.update)
        #expect(venue.play("1.003 tick") == ["accepted a", "rejected a duplicate_id"])
    }

    @Test func `two of our orders do not take the same contracts twice`() throws {
        try play("""
            1.000 book 4999.75x20 | 5000.00x1,5000.25x5
            1.001 submit a buy 1 market
            1.001 submit b buy 1 market
            1.003 tick
            -> accepted a
            -> filled a buy 1 @ 5000.00 taker leaves 0 fee 0.62
            -> accepted b
            -> filled b buy 1 @ 5000.25 taker leaves 0 fee 0.62
            """)
    }

    @Test func `an idle venue follows nothing`() {
        var scenario = VenueScenario()
        _ = scenario.play("1.000 book 5000.00x10 | 5000.25x5")
        #expect(scenario.venue.isIdle)
        #expect(scenario.venue.book.quality == .noBook)
    }

    @Test func `the venue holds as many orders as its table and refuses the next`() {
        var scenario = VenueScenario()
        _ = scenario.play("1.000 book 5000.00x10 | 5000.25x5")
        for i in 0..<257 { _ = scenario.play("1.001 submit o\(i) buy 1 limit 4990.00") }
        let told = scenario.play("1.003 tick")
        #expect(told.count == 257)
        #expect(told[255] == "accepted o255")
        #expect(told[256] == "rejected o256 full")
    }
}
