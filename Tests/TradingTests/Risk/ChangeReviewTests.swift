import Accounts
import Orders
import Risk
import Testing
import Units

/// Changes of working orders at the risk gate: an entry that is enlarged or moved is judged as a new one.
@Suite struct ChangeReviewTests {
    static let first = ClientOrderID(epoch: 1, issuer: .manual, count: 1)
    static let stop = ClientOrderID(epoch: 1, issuer: .execution, count: 1)

    /// Two to buy at 4999.00.
    static func resting(
        rules: RiskRules = RiskRules(), _ limits: (inout RiskLimits) -> Void = { _ in }
    ) -> GateBench {
        var bench = GateBench(rules: rules, limits)
        bench.order(.buy, 2, limit: "4999.00")
        bench.update(first, .buy, 2, limit: "4999.00")
        return bench
    }

    // MARK: What a change may do where nothing may open

    @Test func `while reducing or halted an entry may shrink, and neither grow nor move`() {
        for isHalted in [false, true] {
            var bench = Self.resting()
            _ = isHalted ? bench.gate.halt() : bench.gate.pause()
            #expect(bench.modify(3, "4999.00") == .tradingState)
            #expect(bench.modify(2, "4999.25") == .tradingState)
            #expect(bench.modify(1, "4999.25") == .tradingState)
            #expect(bench.modify(1, "4999.00") == nil)
        }
    }

    @Test func `under the lock and while everything is closed nothing is changed`() {
        var held = Self.resting()
        held.gate.isHeld = true
        #expect(held.modify(1, "4999.00") == .tradingState)
        var flattening = Self.resting()
        _ = flattening.gate.requestFlatten()
        #expect(flattening.modify(1, "4999.00") == .tradingState)
    }

    @Test func `a stop may be moved while reducing, not resized, and an order that closes not enlarged`() {
        var bench = GateBench { $0.collar = Ticks(40) }
        bench.fill(.buy, 2)
        bench.gate.apply(Self.stopUpdate(at: "4998.25"))
        _ = bench.gate.pause()
        #expect(bench.move(Self.stop, to: "4999.00", quantity: 2) == nil)
        #expect(bench.move(Self.stop, to: "4999.00", quantity: 1) == .protectsPosition)
        #expect(bench.move(Self.stop, to: "4999.00", quantity: 3) == .protectsPosition)
        #expect(bench.move(Self.stop, to: "4990.00", quantity: 2) == nil)
        #expect(bench.move(Self.stop, to: "4989.75", quantity: 2) == .priceCollar)
        let close = ClientOrderID(epoch: 1, issuer: .manual, count: 9)
        bench.update(close, .sell, 2, role: .close, limit: "5004.00")
        #expect(bench.modify(1, "5003.00", id: close) == nil)
        #expect(bench.modify(3, "5003.00", id: close) == .reduceOnly)
    }

    private static func stopUpdate(at price: String) -> OrderUpdate {
        let order = Order(
            id: stop, parent: first, link: stop, role: .protectiveStop, side: .sell, quantity: Quantity(2), type: .stop,
            price: Script.price(price), timeInForce: .goodTillCancelled)
        return OrderUpdate(
            sequence: 1, time: Script.time("1"), messageTime: Script.time("1"), order: order, state: .working,
            reason: .none, leaves: Quantity(2))
    }

    // MARK: Limits

    @Test func `what has filled counts as filled, not as left`() {
        var bench = Self.resting()
        bench.fillFirst(1)
        #expect(bench.modify(1, "4999.00") == .orderQuantity, "one has filled: nothing would be left")
        #expect(bench.worst(after: 5) == 5)
        #expect(bench.modify(6, "4999.00") == .orderQuantity)
    }

    @Test func `until it is answered the larger quantity counts`() {
        var bench = Self.resting { $0.position = Quantity(5) }
        #expect(bench.modify(1, "4999.00") == nil)
        #expect(bench.order(.buy, 4) == .positionLimit, "two may still fill")
        bench.update(Self.first, .buy, 1, limit: "4999.00")
        #expect(bench.order(.buy, 4) == nil)
    }

    @Test func `an approved enlargement counts at once, and a refused one not`() {
        var bench = Self.resting { $0.position = Quantity(5) }
        #expect(bench.modify(6, "4999.00") == .orderQuantity)
        #expect(bench.modify(4, "4999.00") == nil)
        #expect(bench.order(.buy, 2) == .positionLimit)
        #expect(bench.order(.buy, 1) == nil)
    }

