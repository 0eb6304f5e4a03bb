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

    private static func enlarged(answer leaves: Int64) -> GatewayBench {
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
        bench.status(
            manual(2), .working, leaves: leaves, query: bench.commands.last { $0.kind == .queryOrder }?.query ?? 0)
        return bench
    }

    @Test func `a larger quantity whose word is lost is known by what is left, and so is one that never came`() {
        for (leaves, reason) in [(3, VenueReason.none), (1, .changeLost)] as [(Int64, VenueReason)] {
            let bench = Self.enlarged(answer: leaves)
            let live = bench.gateway.live.indices.map { bench.gateway.live[$0] }
            let order = live.first { $0.order.id == Self.manual(2) }
            #expect(order?.order.quantity == Quantity(reason == .none ? 4 : 2))
            #expect(order?.leaves == Quantity(leaves))
            #expect(bench.updates.last?.reason == reason)
            #expect(!bench.gateway.isFlattening)
        }
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
