import Orders
import Units

extension ExecutionGateway {
    /// A position has its stop: every contract that the fills explain has one sent or resting, or everything is being
    /// closed. Holds after every step.
    public var hasProtection: Bool {
        let needed = explainedQuantity
        if isFlattening || needed == .zero { return true }
        let exitSide: Side = needed > .zero ? .sell : .buy
        var protected = Quantity.zero
        for i in live.indices where live[i].order.side == exitSide && protects(live[i].order) {
            protected += live[i].leaves
        }
        return protected >= needed.magnitude
    }

    /// A stop; where books net also an approved close on its way, which ends at once.
    private func protects(_ order: Order) -> Bool {
        order.role == .protectiveStop || configuration.netsBooks && order.role == .close
    }

    /// What the fills, or where books net the brackets, explain of what the venue holds.
    var explainedQuantity: Quantity {
        let explained = (configuration.netsBooks ? booksQuantity : position.quantity).contracts
        let open = openQuantity.contracts
        if explained > 0 { return Quantity(max(0, min(explained, open))) }
        return Quantity(min(0, max(explained, open)))
    }

    /// Protects a fill of an opening order.
    mutating func protect(_ fill: Fill, of entry: LiveOrder, _ clock: TradingClock) {
        if configuration.netsBooks { return protectBook(fill, of: entry, clock) }
        let exitSide = fill.side.opposite
        let stopID = identities.next()
        func order(_ id: ClientOrderID, _ role: OrderRole, _ type: OrderType, _ price: Ticks) -> Order {
            Order(
                id: id, parent: fill.parent, link: stopID, role: role, side: exitSide, quantity: fill.quantity,
                type: type, price: price, timeInForce: .goodTillCancelled, strategy: entry.order.strategy)
        }
        let away = Ticks(fill.side.sign)
        let stopPrice = fill.price - Ticks(away.count * entry.stopDistance.count)
        let hasTarget = entry.targetDistance > .zero
        let targetPrice = fill.price + Ticks(away.count * entry.targetDistance.count)
        guard issue(order(stopID, .protectiveStop, .stop, stopPrice), clock) else { return }
        brackets.append(
            Bracket(
                entry: fill.parent, strategy: fill.strategy, stop: stopID, close: .none, exitSide: exitSide,
                quantity: fill.quantity, target: hasTarget && !configuration.venueLinks ? targetPrice : .zero,
                timeStop: entry.timeStop > .zero ? fill.venueTime + entry.timeStop : .undefined,
                stopDeadline: clock.message + configuration.stopAcknowledgement, isCloseWanted: entry.isCancelSent,
                closeFrom: clock.message))
        if hasTarget, configuration.venueLinks {
            guard issue(order(identities.next(), .target, .limit, targetPrice), clock) else { return }
        }
        // An opening order that filled while it was being cancelled: nobody wants the contracts any more.
        if entry.isCancelSent { sendCloses(clock) }
    }

    // MARK: Closing

    mutating func closeAll(_ clock: TradingClock, first: ClientOrderID? = nil) {
        cancelEntries(of: nil, clock)
        if brackets.isEmpty, openQuantity != .zero { return flatten(.reconciliation, isOurs: true, clock) }
        for i in brackets.indices { want(closeOf: i, clock) }
        sendCloses(clock, first: first)
    }

    mutating func want(closeOf index: Int, _ clock: TradingClock) {
        guard !brackets[index].isCloseWanted else { return }
        brackets[index].isCloseWanted = true
        brackets[index].closeFrom = clock.message
    }

