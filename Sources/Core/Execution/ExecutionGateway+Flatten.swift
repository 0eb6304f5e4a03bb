import Orders
import Units

/// Cancels everything, closes what the venue says is open, and proves it.
///
/// 1. Everything is cancelled, stops included; protection ends here. An order whose fate is unknown is asked about.
/// 2. When nothing is live the venue is read: orders that it still holds are cancelled and it is read again.
/// 3. What it holds is closed by one order through the book, and never while anything else is live. What that leaves
///    open is the next round's, at the prices of then.
/// 4. Two reads in a row, both sent after the last word about any order, that find nothing are the proof.
extension ExecutionGateway {
    /// At the risk gateway's word. One that only says what was told it, or what it has learned beside it, comes behind
    /// the proof when that was quick: then there is nothing to do, and a gate that was LOCKED before is told again.
    mutating func flatten(_ change: StateChange, _ clock: TradingClock) {
        if !isFlattening, flattening.isOurs, flattening.isProven, flattening.reason == change.reason {
            if change.from == .locked { announce(.flat, clock) }
            return
        }
        // A limit's word for a flatten that is over already.
        if !isFlattening, change.from == .flattening { return }
        if isFlattening, change.reason != .operatorRequest {
            goOn(waitingForOpen: configuration.closesAtOpen, clock)
        }
        flatten(change.reason, isOurs: false, clock)
        continueFlatten(clock)
    }

    /// At an operator's. One that comes while another is under way is the same one.
    mutating func flatten(_ command: OperatorCommand, _ clock: TradingClock) {
        if isFlattening {
            flattening.certificate.epoch = max(flattening.certificate.epoch, epoch)
            goOn(waitingForOpen: command.waitsForOpen, clock)
        } else {
            begin(command.stateReason, waitsForOpen: command.waitsForOpen, clock)
            flattening.isOurs = true
            flattening.certificate.command = command.id
            flattening.certificate.sender = command.sender
            flattening.certificate.reason = command.reason
            announce(.flattening, clock)
        }
        continueFlatten(clock)
    }

    /// Somebody else wants it too: an operator, or a limit behind an operator's that a closed market has stopped.
    private mutating func goOn(waitingForOpen: Bool, _ clock: TradingClock) {
        flattening.waitsForOpen = flattening.waitsForOpen || waitingForOpen
        if flattening.isBlocked, quote.isTrading { unblock(clock) }
    }

    /// - Parameter isOurs: the gateway itself wants it, and says so.
    mutating func flatten(_ reason: StateReason, isOurs: Bool, _ clock: TradingClock) {
        if isFlattening {
            // The lock of a roll ends by itself; what was found wrong meanwhile does not.
            guard isOurs, flattening.reason == .contractRolls else { return }
            flattening.reason = reason
            flattening.isOurs = true
            return announce(.flattening, clock)
        }
        begin(reason, waitsForOpen: configuration.closesAtOpen, clock)
        flattening.isOurs = isOurs
        if isOurs { announce(.flattening, clock) }
    }

    private mutating func begin(_ reason: StateReason, waitsForOpen: Bool, _ clock: TradingClock) {
        isFlattening = true
        isReconciling = false
        read = VenueRead()
        positionDifferences = 0
        flattening = FlattenProgress()
        flattening.reason = reason
        flattening.waitsForOpen = waitsForOpen
        flattening.roundFrom = clock.message
        flattening.certificate.epoch = epoch
        flattening.certificate.start = clock.event
        flattening.certificate.startMessage = clock.message
        flattening.certificate.bid = quote.bid
        flattening.certificate.ask = quote.ask
        readFrom = clock.message
        brackets.removeAll()
        for i in live.indices { cancel(i, clock) }
    }

