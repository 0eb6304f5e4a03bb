import Determinism
import Orders
import Risk
import Units

@frozen public struct ExecutionConfiguration: Hashable, BitwiseCopyable, Sendable {
    public var terms: ContractTerms
    /// Message time within which the venue must acknowledge a protective stop.
    public var stopAcknowledgement = Nanoseconds.milliseconds(500)
    /// Message time after which a close that the venue refused or did not fill whole is sent again.
    public var closeRetry = Nanoseconds.seconds(1)

    public init(terms: ContractTerms) { self.terms = terms }
}

/// The answer to an operator's cancel.
@frozen public enum CancelOutcome: String, Hashable, BitwiseCopyable, Sendable, CaseIterable {
    case sent = "sent"
    case notLive = "not_live"
    case protectsPosition = "protects_position"
}

/// The life of every order, and the orders that protect and close a position.
///
/// A fold over approvals, venue events, changes of the trading state and the clock. Outputs collect in `commands` (to
/// the venue, in order), `fills`, `updates` and `notices`; the reader empties them after each step and hands fills on
/// before updates. Nothing allocates.
///
/// A fill of an opening order gets its bracket in the same step: a protective stop, then a target, linked at the venue.
/// Every fill has a bracket of its own, at distances from its own price. Orders without an approval pass `mayShrink`.
public struct ExecutionGateway: Sendable {
    public let configuration: ExecutionConfiguration

    public var commands = TradingLimits.Outputs<VenueCommand>()
    public var fills = TradingLimits.Outputs<Fill>()
    public var updates = TradingLimits.Outputs<OrderUpdate>()
    public var notices = TradingLimits.FewOutputs<ExecutionNotice>()

    public internal(set) var position = Position()
    public internal(set) var live = TradingLimits.LiveOrders<LiveOrder>()
    public internal(set) var brackets = TradingLimits.Brackets<Bracket>()
    /// Everything is being cancelled and closed.
    public internal(set) var isFlattening = false
    var flattenReason = StateReason.operatorRequest
    var rounds: UInt32 = 0
    /// Message time from which the next closing round may be sent.
    var roundFrom = Timestamp(nanoseconds: 0)
    var identities: ClientOrderIDSequence
    var updateCount: UInt64 = 0
    var fillCount: UInt64 = 0
    /// Sequence of the last venue event.
    var venueSequence: UInt64 = 0
    /// Steps of the venue that could not be: each has led to a flatten.
    public internal(set) var contradictions: UInt64 = 0

    public init(_ configuration: ExecutionConfiguration, epoch: UInt16) {
        self.configuration = configuration
        identities = ClientOrderIDSequence(epoch: epoch, issuer: .execution)
    }

    /// Nothing live, nothing open, nothing under way.
    public var isIdle: Bool { live.isEmpty && position.isFlat && !isFlattening }

    /// Orders sent so far.
    public internal(set) var sentCount: UInt64 = 0

    // MARK: Inputs

    /// Takes an approved intent: sends the opening order, or closes the position.
    public mutating func accept(_ approved: consuming RiskApproved<OrderIntent>, _ clock: TradingClock) {
        let intent = approved.subject
        switch intent.action {
        case .open: open(intent, clock)
        case .close: closeAll(clock)
        }
    }

    /// Takes a change of the trading state: FLATTENING cancels and closes everything, REDUCING and HALTED cancel what
    /// could open.
    public mutating func apply(_ change: StateChange, _ clock: TradingClock) {
        if change.scope != .account { return apply(ofOneStrategy: change) }
        switch change.to {
        case .flattening: flatten(change.reason, clock)
        case .reducing, .halted: cancelEntries(of: nil)
        case .active, .locked: break
        }
    }

    /// Moves the clocks on: time stops, missing acknowledgements, closes to be sent again. Call it at every event group
    /// and clock tick; costs next to nothing while idle.
    public mutating func advance(_ clock: TradingClock) {
        if live.isEmpty, brackets.isEmpty, !isFlattening { return }
        checkTimers(clock)
        if isFlattening { continueFlatten(clock) }
    }

    /// Cancels one order on an operator's behalf. A protective stop is not cancelled alone: the position would be bare.
    public mutating func cancel(_ id: ClientOrderID) -> CancelOutcome {
        guard let index = live.indices.first(where: { live[$0].order.id == id }) else { return .notLive }
        if live[index].order.role == .protectiveStop { return .protectsPosition }
        cancel(index)
        return .sent
    }

    // MARK: Opening and closing

    private mutating func open(_ intent: OrderIntent, _ clock: TradingClock) {
        let order = Order(
            id: intent.id, parent: intent.id, link: .none, role: .entry, side: intent.side, quantity: intent.quantity,
            type: intent.type, price: intent.limit, timeInForce: intent.timeInForce, strategy: intent.strategy)
        if isFlattening || position.exitSide == intent.side {
            report(order, .rejected, .notSent, leaves: .zero, clock)
            return
        }
        send(
            LiveOrder(
                order, stopDistance: intent.stopDistance, targetDistance: intent.targetDistance,
                timeStop: intent.timeStop), clock)
    }

