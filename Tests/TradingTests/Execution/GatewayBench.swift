import Execution
import Orders
import Risk
import Units

/// The execution gateway alone: the test is risk gate, market and venue. Every call answers with what came out of it.
struct GatewayBench {
    var gateway: ExecutionGateway
    var now = Script.time("1")
    var sequence: UInt64 = 0
    var approvals: UInt64 = 0
    let market = TestMarket()
    /// Everything that has come out so far.
    var commands: [VenueCommand] = []
    var notices: [ExecutionNotice] = []
    var updates: [OrderUpdate] = []
    var fills: [Fill] = []

    static let entry = ClientOrderID(epoch: 1, issuer: .manual, count: 1)
    static func own(_ count: UInt64) -> ClientOrderID { ClientOrderID(epoch: 1, issuer: .execution, count: count) }

    init(_ change: (inout ExecutionConfiguration) -> Void = { _ in }) {
        var configuration = ExecutionConfiguration(terms: Script.terms)
        change(&configuration)
        gateway = ExecutionGateway(configuration, epoch: 1)
        market.quality = []
        market.setBook("5000.00x10 | 5000.25x10")
    }

    var clock: TradingClock { TradingClock(now) }

    /// A position from one filled entry at 5000.25 (5000.00 when short): stop own 1 and target own 2 at work.
    static func holding(
        _ side: Side = .buy, _ quantity: Int64 = 1, _ change: (inout ExecutionConfiguration) -> Void = { _ in }
    ) -> GatewayBench {
        var bench = GatewayBench(change)
        bench.open(side, quantity)
        bench.accepted(entry, quantity)
        bench.filled(entry, side, quantity, side == .buy ? "5000.25" : "5000.00")
        bench.accepted(own(1), quantity)
        bench.accepted(own(2), quantity)
        return bench
    }

    // MARK: In

    @discardableResult mutating func open(
        _ side: Side = .buy, _ quantity: Int64 = 1, id: ClientOrderID = Self.entry, epoch: UInt64 = 1,
        expiry: Timestamp = .undefined, sequence: UInt64? = nil, change: (inout OrderIntent) -> Void = { _ in }
    ) -> [String] {
        var intent = OrderIntent(
            id: id, time: now, receiveTime: now, action: .open, side: side, quantity: Quantity(quantity),
            stopDistance: Ticks(8), targetDistance: Ticks(16))
        change(&intent)
        approvals = sequence ?? approvals + 1
        return step { bench in
            bench.gateway.accept(
                Approval(intent: intent, sequence: bench.approvals, epoch: epoch, expiry: expiry), bench.clock)
        }
    }

    @discardableResult mutating func tell(_ command: OperatorCommand) -> [String] {
        step { $0.gateway.apply(command, $0.clock) }
    }

    @discardableResult mutating func take(_ change: StateChange) -> [String] {
        step { $0.gateway.apply(change, $0.clock) }
    }

    /// Time goes on by this many milliseconds.
    @discardableResult mutating func wait(_ milliseconds: Int64) -> [String] {
        now = now + .milliseconds(milliseconds)
        return step { $0.gateway.advance($0.clock) }
    }

    @discardableResult mutating func say(
        _ kind: VenueEventKind, _ order: ClientOrderID = .none, _ change: (inout VenueEvent) -> Void = { _ in }
    ) -> [String] {
        sequence += 1
        var event = VenueEvent.blank
        event.sequence = sequence
        event.time = now
        event.deliveryTime = now
        event.kind = kind
        event.order = order
        change(&event)
        return step { $0.gateway.apply(event, $0.clock) }
    }

    @discardableResult mutating func accepted(_ order: ClientOrderID, _ leaves: Int64) -> [String] {
        say(.accepted, order) { $0.leaves = Quantity(leaves) }
    }

    @discardableResult mutating func filled(
        _ order: ClientOrderID, _ side: Side, _ quantity: Int64, _ price: String
    ) -> [String] {
        say(.filled, order) {
            $0.side = side
            $0.quantity = Quantity(quantity)
            $0.price = Script.price(price)
            $0.fee = Script.terms.fee(Quantity(quantity))
        }
    }

