import Control
import MarketCalendar
import Orders
import Pipeline
import Risk
import Units

extension ManualOrders {
    /// What a person wants changed becomes an intent with everything that the order will be.
    mutating func beginChange(
        _ command: ControlCommand, clock: TradingClock, setup: MarketSetup, gate: RiskGate, ledger: CommandLedger
    ) -> CommandStep {
        guard let change = command.arguments.change else { return .refuse("no change") }
        let target = command.arguments.target ?? ""
        guard let id = ClientOrderID(printed: target) else { return .refuse("\"\(target)\" is no order") }
        guard let (order, placed) = gate.workingOrder(id) else { return .refuse("not_live") }
        // Of two at once nobody could say which one an update answers.
        if ledger.isChanging(id) { return .refuse("another change of it is under way") }
        do throws(ManualOrderError) {
            let intent = try Self.intent(change, id, order, placed, clock, tick: setup.plan.tradedSpecification.tick)
            if placed.isAsked(by: intent) { return .refuse("that is how the order stands") }
            keep(command)
            return .take(OperatorCommand(.modify, of: command, intent: intent))
        } catch { return .refuse("\(error)") }
    }

    mutating func beginCancel(_ command: ControlCommand, gate: RiskGate) -> CommandStep {
        let target = command.arguments.target ?? ""
        guard let id = ClientOrderID(printed: target) else { return .refuse("\"\(target)\" is no order") }
        if gate.workingOrder(id) == nil { return .refuse("not_live") }
        keep(command)
        return .take(OperatorCommand(.cancel, of: command, target: id))
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
