import Execution
import Orders
import Testing
import Units

/// Two orders of which one cancels the other, at the gateway.
@Suite struct PairTests {
    static func manual(_ count: UInt64) -> ClientOrderID { ClientOrderID(epoch: 1, issuer: .manual, count: count) }

    /// Limit orders that are linked, both acknowledged.
    static func pair(
        _ sides: [Side], quantity: Int64 = 2, _ change: (inout ExecutionConfiguration) -> Void = { _ in }
    ) -> GatewayBench {
        var bench = GatewayBench(change)
        for (index, side) in sides.enumerated() {
            bench.open(side, quantity, id: manual(UInt64(index + 1))) {
                $0.type = .limit
                $0.limit = Script.price(side == .buy ? "4999.00" : "5001.00")
                $0.link = manual(1)
            }
            bench.accepted(manual(UInt64(index + 1)), quantity)
        }
        return bench
    }

    @Test(arguments: [false, true])
    func `both go to the venue in one link, whether books net or not`(nets: Bool) {
        let bench = Self.pair([.buy, .sell]) { $0.netsBooks = nets }
        let orders = bench.commands.filter { $0.kind == .submit }.map(\.order)
        #expect(orders.count == 2)
        #expect(orders.allSatisfy { $0.link == Self.manual(1) && $0.role == .entry })
    }

    @Test func `a venue without links takes none`() {
        var bench = GatewayBench { $0.venueLinks = false }
        bench.open(.buy, id: Self.manual(1)) { $0.link = Self.manual(1) }
        #expect(bench.commands.isEmpty)
        #expect(bench.updates.map(\.state) == [.rejected])
    }

    @Test(arguments: [1, 2])
    func `a fill ends the other side, and has its stop`(contracts: Int64) {
        var bench = Self.pair([.buy, .sell])
        let out = bench.filled(Self.manual(1), .buy, contracts, "4999.00")
        #expect(out.contains("> x1 protectiveStop sell \(contracts) stop 4997.00"))
        bench.say(.cancelled, Self.manual(2)) { $0.reason = .linked }
        #expect(bench.updates.last?.state == .cancelled)
        #expect(!bench.gateway.isFlattening && bench.gateway.hasProtection)
    }

    @Test func `orders of one side share their contracts`() {
        var bench = Self.pair([.buy, .buy])
        bench.filled(Self.manual(1), .buy, 1, "4999.00")
        bench.say(.reduced, Self.manual(2)) {
            $0.reason = .linked
            $0.leaves = Quantity(1)
        }
        #expect(bench.gateway.live.indices.contains { bench.gateway.live[$0].leaves == Quantity(1) })
        bench.filled(Self.manual(2), .buy, 1, "4999.00")
        #expect(bench.gateway.position.quantity == Quantity(2))
        #expect(!bench.gateway.isFlattening && bench.gateway.hasProtection)
    }

    @Test func `a pair is a pair after a restart`() throws {
        var bench = Self.pair([.buy, .sell])
        bench.gateway = try reloaded(bench.gateway, into: ExecutionGateway(bench.gateway.configuration, epoch: 1))
        let out = bench.filled(Self.manual(2), .sell, 1, "5001.00")
        #expect(out.contains("> x1 protectiveStop buy 1 stop 5003.00"))
        #expect(!bench.gateway.isFlattening)
    }

    // MARK: Contracts that the other order has filled

    @Test func `an order that gets fewer contracts than it asked for says why, first and last`() {
        var bench = Self.pair([.sell])
        bench.filled(Self.manual(1), .sell, 1, "5001.00")
        bench.open(.sell, 3, id: Self.manual(2)) {
            $0.type = .limit
            $0.limit = Script.price("5001.00")
            $0.link = Self.manual(1)
        }
        let out = bench.say(.accepted, Self.manual(2)) {
            $0.reason = .linked
            $0.leaves = Quantity(2)
        }
        #expect(out == ["m2 working 2 linked"])
        #expect(bench.filled(Self.manual(2), .sell, 2, "5001.00").contains("m2 filled 0 linked"))
        #expect(!bench.gateway.isFlattening && bench.gateway.hasProtection)
    }

    @Test func `one that fills whole is filled, and nothing more is said`() {
        var bench = Self.pair([.buy, .sell])
        #expect(bench.filled(Self.manual(2), .sell, 2, "5001.00").contains("m2 filled 0"))
    }

