import Execution
import Orders
import Risk
import Testing
import Units

/// Books that net: what rests at the venue protects the net, what waits here goes through risk.
@Suite struct NetBookTests {
    static func manual(_ count: UInt64) -> ClientOrderID { ClientOrderID(epoch: 1, issuer: .manual, count: count) }

    static func bench() -> GatewayBench { GatewayBench { $0.netsBooks = true } }

    /// An entry of a book, filled whole. Answers with what its fill led to.
    @discardableResult static func hold(
        _ bench: inout GatewayBench, _ count: UInt64, _ side: Side, _ quantity: Int64, _ strategy: StrategyID,
        stop: Int64 = 8, target: Int64 = 16
    ) -> [String] {
        bench.open(side, quantity, id: manual(count)) {
            $0.strategy = strategy
            $0.stopDistance = Ticks(stop)
            $0.targetDistance = Ticks(target)
        }
        bench.accepted(manual(count), quantity)
        return bench.filled(manual(count), side, quantity, side == .buy ? "5000.25" : "5000.00")
    }

    /// Level long 3, the account's own book short 5: net short 2, covered by a buy stop for 2 (own 4).
    static func opposed() -> GatewayBench {
        var bench = bench()
        hold(&bench, 1, .buy, 3, .level)
        bench.accepted(GatewayBench.own(2), 3)
        hold(&bench, 2, .sell, 5, .account)
        bench.say(.cancelled, GatewayBench.own(2)) { $0.reason = .reduceOnly }
        bench.accepted(GatewayBench.own(4), 2)
        return bench
    }

    @Test func `the venue has stops for the net, and no more`() {
        var bench = Self.bench()
        let first = Self.hold(&bench, 1, .buy, 3, .level)
        #expect(first.last == "> x2 protectiveStop sell 3 stop 4998.25")
        bench.accepted(GatewayBench.own(2), 3)
        let second = Self.hold(&bench, 2, .sell, 5, .account)
        #expect(second.last == "> x4 protectiveStop buy 2 stop 5002.00")
        #expect(bench.gateway.position.quantity == Quantity(-2))
        #expect(bench.gateway.bookQuantity(of: .level) == Quantity(3))
        #expect(bench.gateway.bookQuantity(of: .account) == Quantity(-5))
        #expect(bench.gateway.hasProtection)
    }

    @Test func `a stop that the venue reduced to nothing is not lost`() {
        let bench = Self.opposed()
        #expect(!bench.gateway.isFlattening)
        #expect(bench.notices.isEmpty)
        #expect(bench.gateway.hasProtection)
    }

    @Test func `a stop that ends for another reason flattens`() {
        var bench = Self.opposed()
        bench.say(.cancelled, GatewayBench.own(4)) { $0.reason = .requested }
        #expect(bench.gateway.isFlattening)
        #expect(bench.notices.last?.reason == .stopLost)
    }

    @Test func `every order at the venue is reduce-only unless it opens`() {
        let bench = Self.opposed()
        for command in bench.commands where command.kind == .submit && command.order.role != .entry {
            #expect(command.order.isReduceOnly)
            #expect(command.order.link == .none)
        }
    }

    // MARK: A book's own stop

    @Test func `a waiting stop goes through risk when it is reached`() {
        var bench = Self.opposed()
        bench.market.setBook("4998.50x10 | 4998.75x10")
        #expect(bench.wait(1).isEmpty)
        bench.market.setBook("4998.25x10 | 4998.50x10")
        #expect(bench.wait(1) == ["bookClose"])
        let notice = bench.notices[0]
        #expect(notice.strategy == .level && notice.found == Quantity(-3))
        #expect(bench.approve(notice).last == "> x5 close sell 3 market")
        let out = bench.filled(notice.order, .sell, 3, "4998.25")
        #expect(out.last == "> x6 protectiveStop buy 3 stop 5002.00")
        #expect(bench.gateway.bookQuantity(of: .level) == .zero)
        #expect(bench.gateway.position.quantity == Quantity(-5))
        #expect(bench.fills.last?.strategy == .level)
    }

    @Test func `without an answer risk is asked again, and the first answer is void`() {
        var bench = Self.opposed()
        bench.market.setBook("4998.25x10 | 4998.50x10")
        bench.wait(1)
        #expect(bench.wait(500).isEmpty)
        #expect(bench.wait(600) == ["bookClose"])
        #expect(bench.approve(bench.notices[0]) == ["x5 rejected 0 too_late"])
        #expect(bench.approve(bench.notices[1]).last == "> x6 close sell 3 market")
    }