    private mutating func closeAll(_ clock: TradingClock) {
        if isFlattening { return }
        cancelEntries(of: nil)
        precondition(position.isFlat || !brackets.isEmpty, "a position has its brackets, except inside a flatten")
        for i in brackets.indices { want(closeOf: i, clock) }
        sendCloses(clock)
    }

    mutating func want(closeOf index: Int, _ clock: TradingClock) {
        guard !brackets[index].isCloseWanted else { return }
        brackets[index].isCloseWanted = true
        brackets[index].closeFrom = clock.message
    }

    /// Sends the closes that are wanted and not live, each linked with its bracket's stop.
    mutating func sendCloses(_ clock: TradingClock) {
        for i in brackets.indices {
            let bracket = brackets[i]
            guard bracket.isCloseWanted, bracket.close == .none, clock.message >= bracket.closeFrom else { continue }
            let id = identities.next()
            let close = Order(
                id: id, parent: bracket.entry, link: bracket.stop, role: .close, side: bracket.exitSide,
                quantity: bracket.quantity, type: .market, price: .zero, timeInForce: .immediateOrCancel,
                strategy: bracket.strategy)
            guard issue(close, clock) else { return }
            brackets[i].close = id
        }
    }

    /// Protects a fill of an opening order.
    mutating func protect(_ fill: Fill, of entry: LiveOrder, _ clock: TradingClock) {
        let exitSide = fill.side.opposite
        let stopID = identities.next()
        func order(_ id: ClientOrderID, _ role: OrderRole, _ type: OrderType, _ price: Ticks) -> Order {
            Order(
                id: id, parent: fill.parent, link: stopID, role: role, side: exitSide, quantity: fill.quantity,
                type: type, price: price, timeInForce: .goodTillCancelled, strategy: entry.order.strategy)
        }
        let away = Ticks(fill.side.sign)
        let stopPrice = fill.price - Ticks(away.count * entry.stopDistance.count)
        guard issue(order(stopID, .protectiveStop, .stop, stopPrice), clock) else { return }
        brackets.append(
            Bracket(
                entry: fill.parent, strategy: fill.strategy, stop: stopID, close: .none, exitSide: exitSide,
                quantity: fill.quantity,
                timeStop: entry.timeStop > .zero ? fill.venueTime + entry.timeStop : .undefined,
                stopDeadline: clock.message + configuration.stopAcknowledgement, isCloseWanted: entry.isCancelSent,
                closeFrom: clock.message))
        if entry.targetDistance > .zero {
            let targetPrice = fill.price + Ticks(away.count * entry.targetDistance.count)
            guard issue(order(identities.next(), .target, .limit, targetPrice), clock) else { return }
        }
        // An opening order that filled while it was being cancelled: nobody wants the contracts any more.
        if entry.isCancelSent { sendCloses(clock) }
    }

    // MARK: Sending

    /// Sends an order of our own if it can only shrink the position. If it could not, our picture of the account is
    /// wrong: that ends in a flatten.
    mutating func issue(_ order: Order, _ clock: TradingClock) -> Bool {
        let candidate = WorkingOrder(
            id: order.id, link: order.link, side: order.side, role: order.role, leaves: order.quantity)
        guard mayShrink(position: position.quantity, working: working, candidate: candidate) else {
            contradiction(clock)
            return false
        }
        send(LiveOrder(order), clock)
        return true
    }

    var working: WorkingOrders {
        var orders = WorkingOrders()
        for i in live.indices { orders.append(live[i].working) }
        return orders
    }

    mutating func send(_ order: LiveOrder, _ clock: TradingClock) {
        live.append(order)
        sentCount += 1
        commands.append(VenueCommand(.submit, order.order))
        report(order.order, .pending, .none, leaves: order.leaves, clock)
    }

    mutating func cancel(_ index: Int) {
        guard !live[index].isCancelSent else { return }
        live[index].isCancelSent = true
        commands.append(VenueCommand(.cancel, live[index].order))
    }

    /// Cancels opening orders: those of one parent, or all.
    mutating func cancelEntries(of parent: ClientOrderID?) {
        for i in live.indices where live[i].order.role == .entry {
            if parent == nil || live[i].order.id == parent { cancel(i) }
        }
    }

    mutating func report(
        _ order: Order, _ state: OrderState, _ reason: VenueReason, leaves: Quantity, _ clock: TradingClock
    ) {
        updateCount += 1
        updates.append(
            OrderUpdate(
                sequence: updateCount, time: clock.event, messageTime: clock.message, order: order, state: state,
                reason: reason, leaves: leaves))
    }
}
