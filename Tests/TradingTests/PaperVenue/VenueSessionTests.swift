import Orders
import PaperVenue
import Testing
import Units

@Suite struct VenueSessionTests {
    func play(_ script: String, sourceLocation: SourceLocation = #_sourceLocation) throws {
        try TradingTests.play({ VenueScenario() }, script, sourceLocation: sourceLocation)
    }

    @Test func `queries tell how orders and the position stand`() throws {
        try play("""
            1.000 book 5000.00x10 | 5000.25x2,5000.50x5
            1.001 submit a buy 3 market
            1.001 submit b buy 5 limit 5000.50
            1.001 submit c buy 2 limit 4999.00
            1.001 cancel c
            1.001 submit d buy 0 market
            1.003 tick
            -> accepted a
            -> filled a buy 2 @ 5000.25 taker leaves 1 fee 1.24
            -> filled a buy 1 @ 5000.50 taker leaves 0 fee 0.62
            -> accepted b
            -> filled b buy 4 @ 5000.50 taker leaves 1 fee 2.48
            -> accepted c
            -> cancelled c requested
            -> rejected d malformed
            1.004 query a 1
            1.004 query b 2
            1.004 query c 3
            1.004 query d 4
            1.004 query e 5
            1.004 query orders 6
            1.004 query position 7
            1.006 tick
            -> 1: a filled filled 3 leaves 0 @ 0.00 none
            -> 2: b partiallyFilled filled 4 leaves 1 @ 5000.50 none
            -> 3: c cancelled filled 0 leaves 0 @ 0.00 requested
            -> 4: d rejected filled 0 leaves 0 @ 0.00 malformed
            -> 5: e unknown filled 0 leaves 0 @ 0.00 unknown_order
            -> 6: b partiallyFilled filled 4 leaves 1 @ 5000.50 none
            -> 6: end
            -> 7: position 7 @ 5000.50 fees 4.34
            """)
    }

    @Test func `a short position is told with its sign and average`() throws {
        try play("""
            1.000 book 5000.00x1,4999.75x9 | 5000.25x2
            1.001 submit a sell 4 market
            1.001 query position 1
            1.003 tick
            -> accepted a
            -> filled a sell 1 @ 5000.00 taker leaves 3 fee 0.62
            -> filled a sell 3 @ 4999.75 taker leaves 0 fee 1.86
            -> 1: position -4 @ 4999.75 fees 2.48
            """)
    }

    @Test func `the last thousand ended orders are known and older ones are not`() {
        var scenario = VenueScenario()
        _ = scenario.play("1.000 book 5000.00x10 | 5000.25x5")
        for i in 0...EndedOrders.capacity {
            _ = scenario.play("\(i + 1) submit o\(i) buy 0 market")
            _ = scenario.play("\(i + 1).5 tick")
        }
        #expect(scenario.venue.ended.count == EndedOrders.capacity)
        #expect(scenario.venue.ended.find(scenario.orders["o0"]!.id) == nil)
        #expect(scenario.venue.ended.find(scenario.orders["o1"]!.id)?.state == .rejected)
        #expect(scenario.venue.ended.find(scenario.orders["o1024"]!.id)?.reason == .malformed)
    }

    @Test func `an identity serves once, whatever became of its order`() {
        var scenario = VenueScenario()
        _ = scenario.play("1.000 book 5000.00x10 | 5000.25x5")
        _ = scenario.play("1.001 submit a buy 1 market")
        _ = scenario.play("1.003 tick")
        scenario.send(.submit, scenario.orders["a"]!, ["x"], Script.time("1.003"))
        #expect(scenario.play("1.005 tick") == ["rejected a duplicate_id"])
        _ = scenario.play("1.006 query a 1")
        #expect(scenario.play("1.008 tick") == ["1: a filled filled 1 leaves 0 @ 0.00 none"])
    }

