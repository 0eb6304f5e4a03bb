import Execution
import Orders
import Risk
import Testing
import Units

@Suite struct ChangeTests {
    static let entry = GatewayBench.entry
    static let stop = GatewayBench.own(1)
    static let target = GatewayBench.own(2)

    /// A limit order to buy three at 4999.00, two of which are left.
    static func resting() -> GatewayBench {
        var bench = GatewayBench()
        bench.open(.buy, 3) {
            $0.type = .limit
            $0.limit = Ticks(19_996)
        }
        bench.accepted(entry, 3)
        bench.filled(entry, .buy, 1, "4999.00")
        bench.accepted(stop, 1)
        bench.accepted(target, 1)
        return bench
    }

    static func change(
        _ bench: inout GatewayBench, _ quantity: Int64, _ price: Int64, epoch: UInt64 = 1
    ) -> [String] {
        bench.open(.buy, quantity, epoch: epoch) {
            $0.action = .modify
            $0.type = .limit
            $0.limit = Ticks(price)
        }
    }

    @Test func `an approved change goes to the venue, and the larger quantity counts until it is answered`() {
        var bench = Self.resting()
        #expect(Self.change(&bench, 5, 19_997) == ["m1 partiallyFilled 4", "> change m1 to 5 4999.25"])
        #expect(bench.gateway.live[0].order.price == Ticks(19_996))
        #expect(
            bench.say(.modified, Self.entry) { $0.leaves = Quantity(4) } == ["m1 partiallyFilled 4"])
        #expect(bench.gateway.live[0].order.price == Ticks(19_997))
        #expect(bench.gateway.live[0].order.quantity == Quantity(5))
        #expect(bench.filled(Self.entry, .buy, 4, "4999.25").contains("m1 filled 0"))
        #expect(bench.gateway.contradictions == 0)
    }

    @Test func `a change that the venue refuses leaves the order as it was`() {
        var bench = Self.resting()
        _ = Self.change(&bench, 5, 19_997)
        #expect(
            bench.say(.modifyRejected, Self.entry) { $0.reason = .malformed } == ["m1 partiallyFilled 2 malformed"])
        #expect(bench.gateway.live[0].order.price == Ticks(19_996))
        #expect(bench.gateway.live[0].leaves == Quantity(2))
    }

    @Test func `a fill that crosses a change counts`() {
        var bench = Self.resting()
        _ = Self.change(&bench, 2, 19_996)
        #expect(bench.filled(Self.entry, .buy, 2, "4999.00").contains("m1 filled 0"))
        #expect(bench.say(.modifyRejected, Self.entry) { $0.reason = .tooLate } == [], "it is gone")
        #expect(bench.gateway.position.quantity == Quantity(3))
        #expect(bench.gateway.contradictions == 0)
        #expect(bench.gateway.hasProtection)
    }

    @Test func `a change that is told behind a later fill does not give back what has filled`() {
        var bench = Self.resting()
        _ = Self.change(&bench, 3, 19_997)
        _ = bench.filled(Self.entry, .buy, 1, "4999.25")
        let told = bench.say(.modified, Self.entry) { $0.leaves = Quantity(2) }
        #expect(told == ["m1 partiallyFilled 1"], "two of three have filled")
        #expect(bench.gateway.live[0].leaves == Quantity(1))
        #expect(bench.filled(Self.entry, .buy, 1, "4999.25").contains("m1 filled 0"))
        #expect(bench.gateway.contradictions == 0)
    }

    @Test func `an order that fills whole while it is to be enlarged is asked about, and ends`() {
        var bench = Self.resting()
        _ = Self.change(&bench, 5, 19_997)
        let filled = bench.filled(Self.entry, .buy, 2, "4999.00")
        #expect(filled.contains("m1 partiallyFilled 2"), "\(filled)")
        let refused = bench.say(.modifyRejected, Self.entry) { $0.reason = .tooLate }
        #expect(refused == ["m1 partiallyFilled 0 too_late", "> ask m1"])
        let ended = bench.status(Self.entry, .filled, filled: 3, leaves: 0)
        #expect(ended.contains("m1 filled 0"), "\(ended)")
    }

    @Test func `a change of an order that the venue does not know any more is asked about`() {
        var bench = Self.resting()
        _ = Self.change(&bench, 2, 19_996)
        let refused = bench.say(.modifyRejected, Self.entry) { $0.reason = .unknownOrder }
        #expect(refused == ["m1 partiallyFilled 2 unknown_order", "> ask m1"])
    }

    @Test func `a change that nobody answers is asked about`() {
        var bench = Self.resting()
        _ = Self.change(&bench, 5, 19_997)
        #expect(bench.wait(250) == ["m1 unknown 4", "> ask m1"])
        #expect(bench.say(.modified, Self.entry) { $0.leaves = Quantity(4) } == ["m1 unknown 4"])
        let out = bench.status(Self.entry, .partiallyFilled, filled: 1, leaves: 4)
        #expect(out == ["m1 partiallyFilled 4"])
    }

    @Test func `what cannot be changed goes on as it is`() {
        var bench = Self.resting()
        _ = Self.change(&bench, 5, 19_997)
        #expect(Self.change(&bench, 4, 19_997) == ["m1 partiallyFilled 4 too_late"], "one at a time")
        var filled = Self.resting()
        #expect(Self.change(&filled, 1, 19_996) == ["m1 partiallyFilled 2 too_late"], "that much has filled already")
        var cancelling = Self.resting()
        cancelling.tell(OperatorCommand(.cancel, target: Self.entry))
        #expect(Self.change(&cancelling, 5, 19_997) == ["m1 partiallyFilled 2 too_late"])
        var stale = Self.resting()
        #expect(Self.change(&stale, 5, 19_997, epoch: 9) == ["m1 partiallyFilled 2 stale_epoch"])
        var gone = GatewayBench()
        #expect(Self.change(&gone, 5, 19_997) == [])
    }

    @Test func `a stop is moved, and keeps its quantity; what closes is not enlarged`() {
        var bench = GatewayBench.holding(.buy, 2)
        func move(_ quantity: Int64) -> [String] {
            bench.open(.sell, quantity, id: Self.stop) {
                $0.action = .modify
                $0.type = .stop
                $0.trigger = Ticks(19_999)
            }
        }
        #expect(move(1) == ["x1 working 2 not_sent"])
        #expect(move(3) == ["x1 working 2 not_sent"])
        #expect(move(2) == ["x1 working 2", "> change x1 to 2 4999.75"])
        #expect(bench.say(.modified, Self.stop) { $0.leaves = Quantity(2) } == ["x1 working 2"])
        #expect(bench.gateway.hasProtection)
        let close = ClientOrderID(epoch: 1, issuer: .manual, count: 2)
        func limit(_ quantity: Int64, _ price: Int64, _ action: IntentAction) -> [String] {
            bench.open(.sell, quantity, id: close) {
                $0.action = action
                $0.isReduceOnly = true
                $0.type = .limit
                $0.limit = Ticks(price)
            }
        }
        _ = limit(1, 20_010, .open)
        bench.accepted(close, 1)
        #expect(limit(2, 20_010, .modify) == ["m2 working 1 not_sent"])
        #expect(limit(1, 20_012, .modify) == ["m2 working 1", "> change m2 to 1 5003.00"])
    }

    @Test func `a change that did not leave is over, and the order goes on as it was`() {
        var bench = Self.resting()
        _ = Self.change(&bench, 5, 19_997)
        #expect(
            bench.tell(OperatorCommand(.withheld, target: Self.entry)) == ["m1 partiallyFilled 2 stale_epoch"])
        #expect(bench.gateway.live[0].order.price == Ticks(19_996))
        #expect(Self.change(&bench, 4, 19_996) == ["m1 partiallyFilled 3", "> change m1 to 4 4999.00"])
    }

    @Test func `our own orders may be moved, and only to less`() {
        var order = Order.blank
        order.role = .protectiveStop
        order.quantity = Quantity(3)
        order.type = .stop
        order.price = Ticks(100)
        func may(_ change: (inout Order) -> Void) -> Bool {
            var changed = order
            change(&changed)
            return mayAdjust(order, to: changed)
        }
        #expect(may { $0.price = Ticks(90) })
        #expect(may { $0.quantity = Quantity(2) })
        #expect(may { $0.limit = Ticks(5) })
        #expect(may { $0.trail = Ticks(5) })
        #expect(!may { $0.quantity = Quantity(4) })
        #expect(!may { $0.quantity = .zero })
        #expect(!may { $0.side = .sell })
        #expect(!may { $0.type = .limit })
        #expect(!may { $0.role = .entry })
        #expect(!may { $0.isReduceOnly = true })
        order.role = .entry
        #expect(!may { $0.quantity = Quantity(2) })
    }

    // MARK: Closing a part

    @Test func `a part of a position is closed in the link of its stop`() {
        var bench = GatewayBench.holding(.buy, 3)
        let id = ClientOrderID(epoch: 1, issuer: .manual, count: 2)
        let out = bench.open(.sell, 2, id: id) {
            $0.isReduceOnly = true
            $0.type = .limit
            $0.limit = Ticks(20_010)
        }
        #expect(out == ["m2 pending 2", "> m2 close sell 2 limit 5002.50"])
        #expect(bench.commands.last?.order.link == Self.stop)
        #expect(bench.commands.last?.order.isReduceOnly == true)
        bench.accepted(id, 2)
        bench.filled(id, .sell, 2, "5002.50")
        #expect(bench.gateway.brackets[0].quantity == Quantity(1))
        #expect(bench.gateway.hasProtection)
        #expect(bench.updates.last?.isSelfIssued == false)
    }

    @Test func `a part that spans two brackets is two orders`() {
        var bench = GatewayBench.holding()
        let second = ClientOrderID(epoch: 1, issuer: .manual, count: 2)
        bench.open(.buy, 1, id: second)
        bench.accepted(second, 1)
        bench.filled(second, .buy, 1, "5000.25")
        let id = ClientOrderID(epoch: 1, issuer: .manual, count: 3)
        let out = bench.open(.sell, 2, id: id) { $0.isReduceOnly = true }
        #expect(out.contains("> m3 close sell 1 market"))
        #expect(out.contains("> x5 close sell 1 market"))
        #expect(bench.gateway.contradictions == 0)
    }

    @Test func `with nothing to close there is no order`() {
        var bench = GatewayBench()
        #expect(bench.open(.sell, 1) { $0.isReduceOnly = true } == ["m1 rejected 0 reduce_only"])
    }

    @Test func `a strategy closes what is its own`() {
        var bench = GatewayBench()
        bench.open { $0.strategy = .level }
        bench.filled(Self.entry, .buy, 1, "5000.25")
        let second = ClientOrderID(epoch: 1, issuer: .manual, count: 2)
        bench.open(.buy, 1, id: second)
        bench.filled(second, .buy, 1, "5000.25")
        let id = ClientOrderID(epoch: 1, issuer: .strategy, count: 9)
        let out = bench.open(.sell, 0, id: id) {
            $0.action = .close
            $0.strategy = .level
        }
        #expect(out == ["x5 pending 1", "> x5 close sell 1 market"])
        #expect(bench.commands.last?.order.link == Self.stop)
    }

    @Test func `a strategy's close that crosses its stop leaves what others have at work`() {
        var bench = GatewayBench()
        bench.open { $0.strategy = .level }
        bench.accepted(Self.entry, 1)
        bench.filled(Self.entry, .buy, 1, "5000.25")
        let resting = ClientOrderID(epoch: 1, issuer: .manual, count: 2)
        bench.open(.buy, 2, id: resting) {
            $0.type = .limit
            $0.limit = Ticks(19_990)
        }
        bench.accepted(resting, 2)
        bench.filled(Self.stop, .sell, 1, "4998.25")
        #expect(bench.gateway.position.isFlat)
        let out = bench.open(.sell, 0, id: ClientOrderID(epoch: 1, issuer: .strategy, count: 9)) {
            $0.action = .close
            $0.strategy = .level
        }
        #expect(!out.contains("> cancel m2"), "\(out)")
    }

    // MARK: A venue without links

    static func unlinked() -> GatewayBench {
        var bench = GatewayBench { $0.venueLinks = false }
        bench.open(.buy, 2)
        bench.accepted(entry, 2)
        #expect(
            bench.filled(entry, .buy, 2, "5000.25") == [
                "fill m1 buy 2 @ 5000.25", "m1 filled 0", "x1 pending 2", "> x1 protectiveStop sell 2 stop 4998.25",
            ])
        #expect(bench.commands.last?.order.link == ClientOrderID.none)
        bench.accepted(stop, 2)
        return bench
    }

    @Test func `without links the target waits here, and goes by the stop`() {
        var bench = Self.unlinked()
        bench.market.setBook("5004.00x10 | 5004.25x10")
        #expect(bench.wait(10) == [])
        bench.market.setBook("5004.25x10 | 5004.50x10")
        #expect(bench.wait(10) == ["x1 working 2", "> change x1 to 2 5009.25"])
        #expect(bench.wait(10) == [])
        #expect(bench.gateway.hasProtection)
        bench.say(.modified, Self.stop) { $0.leaves = Quantity(2) }
        bench.say(.triggered, Self.stop)
        #expect(
            bench.filled(Self.stop, .sell, 2, "5004.25") == ["fill x1 sell 2 @ 5004.25", "x1 filled 0"])
        #expect(bench.gateway.isIdle)
        #expect(bench.gateway.brackets.isEmpty)
    }

    @Test func `without links a close goes by the stop too, and again when it was refused`() {
        var bench = Self.unlinked()
        let id = ClientOrderID(epoch: 1, issuer: .manual, count: 2)
        let out = bench.open(.sell, 0, id: id) { $0.action = .close }
        #expect(out == ["x1 working 2", "m2 cancelled 0 linked", "> change x1 to 2 5005.00"])
        bench.say(.modifyRejected, Self.stop) { $0.reason = .marketClosed }
        #expect(bench.wait(999) == [])
        #expect(bench.wait(1) == ["x1 working 2", "> change x1 to 2 5005.00"])
        #expect(bench.commands.filter { $0.kind == .submit }.count == 2)
    }

    @Test func `without links nothing else closes a part`() {
        var bench = Self.unlinked()
        let id = ClientOrderID(epoch: 1, issuer: .manual, count: 2)
        #expect(bench.open(.sell, 1, id: id) { $0.isReduceOnly = true } == ["m2 rejected 0 not_sent"])
    }
}