    /// Sends the closes that are wanted and not live, each linked with its bracket's stop.
    ///
    /// - Parameter first: identity of the first one, where that was approved as an order; the others are our own.
    mutating func sendCloses(_ clock: TradingClock, first: ClientOrderID? = nil) {
        if configuration.netsBooks { return closeBooks(clock) }
        guard configuration.venueLinks else { return pullStops(clock) }
        var approved = first
        for i in brackets.indices {
            let bracket = brackets[i]
            guard bracket.isCloseWanted, bracket.close == .none, clock.message >= bracket.closeFrom else { continue }
            let id = approved ?? identities.next()
            approved = nil
            let close = Order(
                id: id, parent: bracket.entry, link: bracket.stop, role: .close, side: bracket.exitSide,
                quantity: bracket.quantity, type: .market, price: .zero, timeInForce: .immediateOrCancel,
                isReduceOnly: true, strategy: bracket.strategy)
            guard issue(close, clock) else { return }
            brackets[i].close = id
        }
    }

    /// Without links two orders could both close a bracket. So its stop, which is the only one, is moved to where it
    /// triggers at once: the position is never bare, and nothing can turn it over.
    private mutating func pullStops(_ clock: TradingClock) {
        for i in brackets.indices where brackets[i].isCloseWanted && clock.message >= brackets[i].closeFrom {
            let side = brackets[i].exitSide
            guard let index = index(of: brackets[i].stop), let touch = quote.farTouch(side) else { continue }
            var order = live[index].order
            order.price = Ticks(max(1, touch.count - side.sign * configuration.collar.count))
            guard mayAdjust(live[index].order, to: order), change(index, to: order, clock) else { continue }
            brackets[i].closeFrom = clock.message + configuration.closeRetry
        }
    }

    /// A bracket has been closed in whole or in part; what could still open under it is cancelled.
    mutating func shrink(_ fill: Fill, link: ClientOrderID, _ clock: TradingClock) {
        guard let index = bracket(ofLink: link) else { return }
        brackets[index].quantity -= fill.quantity
        if configuration.netsBooks { shrinkBook(index, fill, clock) }
        // The venue has reduced what is linked in the same instant, and says so next.
        let left = brackets[index].quantity
        for i in live.indices where live[i].order.link == link && live[i].leaves > left {
            live[i].leaves = left
            if left <= .zero { expectAnswer(i, clock) }
        }
        if left <= .zero { brackets.remove(at: index) }
        cancelEntries(of: fill.parent, clock)
    }

    func bracket(ofLink link: ClientOrderID) -> Int? {
        if link == .none { return nil }
        return brackets.indices.first { brackets[$0].stop == link }
    }

    // MARK: Timers

    /// Flattens when a stop has not been acknowledged by its deadline. Part of every `advance`; asked apart where the
    /// clock stands while the venue goes on, so that what is acknowledged too late is late there too.
    ///
    /// - Parameter time: message time, not before the last one.
    public mutating func checkStops(at time: Timestamp, _ clock: TradingClock) {
        guard let late = lateStop(at: time) else { return }
        if let index = index(of: late), live[index].state != .unknown { lose(index, clock) }
        flatten(.stopNotAcknowledged, isOurs: true, clock)
    }

    private func lateStop(at time: Timestamp) -> ClientOrderID? {
        for i in brackets.indices where brackets[i].isStopLate(at: time) { return brackets[i].stop }
        guard configuration.netsBooks else { return nil }
        for i in live.indices where live[i].acknowledgeBy.isDefined && time >= live[i].acknowledgeBy {
            return live[i].order.id
        }
        return nil
    }

    mutating func checkTimers(_ clock: TradingClock) {
        checkStops(at: clock.message, clock)
        if isFlattening { return }
        checkBookTimers(clock)
        var isCloseDue = false
        for i in brackets.indices {
            let isTimeOver = brackets[i].timeStop.isDefined && clock.event >= brackets[i].timeStop
            if isTimeOver || isTargetReached(brackets[i]) { want(closeOf: i, clock) }
            guard brackets[i].isCloseWanted else { continue }
            isCloseDue = true
            cancelEntries(of: brackets[i].entry, clock)
        }
        if isCloseDue { sendCloses(clock) }
    }

    private func isTargetReached(_ bracket: Bracket) -> Bool {
        guard bracket.target > .zero, let touch = quote.farTouch(bracket.exitSide) else { return false }
        return bracket.exitSide == .sell ? touch >= bracket.target : touch <= bracket.target
    }
}