    mutating func continueFlatten(_ clock: TradingClock) {
        checkTimeout(clock)
        guard live.isEmpty else { return }
        if flattening.isBlocked {
            // A halt may end in the close, and a refusal may be heard before the halt.
            if !quote.isTrading { flattening.isClosed = !quote.quality.contains(.halted) }
            guard quote.isTrading, flattening.waitsForOpen || !flattening.isClosed else { return }
            unblock(clock)
        }
        if !read.isUnderWay {
            if clock.message >= readFrom { beginRead(clock) }
            return
        }
        guard read.isComplete else { return }
        let found = read
        read = VenueRead()
        if found.strays > 0 || found.quantity != openQuantity {
            flattening.cleanReads = 0
            readFrom = clock.message + (found.strays > 0 ? configuration.roundPause : .zero)
            if found.strays == 0 { beginRead(clock) }
        } else if found.quantity == .zero {
            proved(found, clock)
        } else {
            flattening.cleanReads = 0
            close(found.quantity, clock)
        }
    }

    private mutating func proved(_ found: VenueRead, _ clock: TradingClock) {
        flattening.cleanReads += 1
        guard flattening.cleanReads > 1 else {
            flattening.certificate.firstProof = found.sent
            beginRead(clock)
            return
        }
        flattening.certificate.secondProof = found.sent
        flattening.certificate.proven = clock.message
        isFlattening = false
        announce(.flat, clock)
    }

    /// Something was said about an order: reads that began before prove nothing.
    mutating func voidProof() {
        flattening.voidProof()
        guard isFlattening else { return }
        flattening.cleanReads = 0
        read = VenueRead()
    }

    // MARK: Closing rounds

    /// Closes what the venue holds, with nothing else live.
    private mutating func close(_ open: Quantity, _ clock: TradingClock) {
        guard quote.isTrading else { return block(.marketClosed, isClosed: quote.quality.contains(.closed), clock) }
        guard clock.message >= flattening.roundFrom else {
            readFrom = flattening.roundFrom
            return
        }
        let side: Side = open > .zero ? .sell : .buy
        let touch = quote.farTouch(side)
        let price = touch.map { Ticks(max(1, $0.count + side.sign * configuration.collar.count)) }
        flattening.rounds += 1
        flattening.roundFrom =
            clock.message + (flattening.isLate ? configuration.closeRetry : configuration.roundPause)
        // Without a book to price from, whatever the venue finds.
        let order = Order(
            id: identities.next(), parent: .none, link: .none, role: .close, side: side, quantity: open.magnitude,
            type: price == nil ? .market : .limit, price: price ?? .zero, timeInForce: .immediateOrCancel,
            isReduceOnly: true)
        _ = issue(order, clock)
    }

    /// A closing order ended. A venue that refused it will do so again at once.
    mutating func closeEnded(
        _ order: Order, _ transition: OrderTransition, _ reason: VenueReason, _ clock: TradingClock
    ) {
        guard transition == .reject, order.role == .close else { return }
        flattening.roundFrom = clock.message + configuration.closeRetry
        if reason == .marketClosed { block(reason, isClosed: !quote.quality.contains(.halted), clock) }
    }

    private mutating func block(_ reason: VenueReason, isClosed: Bool, _ clock: TradingClock) {
        flattening.isClosed = isClosed
        guard !flattening.isBlocked else { return }
        flattening.isBlocked = true
        announce(.flattenBlocked, block: reason, clock)
    }

    private mutating func unblock(_ clock: TradingClock) {
        flattening.isBlocked = false
        readFrom = max(clock.message, flattening.roundFrom)
    }

    private mutating func checkTimeout(_ clock: TradingClock) {
        let taken = clock.message - flattening.certificate.startMessage
        guard !flattening.isLate, taken >= configuration.flattenTimeout else { return }
        flattening.isLate = true
        announce(.flattenLate, clock)
    }

    private mutating func announce(
        _ kind: ExecutionNotice.Kind, block: VenueReason = .none, _ clock: TradingClock
    ) {
        notify(
            ExecutionNotice(
                kind: kind, reason: flattening.reason, time: clock.event, rounds: flattening.rounds, block: block,
                found: openQuantity, certificate: flattening.certificate))
    }

    /// A fill during a flatten, against the price at which it could have been closed at the start.
    mutating func certify(_ fill: Fill) {
        flattening.certificate.add(
            fill.quantity, fill.side, at: fill.price, moneyPerTick: configuration.terms.moneyPerTick)
    }
}
