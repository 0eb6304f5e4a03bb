import Orders
import Risk
import Units

extension BoundaryTests {
    static let changes = [
        Boundary(.unknownOrder, "a working order, none of that name", true, false) { isWorking in
            var bench = GateBench()
            if isWorking { bench.order(.buy, limit: "4999.00") }
            return bench.modify(1, "4999.25")
        },
        Boundary(.protectsPosition, "the quantity of a target as it is, one less", 2, 1) { (quantity: Int64) in
            var bench = GateBench()
            bench.fill(.buy, 2)
            let target = ClientOrderID(epoch: 1, issuer: .execution, count: 2)
            bench.update(target, .sell, 2, role: .target, limit: "5004.25")
            return bench.modify(quantity, "5003.00", id: target)
        },
        Boundary(.modifyRate, "the second of two in a second, the third", 1, 2) { before in
            var bench = GateBench { $0.modifyRate = RateLimit(perSecond: 2) }
            bench.order(.buy, limit: "4999.00")
            for _ in 0..<before { _ = bench.modify(1, "4999.25") }
            return bench.modify(1, "4999.50")
        },
        Boundary(.cancelRate, "the second of two in a second, the third", 1, 2) { before in
            var bench = GateBench { $0.cancelRate = RateLimit(perSecond: 2) }
            bench.order(.buy, limit: "4999.00")
            for _ in 0..<before { _ = bench.cancelFirst() }
            return bench.cancelFirst()
        },
        Boundary(.protectsPosition, "the cancel of a target, of a stop", OrderRole.target, .protectiveStop) { role in
            var bench = GateBench()
            bench.fill(.buy)
            let id = ClientOrderID(epoch: 1, issuer: .execution, count: 2)
            bench.update(id, .sell, 1, role: role, limit: "5004.25")
            return bench.cancel(id)
        },
        Boundary(.unknownOrder, "the cancel of a working order, of one that ended", OrderState.working, .cancelled) {
            state in
            var bench = GateBench()
            bench.order(.buy, limit: "4999.00")
            bench.update(ClientOrderID(epoch: 1, issuer: .manual, count: 1), .buy, 1, limit: "4999.00", state: state)
            return bench.cancelFirst()
        },
        Boundary(.orderQuantity, "five after a modification, six", 5, 6) { (quantity: Int64) in
            var bench = GateBench()
            bench.order(.buy, limit: "4999.00")
            return bench.modify(quantity, "4999.00")
        },
        Boundary(.positionLimit, "ten after a modification, eleven", 4, 5) { (quantity: Int64) in
            var bench = GateBench()
            bench.fill(.buy, 6)
            bench.order(.buy, limit: "4999.00")
            return bench.modify(quantity, "4999.00")
        },
        Boundary(.priceCollar, "twenty ticks away after a modification, one more", "4995.00", "4994.75") { price in
            var bench = GateBench { $0.collar = Ticks(20) }
            bench.order(.buy, limit: "4999.00")
            return bench.modify(1, price)
        },
    ]
}
