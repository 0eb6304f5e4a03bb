import Orders
import PaperVenue
import Testing
import Units

@Suite struct QueueModelTests {
    private func play(
        _ kind: QueueModelKind, exponent: Double = 1, _ script: String,
        sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
        try TradingTests.play(
            { VenueScenario { $0.queue = QueueModel(kind, exponent: exponent) } }, script,
            sourceLocation: sourceLocation)
    }

    /// Contracts ahead of the first order after a script.
    private func ahead(
        _ kind: QueueModelKind, exponent: Double = 1, weight: Double = 1, _ lines: [String]
    ) -> Double {
        var scenario = VenueScenario { $0.queue = QueueModel(kind, exponent: exponent, weight: weight) }
        for line in lines { _ = scenario.play(line) }
        return scenario.venue.orders[0].place.contracts
    }

    /// 10 contracts of 5 orders ahead, 30 of 5 behind; then one order of `size` leaves.
    private func afterOne(
        _ size: Int, _ kind: QueueModelKind, exponent: Double = 1, weight: Double = 1
    ) -> Double {
        ahead(kind, exponent: exponent, weight: weight, [
            "1.000 book 5000.00x10/5 | 5000.25x5",
            "1.001 submit a buy 1 limit 5000.00",
            "1.003 book 5000.00x40/10 | 5000.25x5",
            "1.004 book 5000.00x\(40 - size)/9 | 5000.25x5",
        ])
    }

    @Test func `each model shares what leaves in its own way`() {
        #expect(afterOne(4, .proportional) == 9)
        #expect(afterOne(4, .pessimistic) == 10)
        #expect(afterOne(4, .optimistic) == 6)
        // x = 1/4: 1/16 to 9/16.
        let squared: Double = 10 - 4 * 0.1
        #expect(afterOne(4, .power, exponent: 2) == squared)
        #expect(afterOne(4, .power) == afterOne(4, .proportional))
        // 5 of 10 orders are ahead.
        #expect(afterOne(4, .orders) == 8)
        #expect(afterOne(4, .orders, weight: 7) == 9.5)
    }

    @Test func `a model by orders goes by contracts where no order left`() {
        // 10 of 40 contracts ahead, weight 3: 10 to 90 of the 4 that left without a change of the count.
        let start = [
            "1.000 book 5000.00x10/5 | 5000.25x5", "1.001 submit a buy 1 limit 5000.00",
            "1.003 book 5000.00x40/10 | 5000.25x5",
        ]
        let withoutTrade = ahead(.orders, weight: 3, start + ["1.004 book 5000.00x36/10 | 5000.25x5"])
        #expect(withoutTrade == 9.6)
        // With a trade of 4 first: 6 of 36 ahead, 6 to 90 of the 4 that left.
        let afterTrade = ahead(
            .orders, weight: 3, start + ["1.004 trade sell 4 @ 5000.00 => 5000.00x32/8 | 5000.25x5"])
        #expect(afterTrade == 5.75)
    }

    @Test func `many small orders that leave come off one by one`() {
        // 20 of 40 contracts ahead: every model that shares evenly takes half of what leaves, however it is cut.
        for kind in [QueueModelKind.proportional, .power, .orders] {
            var lines = [
                "1.000 book 5000.00x20/20 | 5000.25x5", "1.001 submit a buy 1 limit 5000.00",
                "1.003 book 5000.00x40/40 | 5000.25x5",
            ]
            for i in 1...20 { lines.append("1.\(100 + i) book 5000.00x\(40 - i)/\(40 - i) | 5000.25x5") }
            #expect(abs(ahead(kind, lines) - 10) < 1e-9, "\(kind)")
        }
    }

    @Test func `nobody is behind more than is displayed, whatever the model`() {
        for kind in QueueModelKind.allCases {
            let lines = [
                "1.000 book 5000.00x20/4 | 5000.25x5", "1.001 submit a buy 1 limit 5000.00",
                "1.003 book 5000.00x3/1 | 5000.25x5",
            ]
            #expect(ahead(kind, lines) <= 3, "\(kind)")
            #expect(ahead(kind, lines + ["1.004 book 4999.75x3/1 | 5000.25x5"]) == 0, "\(kind)")
        }
    }

    @Test func `a pessimist waits for trades and an optimist for cancels`() throws {
        let script = """
            1.000 book 5000.00x10/5 | 5000.25x5
            1.001 submit a buy 1 limit 5000.00
            1.003 book 5000.00x20/9 | 5000.25x5
            -> accepted a
            1.004 book 5000.00x10/4 | 5000.25x5
            1.005 trade sell 1 @ 5000.00 => 5000.00x9/4 | 5000.25x5
            1.006 tick
            """
        try play(.pessimistic, script)
        try play(.optimistic, script + "\n-> filled a buy 1 @ 5000.00 maker leaves 0 fee 0.62")
    }

    @Test func `models have names`() {
        for kind in QueueModelKind.allCases {
            #expect(
                QueueModel(named: kind.name, exponent: 2, weight: 3) == QueueModel(kind, exponent: 2, weight: 3))
        }
    }

    @Test func `a line keeps the order of what is sent, and a seed decides what is drawn`() {
        func deliveries(_ seed: UInt64) -> [Int64] {
            var scenario = VenueScenario {
                $0.commandWay = LatencyModel(measured: [.milliseconds(1), .milliseconds(9)])
                $0.eventWay = LatencyModel(measured: [.milliseconds(2), .milliseconds(5), .milliseconds(30)])
                $0.seed = seed
            }
            _ = scenario.play("1.000 book 5000.00x10 | 5000.25x5")
            var times: [Int64] = []
            for i in 0..<64 { _ = scenario.play("1.\(100 + i) submit o\(i) buy 1 limit 4990.00") }
            scenario.venue.advance(to: Script.time("2"))
            while let event = scenario.venue.nextEvent(until: Script.time("3")) {
                times.append((event.deliveryTime - Script.time("1")).count)
            }
            return times
        }
        let first = deliveries(1)
        #expect(!first.isEmpty && first == first.sorted())
        #expect(deliveries(1) == first)
        #expect(deliveries(2) != first)
    }

    @Test func `state saved under another latency model is not taken`() throws {
        _ = try reloaded(VenueScenario().venue, into: VenueScenario().venue)
        let other = VenueScenario { $0.eventWay = LatencyModel(measured: [.milliseconds(7)]) }
        #expect(throws: (any Error).self) { _ = try reloaded(VenueScenario().venue, into: other.venue) }
    }
}
