import Execution
import Orders
import Testing
import Units

@Suite struct UnknownTests {
    static let entry = GatewayBench.entry
    static let stop = GatewayBench.own(1)
    static let target = GatewayBench.own(2)

    static func silent() -> GatewayBench {
        var bench = GatewayBench()
        bench.open(.buy, 2)
        #expect(bench.wait(249) == [])
        #expect(bench.wait(1) == ["m1 unknown 2", "> ask m1"])
        return bench
    }

    @Test func `who does not answer is unknown, and is asked ever more slowly`() {
        var bench = Self.silent()
        #expect(bench.wait(499) == [])
        #expect(bench.wait(1) == ["> ask m1"])
        #expect(bench.wait(999) == [])
        #expect(bench.wait(1) == ["> ask m1"])
        #expect(bench.gateway.live[0].state == .unknown)
        #expect(bench.gateway.live[0].leaves == Quantity(2))
    }

    @Test func `a late acceptance makes it known`() {
        var bench = Self.silent()
        #expect(bench.accepted(Self.entry, 2) == ["m1 working 2"])
        #expect(bench.wait(999) == [])
    }

    @Test func `the venue says that it works`() {
        var bench = Self.silent()
        #expect(bench.status(Self.entry, .working, leaves: 2) == ["m1 working 2"])
        #expect(bench.wait(999) == [])
        #expect(bench.filled(Self.entry, .buy, 1, "5000.25").first == "fill m1 buy 1 @ 5000.25")
    }

    @Test func `the venue says how it ended`() {
        for (state, text) in [(OrderState.cancelled, "cancelled"), (.rejected, "rejected")] {
            var bench = Self.silent()
            #expect(bench.status(Self.entry, state) == ["m1 \(text) 0"])
            #expect(bench.gateway.live.isEmpty)
        }
    }

    @Test func `never heard of it is believed the second time`() {
        var bench = Self.silent()
        #expect(bench.status(Self.entry, .unknown) == [])
        #expect(bench.gateway.live.count == 1)
        #expect(bench.wait(250) == ["> ask m1"])
        #expect(bench.status(Self.entry, .unknown) == ["m1 rejected 0 unknown_order"])
        #expect(bench.gateway.contradictions == 0)
    }

    @Test func `an order that was thought never to have come and fills anyway counts, and is flattened`() {
        var bench = Self.silent()
        bench.status(Self.entry, .unknown)
        bench.wait(250)
        bench.status(Self.entry, .unknown)
        let out = bench.filled(Self.entry, .buy, 2, "5000.25")
        #expect(out.prefix(2) == ["fill m1 buy 2 @ 5000.25", "m1 rejected 0"])
        #expect(out.contains("flattening"))
        #expect(bench.gateway.position.quantity == Quantity(2))
        #expect(bench.fills[0].parent == Self.entry)
    }

    @Test func `fills that the venue knows of and nobody told are a question, not a fill`() {
        var bench = Self.silent()
        #expect(bench.status(Self.entry, .partiallyFilled, filled: 1, leaves: 1) == [])
        #expect(bench.wait(250) == ["> ask m1"])
        let out = bench.status(Self.entry, .partiallyFilled, filled: 1, leaves: 1)
        #expect(out == ["m1 partiallyFilled 1", "reconciliationQuestion", "> cancel m1", "> cancel m1"])
        #expect(bench.fills.isEmpty)
        #expect(bench.gateway.position.isFlat)
        #expect(bench.gateway.openQuantity == Quantity(1))
        #expect(bench.notices.last?.found == Quantity(1))
    }

    @Test func `fills that were on their way make it whole`() {
        var bench = Self.silent()
        bench.status(Self.entry, .partiallyFilled, filled: 1, leaves: 1)
        let out = bench.filled(Self.entry, .buy, 1, "5000.25")
        #expect(out.prefix(2) == ["fill m1 buy 1 @ 5000.25", "m1 partiallyFilled 1"])
        bench.wait(250)
        bench.status(Self.entry, .partiallyFilled, filled: 1, leaves: 1)
        #expect(bench.gateway.unexplained == .zero)
        #expect(bench.notices.isEmpty)
    }

    @Test func `a cancel that nobody answers is asked about and sent again`() {
        var bench = GatewayBench()
        bench.open()
        bench.accepted(Self.entry, 1)
        #expect(bench.tell(OperatorCommand(.cancel, target: Self.entry)) == ["> cancel m1"])
        #expect(bench.tell(OperatorCommand(.cancel, target: Self.entry)) == [])
        #expect(bench.wait(250) == ["m1 unknown 1", "> ask m1"])
        #expect(bench.status(Self.entry, .working, leaves: 1) == ["m1 working 1", "> cancel m1"])
        #expect(bench.cancelled(Self.entry) == ["m1 cancelled 0 requested"])
        #expect(bench.say(.cancelRejected, Self.entry) == [])
        #expect(bench.gateway.contradictions == 0)
    }