    @discardableResult mutating func cancelled(_ order: ClientOrderID) -> [String] {
        say(.cancelled, order) { $0.reason = .requested }
    }

    @discardableResult mutating func status(
        _ order: ClientOrderID, _ state: OrderState, of quantity: Int64 = 0, filled: Int64 = 0, leaves: Int64 = 0,
        query: UInt64 = 0
    ) -> [String] {
        say(.orderStatus, order) {
            $0.state = state
            $0.quantity = Quantity(quantity)
            $0.filled = Quantity(filled)
            $0.leaves = Quantity(leaves)
            $0.query = query
        }
    }

    /// Answers the last question about one order.
    @discardableResult mutating func answer(
        _ order: ClientOrderID, _ state: OrderState, of quantity: Int64 = 0, leaves: Int64 = 0
    ) -> [String] {
        let query = commands.last { $0.kind == .queryOrder }?.query ?? 0
        let filled = live(order)?.filled.contracts ?? 0
        return status(order, state, of: quantity, filled: filled, leaves: leaves, query: query)
    }

    func live(_ id: ClientOrderID) -> LiveOrder? {
        gateway.live.indices.map { gateway.live[$0] }.first { $0.order.id == id }
    }

    /// Answers the read under way: these orders at work, and this position.
    @discardableResult mutating func answerRead(_ position: Int64, live: [(ClientOrderID, Int64)] = []) -> [String] {
        let query = commands.last { $0.kind == .queryOrders }!.query
        var out: [String] = []
        for (order, leaves) in live { out += status(order, .working, leaves: leaves, query: query) }
        out += say(.queryEnd) { $0.query = query }
        out += say(.positionStatus) {
            $0.query = query + 1
            $0.quantity = Quantity(position)
        }
        return out
    }

    // MARK: Out

    private mutating func step(_ body: (inout GatewayBench) -> Void) -> [String] {
        market.time = now
        gateway.follow(market.update)
        body(&self)
        var out: [String] = []
        for i in gateway.fills.indices {
            fills.append(gateway.fills[i])
            out.append(text(gateway.fills[i]))
        }
        for i in gateway.updates.indices {
            updates.append(gateway.updates[i])
            out.append(text(gateway.updates[i]))
        }
        for i in gateway.notices.indices {
            notices.append(gateway.notices[i])
            out.append("\(gateway.notices[i].kind)")
        }
        for i in gateway.commands.indices {
            commands.append(gateway.commands[i])
            out.append(text(gateway.commands[i]))
        }
        gateway.fills.removeAll()
        gateway.updates.removeAll()
        gateway.notices.removeAll()
        gateway.commands.removeAll()
        return out
    }

    private func name(_ id: ClientOrderID) -> String { "\(id.issuer == .execution ? "x" : "m")\(id.count)" }

    private func text(_ fill: Fill) -> String {
        "fill \(name(fill.order)) \(fill.side) \(fill.quantity.contracts) @ \(Script.text(fill.price))"
    }

    private func text(_ update: OrderUpdate) -> String {
        let reason = update.reason == .none ? "" : " \(update.reason.name)"
        return "\(name(update.order.id)) \(update.state) \(update.leaves.contracts)\(reason)"
    }

    private func text(_ command: VenueCommand) -> String {
        let order = command.order
        let price = order.price == .zero ? "" : " \(Script.text(order.price))"
        switch command.kind {
        case .submit:
            return "> \(name(order.id)) \(order.role) \(order.side) \(order.quantity.contracts) \(order.type)\(price)"
        case .cancel: return "> cancel \(name(order.id))"
        case .modify: return "> change \(name(order.id)) to \(order.quantity.contracts)\(price)"
        case .queryOrder: return "> ask \(name(order.id))"
        case .queryOrders: return "> orders?"
        case .queryPosition: return "> position?"
        }
    }
}