    @Test(arguments: [true, false])
    func `an approval of another side or quantity closes nothing`(changesSide: Bool) {
        var bench = Self.opposed()
        bench.market.setBook("4998.25x10 | 4998.50x10")
        bench.wait(1)
        let out = bench.approve(bench.notices[0]) {
            if changesSide { $0.side = .buy } else { $0.quantity = Quantity(4) }
        }
        #expect(out == ["x5 rejected 0 too_late"])
    }

    @Test func `a close of an older epoch does not leave`() {
        var bench = Self.opposed()
        bench.market.setBook("4998.25x10 | 4998.50x10")
        bench.wait(1)
        bench.gateway.hold(epoch: 2, isLocked: false)
        #expect(bench.approve(bench.notices[0]) == ["x5 rejected 0 stale_epoch"])
    }

    @Test func `when the net needs them, contracts get their stop back`() {
        var bench = Self.opposed()
        bench.market.setBook("4998.25x10 | 4998.50x10")
        bench.wait(1)
        // The other book's stop closes the net, and its close what is left of it: level's contracts are the net now.
        let out = bench.filled(GatewayBench.own(4), .buy, 2, "5002.00")
        #expect(bench.gateway.position.quantity == .zero)
        #expect(out.contains("fill x4 buy 2 @ 5002.00"))
        let asked = bench.wait(1)
        #expect(asked == ["bookClose"])
        let closed = bench.approve(bench.notices[1])
        #expect(closed.last == "> x6 close buy 3 market")
        let covered = bench.filled(bench.notices[1].order, .buy, 3, "5002.00")
        #expect(covered.last == "> x7 protectiveStop sell 3 stop 4998.25")
        #expect(bench.approve(bench.notices[0]) == ["x5 rejected 0 too_late"])
        #expect(bench.gateway.hasProtection)
    }

    @Test func `a target waits here and is closed at its price`() {
        var bench = Self.bench()
        Self.hold(&bench, 1, .buy, 2, .level)
        bench.accepted(GatewayBench.own(2), 2)
        bench.market.setBook("5004.00x10 | 5004.25x10")
        #expect(bench.wait(1).isEmpty)
        bench.market.setBook("5004.25x10 | 5004.50x10")
        #expect(bench.wait(1).last == "> change x2 to 2 5009.25")
    }

    @Test func `one strategy is closed, the other keeps its contracts and its stop`() {
        var bench = Self.bench()
        Self.hold(&bench, 1, .buy, 3, .level)
        bench.accepted(GatewayBench.own(2), 3)
        Self.hold(&bench, 2, .buy, 2, .account)
        bench.accepted(GatewayBench.own(4), 2)
        var close = OrderIntent(
            id: ClientOrderID(epoch: 1, issuer: .strategy, count: 1), time: bench.now, receiveTime: bench.now,
            action: .close)
        close.strategy = .level
        #expect(bench.approve(close).last == "> change x2 to 3 5005.00")
        bench.filled(GatewayBench.own(2), .sell, 3, "5000.00")
        #expect(bench.gateway.bookQuantity(of: .account) == Quantity(2))
        #expect(bench.gateway.bookQuantity(of: .level) == .zero)
        #expect(bench.gateway.hasProtection)
    }

    @Test func `a stop that was reduced is moved for what is left of it, and the rest goes through risk`() {
        var bench = Self.bench()
        Self.hold(&bench, 1, .buy, 3, .level)
        bench.accepted(GatewayBench.own(2), 3)
        Self.hold(&bench, 2, .sell, 2, .account)
        bench.say(.reduced, GatewayBench.own(2)) { $0.leaves = Quantity(1) }
        #expect(bench.gateway.hasProtection)
        bench.market.setBook("5004.25x10 | 5004.50x10")
        let out = bench.wait(1)
        #expect(out.contains("> change x2 to 1 5009.25"))
        #expect(out.contains("bookClose"))
        #expect(bench.notices[0].found == Quantity(-2))
    }

    @Test func `the nearest stop is rested first`() {
        var bench = Self.bench()
        Self.hold(&bench, 1, .sell, 4, .account)
        bench.accepted(GatewayBench.own(2), 4)
        Self.hold(&bench, 2, .buy, 3, .level, stop: 20)
        let out = Self.hold(&bench, 3, .buy, 3, .level, stop: 8)
        #expect(out.last == "> x5 protectiveStop sell 2 stop 4998.25")
    }