    @Test func `a cancel that the venue refuses makes the order unknown, not gone`() {
        var bench = GatewayBench()
        bench.open()
        bench.accepted(Self.entry, 1)
        bench.tell(OperatorCommand(.cancel, target: Self.entry))
        #expect(
            bench.say(.cancelRejected, Self.entry) { $0.reason = .unknownOrder }
                == ["m1 unknown 1 unknown_order", "> ask m1"])
        #expect(bench.gateway.live.count == 1)
    }

    @Test func `a fill crosses the cancel, and the refusal of the cancel says nothing new`() {
        var bench = GatewayBench()
        bench.open()
        bench.accepted(Self.entry, 1)
        bench.tell(OperatorCommand(.cancel, target: Self.entry))
        let out = bench.filled(Self.entry, .buy, 1, "5000.25")
        #expect(out.contains("> x1 protectiveStop sell 1 stop 4998.25"))
        #expect(out.contains("> x3 close sell 1 market"))
        #expect(bench.say(.cancelRejected, Self.entry) { $0.reason = .tooLate } == [])
        #expect(bench.gateway.contradictions == 0)
        #expect(bench.gateway.hasProtection)
    }

    @Test func `a fill after a cancel counts, in its own book, and is flattened`() {
        var bench = GatewayBench()
        bench.open { $0.strategy = .level }
        bench.accepted(Self.entry, 1)
        bench.tell(OperatorCommand(.cancel, target: Self.entry))
        bench.cancelled(Self.entry)
        let out = bench.filled(Self.entry, .buy, 1, "5000.25")
        #expect(out.prefix(3) == ["fill m1 buy 1 @ 5000.25", "m1 cancelled 0", "flattening"])
        #expect(bench.fills[0].strategy == .level)
        #expect(bench.fills[0].role == .entry)
        #expect(bench.gateway.lateFills == 1)
        #expect(bench.gateway.contradictions == 0)
        #expect(bench.notices[0].reason == .lateFill)
    }

    @Test func `what the venue says twice counts once`() {
        var bench = GatewayBench()
        bench.open()
        bench.accepted(Self.entry, 1)
        #expect(bench.accepted(Self.entry, 1) == [])
        bench.tell(OperatorCommand(.cancel, target: Self.entry))
        bench.cancelled(Self.entry)
        #expect(bench.cancelled(Self.entry) == [])
        #expect(bench.accepted(Self.entry, 1) == [])
        #expect(bench.gateway.repetitions == 3)
        #expect(bench.gateway.contradictions == 0)
    }

    @Test func `a venue that accepts what it has rejected is not believed`() {
        var bench = GatewayBench()
        bench.open()
        bench.say(.rejected, Self.entry) { $0.reason = .full }
        #expect(bench.accepted(Self.entry, 1).contains("> cancel m1"))
        #expect(bench.gateway.isFlattening)
    }

    @Test func `a stop that nobody acknowledges is asked about first, and flattened after half a second`() {
        var bench = GatewayBench()
        bench.open()
        bench.filled(Self.entry, .buy, 1, "5000.25")
        #expect(bench.wait(250) == ["x1 unknown 1", "x2 unknown 1", "> ask x1", "> ask x2"])
        #expect(bench.wait(250).contains("flattening"))
        var known = GatewayBench()
        known.open()
        known.filled(Self.entry, .buy, 1, "5000.25")
        known.wait(250)
        known.status(Self.stop, .working, leaves: 1)
        known.status(Self.target, .working, leaves: 1)
        #expect(known.wait(10_000) == [])
    }

    @Test func `a linked order may fill no more from the moment its partner has filled`() {
        var bench = GatewayBench.holding(.buy, 3)
        bench.filled(Self.target, .sell, 2, "5004.25")
        #expect(bench.gateway.live.indices.allSatisfy { bench.gateway.live[$0].leaves == Quantity(1) })
        #expect(bench.gateway.hasProtection)
        bench.say(.reduced, Self.stop) { $0.leaves = Quantity(1) }
        #expect(bench.gateway.contradictions == 0)
    }

    // MARK: An end that is not told

    @Test func `an accepted order that cannot rest is asked about until its end is told`() {
        var bench = GatewayBench()
        bench.open(.buy, 2)
        bench.accepted(Self.entry, 2)
        #expect(bench.wait(999) == [])
        #expect(bench.wait(1) == ["> ask m1"], "its end is late, which makes it no unknown order")
        #expect(bench.status(Self.entry, .working, leaves: 2) == [], "it waits for a book")
        #expect(bench.wait(999) == [])
        #expect(bench.wait(1) == ["> ask m1"])
        #expect(bench.wait(499) == [])
        #expect(bench.wait(1) == ["m1 unknown 2", "> ask m1"], "now the venue is silent")
        #expect(bench.filled(Self.entry, .buy, 2, "5000.25").contains("m1 filled 0"))
        #expect(bench.gateway.contradictions == 0)
    }

    @Test func `what filled and was never told is a question, and no fill is invented`() {
        for type in [OrderType.market, .limit] {
            var bench = GatewayBench()
            bench.open(.buy, 1) {
                $0.type = type
                guard type == .limit else { return }
                $0.limit = Ticks(20_001)
                $0.timeInForce = .immediateOrCancel
            }
            bench.accepted(Self.entry, 1)
            #expect(bench.wait(1_000) == ["> ask m1"])
            #expect(bench.status(Self.entry, .filled, filled: 1) == ["m1 unknown 1"], "the fill may be on its way")
            #expect(bench.wait(250) == ["> ask m1"])
            let out = bench.status(Self.entry, .filled, filled: 1)
            #expect(out.contains("reconciliationQuestion"))
            #expect(bench.fills.isEmpty)
            #expect(bench.gateway.openQuantity == Quantity(1))
        }
    }

    /// The venue's position says whether they are the contracts that were unexplained before.
    @Test(arguments: [Int64(3), 4])
    func `a fill that was never told is not counted twice, and the venue is read again`(position: Int64) {
        var bench = GatewayBench.holding(.buy, 2)
        let other = ClientOrderID(epoch: 1, issuer: .manual, count: 2)
        let live = [(GatewayBench.own(1), Int64(2)), (GatewayBench.own(2), Int64(2))]
        bench.tell(OperatorCommand(.reconcile))
        bench.answerRead(3, live: live)
        bench.wait(50)
        #expect(bench.answerRead(3, live: live).contains("reconciliationQuestion"))
        bench.open(.buy, 1, id: other)
        bench.accepted(other, 1)
        bench.status(other, .filled, filled: 1)
        bench.wait(250)
        let out = bench.status(other, .filled, filled: 1)
        #expect(out.contains("reconciliationQuestion") && out.contains("> position?"))
        #expect(bench.gateway.unexplained == Quantity(1) && bench.gateway.isReconciling)
        bench.answerRead(position, live: live)
        if position == 4 {
            bench.wait(50)
            bench.answerRead(position, live: live)
        }
        #expect(!bench.gateway.isReconciling && !bench.gateway.isFlattening)
        #expect(bench.gateway.openQuantity == Quantity(position) && bench.gateway.contradictions == 0)
        #expect(bench.fills.count == 1)
    }

    @Test func `two words of the venue that balance each other explain nothing, and everything is closed`() {
        var bench = GatewayBench { $0.netsBooks = true }
        bench.open(.buy, 2)
        bench.accepted(Self.entry, 2)
        bench.filled(Self.entry, .buy, 2, "5000.25")
        bench.accepted(GatewayBench.own(2), 2)
        let live = [(GatewayBench.own(2), Int64(2))]
        bench.tell(OperatorCommand(.reconcile))
        bench.answerRead(1, live: live)
        bench.wait(50)
        #expect(bench.answerRead(1, live: live).contains("reconciliationQuestion"))
        #expect(bench.gateway.unexplained == Quantity(-1) && !bench.gateway.isFlattening)
        let other = ClientOrderID(epoch: 1, issuer: .manual, count: 2)
        bench.open(.buy, 1, id: other)
        bench.accepted(other, 1)
        bench.status(other, .filled, filled: 1)
        #expect(!bench.gateway.isFlattening)
        bench.wait(250)
        let out = bench.status(other, .filled, filled: 1)
        #expect(out.contains("reconciliationQuestion") && out.contains("flattening"))
        #expect(bench.gateway.unexplained == .zero && bench.gateway.contradictions == 1)
        #expect(bench.fills.count == 1 && bench.gateway.position.quantity == Quantity(2))
    }

    @Test func `a limit order rests for as long as it likes, and a stop until it is triggered`() {
        var bench = GatewayBench()
        bench.open(.buy, 1) {
            $0.type = .limit
            $0.limit = Ticks(19_996)
        }
        bench.accepted(Self.entry, 1)
        #expect(bench.wait(600_000) == [])
        var stop = GatewayBench.holding()
        #expect(stop.wait(600_000) == [])
        stop.say(.triggered, Self.stop)
        #expect(stop.wait(999) == [])
        #expect(stop.wait(1) == ["> ask x1"])
    }
}
