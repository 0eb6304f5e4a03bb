import Control
import MarketCalendar
import Orders
import Pipeline
import Risk
import Units

extension ManualOrders {
    /// What a person wants changed becomes an intent with everything that the order will be.
    mutating func beginChange(
        _ command: ControlCommand, clock: TradingClock, setup: MarketSetup, gate: RiskGate
    ) -> CommandStep {
        guard let change = command.arguments.change else { return .refuse("no change") }
        let target = command.arguments.target ?? ""
        guard let id = ClientOrderID(printed: target) else { return .refuse("\"\(target)\" is no order") }
        guard let (order, placed) = gate.workingOrder(id) else { return .refuse("not_live") }
        do throws(ManualOrderError) {
            let intent = try Self.intent(change, id, order, placed, clock, tick: setup.plan.tradedSpecification.tick)
            if placed.isAsked(by: intent) { return .refuse("that is how the order stands") }
            pending.append(Pending(command: command, id: id, wish: .change(intent)))
            return .take(
                OperatorCommand(
                    .modify, id: command.id.high, sender: ShortText(command.sender),
                    reason: ShortText(command.arguments.reason ?? ""), intent: intent))
        } catch { return .refuse("\(error)") }
    }

    mutating func beginCancel(_ command: ControlCommand, gate: RiskGate) -> CommandStep {
        let target = command.arguments.target ?? ""
        guard let id = ClientOrderID(printed: target) else { return .refuse("\"\(target)\" is no order") }
        if gate.workingOrder(id) == nil { return .refuse("not_live") }
        pending.append(Pending(command: command, id: id, wish: .cancel))
        return .take(
            OperatorCommand(
                .cancel, id: command.id.high, sender: ShortText(command.sender),
                reason: ShortText(command.arguments.reason ?? ""), target: id))
    }

    private static func intent(
        _ change: OrderChange, _ id: ClientOrderID, _ order: WorkingOrder, _ placed: PlacedOrder, _ clock: TradingClock,
        tick: TickSize
    ) throws(ManualOrderError) -> OrderIntent {
        let hasLimit = placed.type == .limit || placed.type == .stopLimit
        if change.limit != nil, !hasLimit { throw .noSuchPrice("limit", placed.type) }
        if change.stop != nil, !placed.type.hasTrigger { throw .noSuchPrice("trigger", placed.type) }
        if change.trailTicks != nil, placed.type != .trailingStop { throw .noSuchPrice("distance", placed.type) }
        return OrderIntent(
            id: id, time: clock.event, receiveTime: clock.message, action: .modify, side: order.side,
            quantity: change.quantity.map { Quantity($0) } ?? placed.quantity, type: placed.type,
            limit: change.limit == nil ? placed.limit : try price(change.limit, tick),
            trigger: change.stop == nil ? placed.trigger : try price(change.stop, tick),
            trail: change.trailTicks.map { Ticks($0) } ?? placed.trail, isReduceOnly: order.role != .entry,
            strategy: order.strategy)
    }
}

extension ManualOrders.Pending {
    /// How the order goes on, as far as this one waits for it.
    mutating func take(_ update: OrderUpdate) {
        guard !isOver else { return }
        let isFirst = state == nil
        state = "\(update.state)"
        switch wish {
        case .order:
            // Unknown is no end, and no beginning either.
            isOver = update.state != .pending && update.state != .unknown
            isGood = update.state != .rejected
            if isOver, !isGood { message = "\(update.state): \(update.reason.name)" }
            guard isOver, update.order.role == .close, !isReduceOnly else { return }
            let wasSent = !isFirst
            if !wasSent, update.reason == .linked { message = "closed by \(update.order.link)" }
            if wasSent, update.state == .rejected, update.reason != .staleEpoch {
                // The whole position is to be closed, and will be.
                isGood = true
                message = "\(update.reason.name): the close is sent again until the position is closed"
            }
        case .change(let intent):
            isGood = update.order.hasPricesAndQuantity(of: intent) && update.state.isLive
            // A linked order that filled says nothing of the change; one that was lost has a reason.
            let isRefused = update.reason != .none && update.reason != .linked
            isOver = isGood || isRefused || update.state.isTerminal
        case .cancel:
            isOver = update.state.isTerminal
            isGood = isOver
        }
    }
}

extension OrderState {
    fileprivate var isLive: Bool { self == .working || self == .partiallyFilled }
}

extension Order {
    fileprivate func hasPricesAndQuantity(of intent: OrderIntent) -> Bool {
        let first = type.hasTrigger ? intent.trigger : intent.limit
        let second = type == .stopLimit ? intent.limit : .zero
        return quantity == intent.quantity && price == first && limit == second && trail == intent.trail
    }
}