    @Test func `a stop that fills by parts needs nothing beside it`() {
        var bench = Self.bench()
        Self.hold(&bench, 1, .buy, 3, .level)
        bench.accepted(GatewayBench.own(2), 3)
        let first = bench.filled(GatewayBench.own(2), .sell, 1, "4998.25")
        #expect(first == ["fill x2 sell 1 @ 4998.25", "x2 partiallyFilled 2"])
        #expect(bench.gateway.live[0].leaves == Quantity(2))
        bench.filled(GatewayBench.own(2), .sell, 2, "4998.00")
        #expect(bench.gateway.position.isFlat && bench.gateway.brackets.isEmpty)
        #expect(bench.gateway.contradictions == 0)
    }

    @Test func `a book may not be opened against itself`() {
        var bench = Self.opposed()
        let out = bench.open(.sell, 1, id: Self.manual(3)) { $0.strategy = .level }
        #expect(out == ["m3 rejected 0 not_sent"])
    }

    @Test func `a stop that nobody acknowledges flattens`() {
        var bench = Self.bench()
        Self.hold(&bench, 1, .buy, 3, .level)
        bench.wait(499)
        #expect(!bench.gateway.isFlattening)
        bench.wait(1)
        #expect(bench.gateway.isFlattening)
        #expect(bench.notices.last?.reason == .stopNotAcknowledged)
    }

    @Test func `a flatten closes the net in one order`() {
        var bench = Self.opposed()
        bench.tell(OperatorCommand(.flatten, epoch: 2))
        bench.cancelled(GatewayBench.own(4))
        bench.answerRead(-2)
        #expect(bench.commands.last { $0.kind == .submit }?.order.quantity == Quantity(2))
        #expect(bench.commands.last { $0.kind == .submit }?.order.side == .buy)
    }

    @Test func `net zero and books open is not idle`() {
        var bench = Self.bench()
        Self.hold(&bench, 1, .buy, 2, .level)
        bench.accepted(GatewayBench.own(2), 2)
        Self.hold(&bench, 2, .sell, 2, .account)
        bench.say(.cancelled, GatewayBench.own(2)) { $0.reason = .reduceOnly }
        #expect(bench.gateway.live.isEmpty && bench.gateway.openQuantity == .zero)
        #expect(!bench.gateway.isIdle)
    }

    @Test func `saved and loaded between two steps, everything goes on as it would have`() throws {
        var bench = Self.opposed()
        bench.market.setBook("4998.25x10 | 4998.50x10")
        bench.wait(1)
        var again = bench
        again.gateway = try reloaded(bench.gateway, into: ExecutionGateway(bench.gateway.configuration, epoch: 1))
        for isSecond in [false, true] {
            var one = isSecond ? again : bench
            var out = one.approve(one.notices[0])
            out += one.filled(one.notices[0].order, .sell, 2, "4998.25")
            out += one.cancelled(one.notices[0].order)
            one.accepted(GatewayBench.own(6), 2)
            out += one.wait(1_000)
            #expect(out.contains("> x6 protectiveStop buy 2 stop 5002.00"))
            #expect(out.contains("bookClose"))
        }
    }

    // MARK: What may be sent without an approval

    @Test(arguments: -3...3, Side.allCases)
    func `an order that may be sent closes, at most all of it, and is kept to that by the venue`(
        position: Int, side: Side
    ) {
        for quantity in 0...4 {
            for isReduceOnly in [true, false] {
                for role in OrderRole.allCases {
                    var order = Order.blank
                    order.side = side
                    order.role = role
                    order.quantity = Quantity(Int64(quantity))
                    order.isReduceOnly = isReduceOnly
                    let after = position + Int(side.sign) * quantity
                    let closes = quantity > 0 && abs(after) < abs(position) && after * position >= 0
                    let expected = closes && isReduceOnly && role != .entry
                    #expect(mayReduce(position: Quantity(Int64(position)), candidate: order) == expected)
                }
            }
        }
    }
}

extension GatewayBench {
    /// Risk says yes to what the gateway asked for.
    @discardableResult mutating func approve(
        _ notice: ExecutionNotice, _ change: (inout OrderIntent) -> Void = { _ in }
    ) -> [String] {
        var intent = OrderIntent(
            id: notice.order, time: now, receiveTime: now, action: .close,
            side: notice.found > .zero ? .buy : .sell, quantity: notice.found.magnitude, strategy: notice.strategy)
        change(&intent)
        return approve(intent)
    }

    @discardableResult mutating func approve(_ intent: OrderIntent) -> [String] {
        open(id: intent.id) { $0 = intent }
    }
}