    @Test func `an update from before the change was seen does not make an approved enlargement forgotten`() throws {
        var bench = Self.resting { $0.position = Quantity(10) }
        #expect(bench.modify(5, "4999.00") == nil)
        bench.update(Self.first, .buy, 2, limit: "4999.00")
        #expect(bench.order(.buy, 5) == nil)
        #expect(bench.order(.buy, 1) == .positionLimit, "five and five may fill")
        try bench.reload()
        #expect(bench.order(.buy, 1) == .positionLimit)
        bench.fillFirst(1)
        #expect(bench.gate.working[0].leaves == Quantity(4))
        #expect(bench.order(.buy, 1) == .positionLimit)
    }

    @Test func `it is settled by an order that has what was wanted, and by a reason why not`() {
        for isTaken in [true, false] {
            var bench = Self.resting { $0.position = Quantity(5) }
            #expect(bench.modify(5, "4999.25") == nil)
            bench.tellFirst(quantity: 2, "4999.00", leaves: 2, .linked)
            #expect(bench.gate.working[0].leaves == Quantity(5), "a linked order says nothing of it")
            if isTaken {
                bench.tellFirst(quantity: 5, "4999.25", leaves: 5)
                #expect(bench.order(.buy, 1) == .positionLimit)
                bench.tellFirst(quantity: 5, "4999.25", leaves: 4)
                #expect(bench.gate.working[0].leaves == Quantity(4))
            } else {
                bench.tellFirst(quantity: 2, "4999.00", leaves: 2, .changeLost)
                #expect(bench.order(.buy, 3) == nil)
            }
        }
    }

    @Test func `limits of scopes, worth and margin hold for an enlargement`() {
        var rules = RiskRules()
        rules.instrument.position = Quantity(3)
        var scoped = Self.resting(rules: rules)
        #expect(scoped.modify(3, "4999.00") == nil)
        #expect(scoped.modify(4, "4999.00") == .positionLimit)
        // Three contracts at 5000.25 are worth 75 003.75.
        var dear = Self.resting { $0.notional = Money(cents: 7_500_375) }
        #expect(dear.modify(3, "4999.00") == nil)
        #expect(dear.modify(4, "4999.00") == .notional)
        var margins = RiskRules()
        margins.margins = MarginTable()
        var margin = Self.resting(rules: margins) { $0.balance = Money(cents: 825_000) }
        #expect(margin.modify(3, "4999.00") == nil)
        #expect(margin.modify(4, "4999.00") == .margin)
    }

    @Test func `a change is not counted as another order`() {
        var bench = Self.resting {
            $0.openOrders = 1
            $0.tradesPerDay = 1
            $0.orderRate = RateLimit(perSecond: 1)
        }
        #expect(bench.modify(3, "4999.25") == nil)
        #expect(bench.gate.tradesToday == 1)
    }

    // MARK: Market

    @Test func `an entry is moved only on data that it could be opened on`() {
        var bench = Self.resting()
        bench.tick("7")
        #expect(bench.modify(2, "4999.25") == .marketDataStale)
        #expect(bench.modify(1, "4999.00") == nil, "less is always possible")
        var halted = Self.resting()
        halted.quality(.halted)
        #expect(halted.modify(2, "4999.25") == .instrumentStatus)
    }

    @Test func `neither the price that rests nor the one that is wanted is crossed by another book`() {
        var rules = RiskRules()
        rules.netsBooks = true
        var bench = Self.resting(rules: rules)
        let target = ClientOrderID(epoch: 1, issuer: .execution, count: 3)
        bench.fill(.buy, 1, strategy: .level)
        bench.update(target, .sell, 1, role: .target, limit: "5001.00", strategy: .level)
        #expect(bench.modify(2, "5001.00") == .selfCross)
        #expect(bench.modify(2, "5000.00") == nil)
        func sell(_ price: String) -> RefusalReason? {
            bench.order(.sell, 1, limit: price, issuer: .strategy, strategy: StrategyID(rawValue: 2))
        }
        #expect(sell("5000.00") == .selfCross, "it may rest there by now")
        bench.update(Self.first, .buy, 2, limit: "4999.00")
        #expect(sell("5000.00") == .selfCross, "sent, and not answered")
        bench.update(Self.first, .buy, 2, limit: "5000.00")
        #expect(sell("5000.25") == nil)
    }