    /// Four contracts are wanted of the second of two that share two, one of which has filled. The venue has taken that
    /// or not, and the word is lost.
    private static func enlarged(taken: Bool, answer leaves: Int64) -> GatewayBench {
        var bench = Self.pair([.sell, .sell])
        bench.filled(manual(1), .sell, 1, "5001.00")
        bench.say(.reduced, manual(2)) {
            $0.reason = .linked
            $0.leaves = Quantity(1)
        }
        bench.open(.sell, 4, id: manual(2)) {
            $0.action = .modify
            $0.type = .limit
            $0.limit = Script.price("5001.00")
        }
        bench.accepted(GatewayBench.own(1), 1)
        bench.accepted(GatewayBench.own(2), 1)
        bench.wait(250)
        bench.answer(manual(2), .working, of: taken ? 4 : 2, leaves: leaves)
        return bench
    }

    @Test func `a larger quantity whose word is lost is known by what the venue names, as is one that never came`() {
        // With three left of four, of which the pair has filled one; and with one, of which it has filled three.
        for (isTaken, leaves) in [(true, 3), (true, 1), (false, 1)] as [(Bool, Int64)] {
            let bench = Self.enlarged(taken: isTaken, answer: leaves)
            let order = bench.live(Self.manual(2))
            #expect(order?.order.quantity == Quantity(isTaken ? 4 : 2))
            #expect(order?.leaves == Quantity(leaves))
            #expect(bench.updates.last?.reason == (isTaken ? VenueReason.none : .changeLost))
            #expect(!bench.gateway.isFlattening)
        }
    }

    @Test func `what the pair fills leaves the other order is asked when it is not told`() {
        var bench = Self.pair([.buy, .buy])
        bench.filled(Self.manual(1), .buy, 1, "4999.00")
        for stop in [1, 2] { bench.accepted(GatewayBench.own(UInt64(stop)), 1) }
        #expect(bench.wait(250).contains("> ask m2"))
        #expect(bench.answer(Self.manual(2), .working, of: 2, leaves: 1) == ["m2 working 1"])
        bench.filled(Self.manual(1), .buy, 1, "4999.00")
        for stop in [3, 4] { bench.accepted(GatewayBench.own(UInt64(stop)), 1) }
        #expect(bench.wait(250).contains("> ask m2"))
        #expect(bench.answer(Self.manual(2), .cancelled) == ["m2 cancelled 0"])
        #expect(!bench.gateway.isFlattening && bench.gateway.hasProtection)
    }

    @Test func `what is told is not asked`() {
        var bench = Self.pair([.buy, .buy])
        bench.filled(Self.manual(1), .buy, 1, "4999.00")
        bench.say(.reduced, Self.manual(2)) {
            $0.reason = .linked
            $0.leaves = Quantity(1)
        }
        for stop in [1, 2] { bench.accepted(GatewayBench.own(UInt64(stop)), 1) }
        #expect(bench.wait(10_000) == [])
    }

    /// The venue changed the order to four and then the other one filled a contract; or in the other order.
    @Test(arguments: [3, 4])
    func `a change that crosses a fill of the pair is asked for once`(left: Int64) {
        var bench = Self.pair([.buy, .buy])
        bench.open(.buy, 4, id: Self.manual(2)) {
            $0.action = .modify
            $0.type = .limit
            $0.limit = Script.price("4999.00")
        }
        bench.filled(Self.manual(1), .buy, 1, "4999.00")
        bench.say(.reduced, Self.manual(2)) {
            $0.reason = .linked
            $0.leaves = Quantity(3)
        }
        let out = bench.say(.modified, Self.manual(2)) {
            $0.quantity = Quantity(4)
            $0.leaves = Quantity(4)
        }
        #expect(out == ["m2 working 4", "> ask m2"])
        #expect(bench.answer(Self.manual(2), .working, of: 4, leaves: left) == (left == 4 ? [] : ["m2 working 3"]))
        #expect(bench.live(Self.manual(2))?.leaves == Quantity(left))
    }

    @Test func `what the other side of the pair has ended is not changed any more`() {
        var bench = Self.pair([.buy, .sell])
        bench.filled(Self.manual(1), .buy, 1, "4999.00")
        let out = bench.open(.sell, 4, id: Self.manual(2)) {
            $0.action = .modify
            $0.type = .limit
            $0.limit = Script.price("5001.00")
        }
        #expect(out == ["m2 working 0 too_late"])
        bench.filled(Self.manual(1), .buy, 1, "4999.00")
        #expect(!bench.gateway.isFlattening && bench.gateway.hasProtection)
    }
}
