import Orders
import Units

extension PaperVenue {
    /// Commands that arrived before `time`, in the order sent.
    mutating func arrive(before time: Timestamp) {
        while let next = commands.first, next.arrival < time {
            _ = commands.pop()
            clock = max(clock, next.arrival)
            switch next.command.kind {
            case .submit: submit(next.command)
            case .cancel: cancel(next.command.order)
            case .modify: modify(next.command)
            case .queryOrder: answer(next.command)
            case .queryOrders: answerOrders(next.command)
            case .queryPosition: answerPosition(next.command)
            }
            sweep()
        }
    }

    private mutating func cancel(_ order: Order) {
        if let index = index(of: order.id) {
            if fillsAfterCancel(index) { cancelThenFill(index) } else { end(index, .requested) }
        } else {
            refuse(.cancelRejected, ended.find(order.id) == nil ? .unknownOrder : .tooLate, order)
        }
    }

    private mutating func submit(_ command: VenueCommand) {
        let order = command.order
        if let reason = refusal(command) {
            reject(order, reason)
            return
        }
        let leaves = open(order)
        tell(.accepted, shortage(of: order, leaves: leaves), order, leaves: leaves)
        let phase: VenueOrderPhase = order.type.hasTrigger ? .waiting : .taking
        orders.append(VenueOrder(order, leaves: leaves, phase: phase))
        let index = orders.count - 1
        if order.type.hasTrigger { watch(index) } else { take(index) }
    }

    mutating func reject(_ order: Order, _ reason: VenueReason) {
        refuse(.rejected, reason, order)
        guard reason != .duplicateID else { return }
        ended.remember(
            EndedOrder(id: order.id, side: order.side, state: .rejected, reason: reason, filled: .zero))
    }

    private func refusal(_ command: VenueCommand) -> VenueReason? {
        let order = command.order
        if let reason = sessionRefusal(command) { return reason }
        if !isWellFormed(order) { return .malformed }
        if index(of: order.id) != nil || ended.find(order.id) != nil { return .duplicateID }
        if orders.isFull { return .full }
        if let reason = marketRefusal { return reason }
        if order.timeInForce == .day, day.sessionClose.isDefined, clock >= day.sessionClose { return .marketClosed }
        if order.link != .none, order.link != order.id {
            guard let link = linkIndex(order.link), links[link].admits(order.side) else { return .linkClosed }
        }
        if order.isReduceOnly, account.exitSide != order.side { return .reduceOnly }
        return nil
    }

    /// Why nothing may be opened by this command. A gateway whose session is closed may still close what is open, at
    /// once and no more than that: whoever has closed it may be gone by now.
    func sessionRefusal(_ command: VenueCommand) -> VenueReason? {
        if command.epoch < heldEpoch { return .staleEpoch }
        if !isSessionClosed || command.isDirect { return nil }
        let order = command.order
        let onlyCloses = order.role == .close && order.isReduceOnly && order.timeInForce == .immediateOrCancel
        return command.kind == .submit && onlyCloses ? nil : .sessionClosed
    }

    /// Why nothing may be opened now.
    var marketRefusal: VenueReason? {
        if book.quality.contains(.noBook) { return .noBook }
        return book.quality.isDisjoint(with: .notTrading) ? nil : .marketClosed
    }

    /// A trailing stop may leave it to the venue where it starts.
    func isWellFormed(_ order: Order) -> Bool {
        if order.quantity.contracts < 1 { return false }
        switch order.type {
        case .market: return true
        case .limit, .stop: return order.price > .zero
        // Globex takes a limit at the trigger or beyond it alone (https://ibkr.info, CME stop-limit orders).
        case .stopLimit:
            let isBeyond = order.side == .buy ? order.limit >= order.price : order.limit <= order.price
            return order.price > .zero && order.limit > .zero && isBeyond
        case .trailingStop: return order.trail > .zero && order.price >= .zero
        }
    }

    /// What the order may fill: linked orders of one side share their contracts, and a reduce-only order has what is
    /// open.
    private mutating func open(_ order: Order) -> Quantity {
        var leaves = order.quantity
        if order.link != .none {
            if let link = linkIndex(order.link) {
                leaves = min(leaves, share(of: order, in: links[link]))
            } else {
                links.append(VenueLink(id: order.link))
            }
        }
        return order.isReduceOnly ? min(leaves, account.quantity.magnitude) : leaves
    }

    /// What the orders on its side of a link may still fill together: as many as the one that may fill the most. An
    /// order that opens, and is for more in all than any, raises that; what closes a bracket shares what there is.
    func share(of order: Order, in link: VenueLink) -> Quantity {
        let most = mostLeft(of: order)
        return order.role == .entry ? max(most, order.quantity - link.filled) : most
    }

    /// The most that one order of its link and side may still fill.
    func mostLeft(of order: Order) -> Quantity {
        var most = Quantity.zero
        for i in orders.indices where orders[i].order.link == order.link && orders[i].order.side == order.side {
            most = max(most, orders[i].leaves)
        }
        return most
    }

    /// Why an order that opens gets fewer contracts than it asks for: those linked with it have filled them.
    func shortage(of order: Order, filled: Quantity = .zero, leaves: Quantity) -> VenueReason {
        let isShort = order.role == .entry && order.link != .none && !order.isReduceOnly
        return isShort && filled + leaves < order.quantity ? .linked : .none
    }
}
