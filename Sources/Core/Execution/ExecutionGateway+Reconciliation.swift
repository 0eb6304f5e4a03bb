import Orders
import Units

/// The venue is the truth about what is live and what is open.
extension ExecutionGateway {
    /// A restart, or somebody who wants to know: nothing opens until the venue has been asked. A flatten proves more.
    public mutating func reconcile(_ clock: TradingClock) {
        guard !isFlattening, !isReconciling else { return }
        isReconciling = true
        positionDifferences = 0
        readFrom = clock.message
        beginRead(clock)
    }

    /// What was read is not to be relied on: the venue is read from the beginning. A flatten reads it by itself.
    mutating func reconcileAnew(_ clock: TradingClock) {
        if isFlattening { return }
        isReconciling = false
        reconcile(clock)
    }

    mutating func continueReconciliation(_ clock: TradingClock) {
        if !read.isUnderWay {
            if clock.message >= readFrom { beginRead(clock) }
            return
        }
        guard read.isComplete else { return }
        for i in live.indices where live[i].state == .unknown { return }
        let isClean = positionDifferences == 0 && read.strays == 0
        read = VenueRead()
        if isClean {
            isReconciling = false
            notify(
                ExecutionNotice(
                    kind: .reconciled, reason: .reconciliation, time: clock.event, expected: openQuantity,
                    found: openQuantity))
        } else {
            readFrom = clock.message + configuration.roundPause
        }
    }

    /// Asks for all live orders and for the position.
    mutating func beginRead(_ clock: TradingClock) {
        queryCount += 2
        read = VenueRead()
        read.query = queryCount - 1
        read.sent = clock.message
        read.answerBy = patience(0, clock)
        for i in live.indices { live[i].isListed = false }
        askForRead()
    }

    /// Asks for what a read still lacks.
    mutating func askForRead() {
        if !read.hasOrders { tell(.queryOrders, .blank, query: read.query) }
        if !read.hasPosition { tell(.queryPosition, .blank, query: read.query + 1) }
    }

    /// All live orders were listed. What was not is no longer live, and is asked about.
    mutating func endOrders(_ clock: TradingClock) {
        guard !read.hasOrders else { return }
        read.hasOrders = true
        for i in live.indices where !live[i].isListed {
            live[i].isListed = true
            if live[i].state != .unknown { lose(i, clock) }
            ask(i, clock)
        }
    }

    /// Everything that the venue did before it said this has been heard, unless it was lost: a difference counts when
    /// it is seen again.
    mutating func takePosition(_ event: VenueEvent, _ clock: TradingClock) {
        guard !read.hasPosition else { return }
        read.hasPosition = true
        read.quantity = event.quantity
        if event.quantity == openQuantity {
            positionDifferences = 0
            return
        }
        positionDifferences = min(positionDifferences + 1, 2)
        guard positionDifferences > 1 else { return }
        positionDifferences = 0
        question(event.quantity, order: .none, clock)
    }

    /// The venue holds other contracts than the fills say: its word counts, nothing is invented, and somebody has to
    /// look. What could turn the position over is closed.
    mutating func question(_ found: Quantity, order: ClientOrderID, _ clock: TradingClock) {
        notify(
            ExecutionNotice(
                kind: .reconciliationQuestion, reason: .reconciliation, time: clock.event, order: order,
                expected: openQuantity, found: found))
        unexplained = found - position.quantity
        cancelEntries(of: nil, clock)
        if !isFlattening, couldTurn(found) { flatten(.reconciliation, isOurs: true, clock) }
    }

    private func couldTurn(_ quantity: Quantity) -> Bool {
        // Where books net, the venue keeps what closes to what is open.
        if configuration.netsBooks { return false }
        let orders = working
        let sold = exits(orders, .sell), bought = exits(orders, .buy)
        return sold > max(.zero, quantity) || bought > max(.zero, Quantity(-quantity.contracts))
    }

    /// The most that orders that close can fill on one side.
    private func exits(_ orders: WorkingOrders, _ side: Side) -> Quantity {
        var closing = WorkingOrders()
        for i in orders.indices where orders[i].role != .entry { closing.append(orders[i]) }
        return closing.mostFilled(side)
    }
}
