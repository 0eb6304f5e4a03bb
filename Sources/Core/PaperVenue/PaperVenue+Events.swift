import Orders
import Units

extension PaperVenue {
    /// A quarter of the room for events is kept for what happens to orders; answers and refusals beyond it are dropped,
    /// as is what a flooded line loses. Who asked asks again.
    func isCrowded(by count: Int) -> Bool {
        let capacity = TradingLimits.EventsInFlight<VenueEvent>.room
        return events.count + count > capacity - capacity / 4
    }

    mutating func hasRoom(toTell count: Int) -> Bool {
        if !isCrowded(by: count) { return true }
        dropped += 1
        return false
    }

    /// A quarter of the room for commands is kept for cancels and queries. What does not fit is refused at once.
    mutating func hasRoom(for command: VenueCommand, at now: Timestamp) -> Bool {
        let capacity = TradingLimits.CommandsInFlight<CommandInFlight>.room
        let opens = command.kind == .submit || command.kind == .modify
        if commands.count < (opens ? capacity - capacity / 4 : capacity) { return true }
        arrive(before: now)
        clock = max(clock, now)
        switch command.kind {
        case .submit: reject(command.order, .full)
        case .modify: refuse(.modifyRejected, .full, command.order)
        case .cancel, .queryOrder, .queryOrders, .queryPosition: dropped += 1
        }
        return false
    }

    /// Tells that a command had no effect.
    mutating func refuse(_ kind: VenueEventKind, _ reason: VenueReason, _ order: Order) {
        guard hasRoom(toTell: 1) else { return }
        tell(kind, reason, order)
    }

    /// Tells what happened to an order.
    mutating func tell(
        _ kind: VenueEventKind, _ reason: VenueReason, _ order: Order, quantity: Quantity = .zero, price: Ticks = .zero,
        fee: Money = .zero, _ liquidity: Liquidity = .taker, leaves: Quantity = .zero
    ) {
        tell(
            kind, reason, id: order.id, side: order.side, quantity: quantity, price: price, fee: fee, liquidity,
            leaves: leaves, state: .unknown, query: 0)
    }

    mutating func tell(
        _ kind: VenueEventKind, _ reason: VenueReason, id: ClientOrderID, side: Side, quantity: Quantity = .zero,
        price: Ticks = .zero, fee: Money = .zero, _ liquidity: Liquidity = .taker, leaves: Quantity = .zero,
        filled: Quantity = .zero, state: OrderState, query: UInt64
    ) {
        sequence += 1
        var event = VenueEvent(
            sequence: sequence, time: clock, deliveryTime: eventLine.arrival(ofSent: clock, configuration.eventWay),
            kind: kind, reason: reason, order: id, side: side, quantity: quantity, price: price, fee: fee,
            liquidity: liquidity, leaves: leaves, filled: filled, state: state, query: query)
        event.account = configuration.account
        events.push(event)
    }
}