    @Test func `commands of an epoch before the one held open nothing`() throws {
        try play("""
            1.000 book 5000.00x10 | 5000.25x5
            1.001 submit a buy 1 limit 4999.00 epoch 3
            1.003 tick
            -> accepted a
            1.004 submit b buy 1 market epoch 3
            1.0045 hold 4
            1.0045 hold 2
            1.005 modify a 2 epoch 3
            1.005 query a 1
            1.005 cancel a
            1.005 submit c buy 1 market epoch 4
            1.007 tick
            -> rejected b stale_epoch
            -> modify rejected a stale_epoch
            -> 1: a working filled 0 leaves 1 @ 4999.00 none
            -> cancelled a requested
            -> accepted c
            -> filled c buy 1 @ 5000.25 taker leaves 0 fee 0.62
            """)
    }

    @Test func `a closed session takes cancels and queries, and direct commands of the newest epoch`() throws {
        try play("""
            1.000 book 5000.00x10 | 5000.25x5
            1.001 submit a buy 1 limit 4999.00 epoch 1
            1.001 submit l buy 2 market epoch 1
            1.003 tick
            -> accepted a
            -> accepted l
            -> filled l buy 2 @ 5000.25 taker leaves 0 fee 1.24
            1.004 hold 2
            1.004 close
            1.005 submit b buy 1 market epoch 2
            1.005 modify a 1 epoch 2
            1.005 cancel a epoch 2
            1.005 submit c sell 2 limit 4999.75 ioc reduce epoch 1 direct
            1.005 submit d sell 2 limit 4999.75 ioc reduce epoch 2 direct
            1.007 tick
            -> rejected b session_closed
            -> modify rejected a session_closed
            -> cancelled a requested
            -> rejected c stale_epoch
            -> accepted d
            -> filled d sell 2 @ 5000.00 taker leaves 0 fee 1.24
            1.008 open
            1.009 submit e buy 1 market epoch 2
            1.011 tick
            -> accepted e
            -> filled e buy 1 @ 5000.25 taker leaves 0 fee 0.62
            """)
    }

    @Test func `a flood is refused and counted, and what happens to orders is told nevertheless`() {
        var scenario = VenueScenario()
        _ = scenario.play("1.000 book 5000.00x10 | 5000.25x5")
        _ = scenario.play("1.001 submit a buy 1 limit 4999.00")
        _ = scenario.play("1.003 tick")
        for i in 0..<10_000 { _ = scenario.play("1.004 submit f\(i) buy 1 limit 4999.00") }
        _ = scenario.play("1.004 cancel a")
        for _ in 0..<200 { _ = scenario.play("1.004 query orders 1") }
        var lines = scenario.play("1.005 tick")
        lines += scenario.play("1.0055 trade sell 1 @ 4998.75 => 4998.75x10 | 4999.25x5")
        lines += scenario.play("1.007 tick")
        var told: [String: Int] = [:]
        for line in lines {
            told[line.split(separator: " ")[0] + (line.hasSuffix("full") ? " full" : ""), default: 0] += 1
        }
        #expect(told["accepted"] == 255)
        #expect(told["filled"] == 255)
        #expect(told["cancelled"] == 1)
        #expect(told["rejected full"] ?? 0 > 2_000)
        #expect(scenario.venue.dropped > 5_000)
        #expect(scenario.venue.isIdle)
    }

    @Test func `fees add up from their parts`() {
        let fees = ContractFees(
            exchange: Money(cents: 35), clearing: Money(cents: 10), regulatory: Money(cents: 2),
            broker: Money(cents: 25))
        let terms = ContractTerms(tickSize: Script.terms.tickSize, multiplier: 5, fees: fees)
        #expect(terms.feePerSide == Money(cents: 72))
        #expect(terms.fee(Quantity(-3)) == Money(cents: 216))
        let paid = fees * 3
        #expect(paid.exchange == Money(cents: 105))
        #expect(paid.clearing == Money(cents: 30))
        #expect(paid.regulatory == Money(cents: 6))
        #expect(paid.broker == Money(cents: 75))
        #expect(paid.total == terms.fee(Quantity(3)))
    }
}
