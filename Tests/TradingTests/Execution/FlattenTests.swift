import Execution
import Orders
import Testing
import Units

@Suite struct FlattenTests {
    static let entry = GatewayBench.entry
    static let stop = GatewayBench.own(1)
    static let target = GatewayBench.own(2)

    static func command(_ epoch: UInt64 = 2, waitsForOpen: Bool = false) -> OperatorCommand {
        OperatorCommand(
            .flatten, id: 77, sender: ShortText("ann"), reason: ShortText("lunch"), waitsForOpen: waitsForOpen,
            epoch: epoch)
    }

    /// Long three, everything cancelled, the first read asked for.
    static func cancelling(
        _ quantity: Int64 = 3, _ change: (inout ExecutionConfiguration) -> Void = { _ in }
    ) -> GatewayBench {
        var bench = GatewayBench.holding(.buy, quantity, change)
        #expect(bench.tell(command()) == ["flattening", "> cancel x1", "> cancel x2"])
        #expect(bench.cancelled(stop) == ["x1 cancelled 0 requested"])
        #expect(bench.cancelled(target) == ["x2 cancelled 0 requested"] + GatewayBench.reads)
        return bench
    }

    @Test func `cancels, closes what the venue holds through the book, and proves it twice`() {
        var bench = Self.cancelling()
        #expect(bench.answerRead(3) == ["x3 pending 3", "> x3 close sell 3 limit 4995.00"])
        let close = bench.commands.last!
        #expect(close.order.isReduceOnly)
        #expect(close.order.timeInForce == .immediateOrCancel)
        #expect(close.epoch == 2)
        #expect(bench.accepted(GatewayBench.own(3), 3) == ["x3 working 3"])
        #expect(
            bench.filled(GatewayBench.own(3), .sell, 3, "4999.75")
                == ["fill x3 sell 3 @ 4999.75", "x3 filled 0"] + GatewayBench.reads)
        bench.now = bench.now + .milliseconds(3)
        #expect(bench.answerRead(0) == GatewayBench.reads)
        bench.now = bench.now + .milliseconds(3)
        #expect(bench.answerRead(0) == ["flat"])
        let notice = bench.notices.last!, certificate = notice.certificate
        #expect(notice.rounds == 1)
        #expect("\(certificate.sender) \(certificate.reason)" == "ann lunch")
        #expect(certificate.command == 77)
        #expect(certificate.epoch == 2)
        #expect(certificate.fills == 1)
        #expect(certificate.contracts == Quantity(3))
        // One tick below the bid at the start, three contracts.
        #expect(certificate.slippage == Money(cents: 375))
        #expect(certificate.firstProof < certificate.secondProof)
        #expect(certificate.secondProof < certificate.proven)
        #expect(!bench.gateway.isFlattening)
        #expect(bench.gateway.isIdle)
        #expect(bench.gateway.isLocked)
    }

    @Test func `a stop that fills on its way out is not closed again`() {
        var bench = GatewayBench.holding()
        bench.tell(Self.command())
        bench.filled(Self.stop, .sell, 1, "4998.25")
        #expect(bench.cancelled(Self.target) == ["x2 cancelled 0 requested"] + GatewayBench.reads)
        // The cancel found nothing to cancel: that proves nothing either way, and the read begins anew.
        #expect(bench.say(.cancelRejected, Self.stop) { $0.reason = .tooLate } == GatewayBench.reads)
        #expect(bench.answerRead(0) == GatewayBench.reads)
        #expect(bench.answerRead(0) == ["flat"])
        #expect(bench.gateway.position.isFlat)
        #expect(bench.notices.last?.rounds == 0)
        #expect(!bench.commands.contains { $0.order.role == .close })
    }

    @Test func `a fill between the two reads starts another round`() {
        var bench = Self.cancelling(1)
        bench.answerRead(1)
        bench.filled(GatewayBench.own(3), .sell, 1, "5000.00")
        #expect(bench.answerRead(0) == GatewayBench.reads)
        // The target had filled after all.
        let late = bench.filled(Self.target, .sell, 1, "5004.25")
        #expect(late == ["fill x2 sell 1 @ 5004.25", "x2 cancelled 0"] + GatewayBench.reads)
        #expect(bench.answerRead(-1) == [], "a round has its pause")
        #expect(bench.wait(50) == GatewayBench.reads)
        #expect(bench.answerRead(-1) == ["x4 pending 1", "> x4 close buy 1 limit 5005.25"])
        bench.filled(GatewayBench.own(4), .buy, 1, "5000.25")
        #expect(bench.answerRead(0) == GatewayBench.reads)
        #expect(bench.answerRead(0) == ["flat"])
        #expect(bench.notices.last?.rounds == 2)
        #expect(bench.gateway.position.isFlat)
        #expect(bench.gateway.lateFills == 1)
    }

    @Test func `an answer to a read of before proves nothing`() {
        var bench = Self.cancelling(1)
        let old = bench.commands.last { $0.kind == .queryOrders }!.query
        bench.answerRead(1)
        bench.filled(GatewayBench.own(3), .sell, 1, "5000.00")
        bench.say(.queryEnd) { $0.query = old }
        bench.say(.positionStatus) { $0.query = old + 1 }
        #expect(bench.gateway.isFlattening)
        #expect(bench.answerRead(0) == GatewayBench.reads)
        #expect(bench.answerRead(0) == ["flat"])
    }

    @Test func `it waits for the unknown and asks, and closes only when it is known`() {
        var bench = GatewayBench()
        bench.open(.buy, 2)
        #expect(bench.tell(Self.command()) == ["flattening", "> cancel m1"])
        #expect(bench.wait(250) == ["m1 unknown 2", "> ask m1"])
        #expect(bench.wait(20) == [])
        #expect(bench.status(Self.entry, .partiallyFilled, filled: 1, leaves: 1) == [])
        #expect(bench.filled(Self.entry, .buy, 1, "5000.25") == ["fill m1 buy 1 @ 5000.25", "m1 partiallyFilled 1"])
        #expect(bench.cancelled(Self.entry) == ["m1 cancelled 0 requested"] + GatewayBench.reads)
        #expect(bench.answerRead(1).last == "> x1 close sell 1 limit 4995.00")
    }

    @Test func `an order that the venue holds and nobody here knows is cancelled before anything is closed`() {
        var bench = Self.cancelling()
        let stranger = ClientOrderID(epoch: 9, issuer: .manual, count: 5)
        #expect(bench.answerRead(3, live: [(stranger, 2)]) == ["strayOrder", "> cancel m5"])
        #expect(bench.wait(49) == [])
        #expect(bench.wait(1) == GatewayBench.reads)
        #expect(bench.cancelled(stranger) == GatewayBench.reads)
        #expect(bench.answerRead(3).last == "> x3 close sell 3 limit 4995.00")
    }

    @Test func `what the venue holds is closed, not what the fills say`() {
        var bench = Self.cancelling()
        #expect(bench.answerRead(5) == GatewayBench.reads, "a difference is looked at twice")
        #expect(bench.answerRead(5) == ["x3 pending 5", "reconciliationQuestion", "> x3 close sell 5 limit 4995.00"])
        bench.filled(GatewayBench.own(3), .sell, 5, "5000.00")
        #expect(bench.answerRead(0) == GatewayBench.reads)
        #expect(bench.answerRead(0) == ["flat"])
        #expect(bench.gateway.position.quantity == Quantity(-2))
        #expect(bench.gateway.unexplained == Quantity(2))
        #expect(bench.gateway.isIdle)
    }

    @Test func `what a round leaves open is the next one's, at the prices of then`() {
        var bench = Self.cancelling()
        bench.answerRead(3)
        bench.filled(GatewayBench.own(3), .sell, 1, "5000.00")
        bench.market.setBook("4990.00x10 | 4990.25x10")
        #expect(
            bench.say(.cancelled, GatewayBench.own(3)) { $0.reason = .bookExhausted }
                == ["x3 cancelled 0 book_exhausted"] + GatewayBench.reads)
        #expect(bench.answerRead(2) == [])
        #expect(bench.wait(50) == GatewayBench.reads)
        #expect(bench.answerRead(2) == ["x4 pending 2", "> x4 close sell 2 limit 4985.00"])
    }

    @Test func `without a book the venue finds the price`() {
        var bench = Self.cancelling()
        bench.market.quality = .crossed
        #expect(bench.answerRead(3).last == "> x3 close sell 3 market")
    }

    @Test func `a closed market blocks it until it is told to wait for the open`() {
        var bench = Self.cancelling()
        bench.market.quality = .closed
        #expect(bench.answerRead(3) == ["flattenBlocked"])
        #expect(bench.notices.last?.block == .marketClosed)
        #expect(bench.wait(5_000) == [])
        bench.market.quality = []
        #expect(bench.wait(1_000) == [], "nobody said that it may")
        #expect(bench.gateway.isFlattening)
        bench.market.quality = .closed
        #expect(bench.tell(Self.command(3, waitsForOpen: true)) == [])
        bench.market.quality = []
        #expect(bench.wait(1) == GatewayBench.reads)
        #expect(bench.answerRead(3).last == "> x3 close sell 3 limit 4995.00")
    }

    @Test func `a second flatten on an open market goes on`() {
        var bench = Self.cancelling()
        bench.market.quality = .closed
        bench.answerRead(3)
        bench.market.quality = []
        #expect(bench.tell(Self.command(3)) == GatewayBench.reads)
    }

    @Test func `a limit takes over what a closed market has stopped, unless it may not`() {
        for (reason, closesAtOpen, goesOn) in [
            (StateReason.dailyLoss, true, true), (.operatorRequest, true, false), (.dailyLoss, false, false),
        ] {
            var bench = Self.cancelling { $0.closesAtOpen = closesAtOpen }
            bench.market.quality = .closed
            #expect(bench.answerRead(3) == ["flattenBlocked"])
            #expect(bench.take(FlattenEchoTests.change(reason, from: .flattening)) == [])
            bench.market.quality = []
            #expect(bench.wait(1) == (goesOn ? GatewayBench.reads : []), "\(reason) \(closesAtOpen)")
            // In an open market it goes on at once.
            let last = bench.take(FlattenEchoTests.change(.trailingDrawdown, from: .flattening))
            #expect(last == (goesOn ? [] : GatewayBench.reads))
        }
    }

    @Test func `a limit's word behind the proof of what it would have taken over begins nothing`() {
        var bench = FlattenEchoTests.flat()
        #expect(bench.take(FlattenEchoTests.change(.dailyLoss, from: .flattening)) == [])
        #expect(bench.gateway.isIdle)
    }

    @Test func `a halt ends by itself, and so does a closed market for a flatten of our own`() {
        var bench = Self.cancelling()
        bench.market.quality = .halted
        #expect(bench.answerRead(3) == ["flattenBlocked"])
        bench.market.quality = []
        #expect(bench.wait(1) == GatewayBench.reads)
        var own = GatewayBench.holding()
        own.say(.cancelled, Self.stop) { $0.reason = .bookExhausted }
        own.cancelled(Self.target)
        own.market.quality = .closed
        #expect(own.answerRead(1) == ["flattenBlocked"])
        own.market.quality = []
        #expect(own.wait(1) == GatewayBench.reads)
    }

    @Test func `a venue that says that it is closed is believed`() {
        var bench = Self.cancelling()
        bench.answerRead(3)
        let out = bench.say(.rejected, GatewayBench.own(3)) { $0.reason = .marketClosed }
        #expect(out == ["x3 rejected 0 market_closed", "flattenBlocked"])
        #expect(bench.wait(2_000) == [])
        #expect(bench.tell(Self.command(3, waitsForOpen: true)) == GatewayBench.reads)
    }

    @Test func `two at once are one`() {
        var bench = GatewayBench.holding()
        bench.tell(Self.command())
        #expect(bench.tell(Self.command(3)) == [])
        let change = StateChange(
            sequence: 1, time: bench.now, from: .active, to: .flattening, reason: .operatorRequest)
        bench.gateway.apply(change, bench.clock)
        #expect(bench.gateway.commands.isEmpty)
        bench.cancelled(Self.stop)
        bench.cancelled(Self.target)
        bench.answerRead(1)
        bench.filled(GatewayBench.own(3), .sell, 1, "5000.00")
        bench.answerRead(0)
        bench.answerRead(0)
        #expect(bench.notices.map(\.kind) == [.flattening, .flat])
    }

    @Test func `it says when it is late, and never stops`() {
        var bench = Self.cancelling()
        bench.market.setBook("4990.00x10 | 4990.25x10")
        bench.answerRead(3)
        #expect(bench.wait(9_000).contains("flattenLate") == false)
        #expect(bench.wait(1_000).contains("flattenLate"))
        #expect(bench.wait(60_000).contains("flattenLate") == false)
        #expect(bench.gateway.isFlattening)
        bench.say(.cancelled, GatewayBench.own(3))
        #expect(bench.answerRead(3).last == "> x4 close sell 3 limit 4985.00")
        bench.say(.cancelled, GatewayBench.own(4))
        bench.answerRead(3)
        #expect(bench.wait(999) == [])
        #expect(bench.wait(1) == GatewayBench.reads)
    }

    @Test func `a read that nobody answers is asked again`() {
        var bench = Self.cancelling()
        #expect(bench.wait(249) == [])
        #expect(bench.wait(1) == GatewayBench.reads)
        #expect(bench.answerRead(3).last == "> x3 close sell 3 limit 4995.00")
    }

    @Test func `an answer may take longer than any wait for it`() {
        var bench = Self.cancelling()
        let first = bench.commands.last { $0.kind == .queryOrders }!.query
        let asked = bench.commands.count
        for _ in 0..<9 { bench.wait(1_000) }
        let again = bench.commands.dropFirst(asked).filter { $0.kind == .queryOrders }.map(\.query)
        #expect(again == [first, first, first, first, first])
        bench.say(.queryEnd) { $0.query = first }
        let missing = bench.wait(4_000).filter { $0.hasPrefix(">") }
        #expect(missing == [GatewayBench.reads[1]], "what has been answered is not asked again")
        bench.say(.positionStatus) {
            $0.query = first + 1
            $0.quantity = Quantity(3)
        }
        #expect(bench.gateway.flattening.rounds == 1)
    }

    @Test func `an empty account is proven too`() {
        var bench = GatewayBench()
        #expect(bench.tell(Self.command()) == ["flattening"] + GatewayBench.reads)
        #expect(bench.answerRead(0) == GatewayBench.reads)
        #expect(bench.answerRead(0) == ["flat"])
    }

    @Test func `a flatten that is saved and loaded goes on`() throws {
        var bench = Self.cancelling()
        func reload() throws {
            bench.gateway = try reloaded(
                bench.gateway, into: ExecutionGateway(ExecutionConfiguration(terms: Script.terms), epoch: 1))
        }
        try reload()
        bench.answerRead(3)
        try reload()
        bench.filled(GatewayBench.own(3), .sell, 3, "5000.00")
        try reload()
        bench.answerRead(0)
        try reload()
        #expect(bench.answerRead(0) == ["flat"])
        #expect("\(bench.notices.last!.certificate.sender)" == "ann")
    }
}