    @Test func `an entry is not moved to where its stop would stand at zero or below`() throws {
        var bench = Self.resting()
        #expect(bench.modify(2, "2.00") == .malformed, "eight ticks: at zero")
        #expect(bench.modify(2, "1.00") == .malformed)
        try bench.reload()
        // What the gateway says of it does not make the distance forgotten.
        bench.tellFirst(quantity: 2, "4999.00", leaves: 2)
        #expect(bench.modify(2, "2.00") == .malformed)
        #expect(bench.modify(2, "2.25") == nil)
        var sale = GateBench()
        sale.order(.sell, 2, limit: "5001.00")
        #expect(sale.modify(2, "2.00") == nil, "its stop is above")
    }

    @Test func `another type's prices are refused`() {
        var bench = Self.resting()
        #expect(bench.move(Self.first, to: "5001.00", quantity: 2) == .malformed)
        #expect(bench.modify(2, "0.00") == .malformed)
    }

    @Test func `in an emergency nothing keeps a cancel`() {
        for state in [TradingState.reducing, .halted, .flattening] {
            var bench = Self.resting { $0.cancelRate = RateLimit(perSecond: 1) }
            #expect(bench.cancelFirst() == nil)
            #expect(bench.cancelFirst() == .cancelRate)
            switch state {
            case .reducing: _ = bench.gate.pause()
            case .halted: _ = bench.gate.halt()
            default: _ = bench.gate.requestFlatten()
            }
            for _ in 0..<5 { #expect(bench.cancelFirst() == nil, "\(state)") }
        }
        var held = Self.resting { $0.cancelRate = RateLimit(perSecond: 1) }
        held.gate.isHeld = true
        for _ in 0..<5 { #expect(held.cancelFirst() == nil) }
    }

    @Test func `what was placed survives a restart`() throws {
        var bench = Self.resting()
        bench.fillFirst(1)
        try bench.reload()
        let known = bench.gate.workingOrder(Self.first)
        #expect(known?.placed.filled == Quantity(1))
        #expect(known?.placed.limit == Script.price("4999.00"))
        #expect(bench.modify(1, "4999.00") == .orderQuantity)
    }
}

extension GateBench {
    /// A stop's new trigger.
    fileprivate mutating func move(_ id: ClientOrderID, to trigger: String, quantity: Int64) -> RefusalReason? {
        var intent = intent(id, .sell, quantity, at: "1")
        intent.action = .modify
        intent.type = .stop
        intent.trigger = Script.price(trigger)
        return review(intent)
    }

    /// What the execution gateway says of the first order.
    fileprivate mutating func tellFirst(
        quantity: Int64, _ price: String, leaves: Int64, _ reason: VenueReason = .none
    ) {
        var order = Order.blank
        order.id = ChangeReviewTests.first
        order.side = .buy
        order.quantity = Quantity(quantity)
        order.type = .limit
        order.price = Script.price(price)
        gate.apply(
            OrderUpdate(
                sequence: 2, time: gate.clock, messageTime: gate.clock, order: order, state: .working, reason: reason,
                leaves: Quantity(leaves)))
    }

    /// A part of the first order fills, told the way the execution gateway does.
    fileprivate mutating func fillFirst(_ quantity: Int64) {
        let id = ChangeReviewTests.first
        gate.apply(
            Fill(
                sequence: 1, venueTime: Script.time("1"), time: Script.time("1"), order: id, parent: id, role: .entry,
                side: .buy, quantity: Quantity(quantity), price: Script.price("4999.00"), fee: .zero,
                liquidity: .maker))
        var order = Order.blank
        order.id = id
        order.side = .buy
        order.quantity = Quantity(2)
        order.type = .limit
        order.price = Script.price("4999.00")
        gate.apply(
            OrderUpdate(
                sequence: 2, time: gate.clock, messageTime: gate.clock, order: order, state: .partiallyFilled,
                reason: .none, leaves: Quantity(2 - quantity)))
    }
}

extension GateBench {
    /// The worst position that a verdict on so many in all names.
    fileprivate mutating func worst(after quantity: Int64) -> Int64? {
        gate.verdicts.removeAll()
        guard modify(quantity, "4999.00") == nil, !gate.verdicts.isEmpty else { return nil }
        return gate.verdicts[0].worstPosition.contracts
    }
}
