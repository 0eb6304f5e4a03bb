import Orders
import Units

extension PaperVenue {
    /// Answers a question from what is in force when it arrives.
    mutating func answer(_ command: VenueCommand) {
        switch command.kind {
        case .queryOrder: tellStatus(command.order.id, command.query)
        case .queryOrders:
            for i in orders.indices where orders[i].phase != .done { tellStatus(orders[i].order.id, command.query) }
            tell(answering(.queryEnd, command.query))
        case .queryPosition:
            var event = answering(.positionStatus, command.query)
            event.quantity = held
            tell(event)
        case .submit, .cancel, .modify: break
        }
    }

    private mutating func tellStatus(_ id: ClientOrderID, _ query: UInt64) {
        var event = answering(.orderStatus, query)
        event.order = id
        if let index = index(of: id) {
            event.side = orders[index].order.side
            event.leaves = orders[index].leaves
            event.filled = orders[index].filled
            event.state = event.filled > .zero ? .partiallyFilled : .working
        }
        tell(event)
    }

    private func answering(_ kind: VenueEventKind, _ query: UInt64) -> VenueEvent {
        var event = VenueEvent.blank
        event.kind = kind
        event.query = query
        return event
    }

    private mutating func tell(_ event: VenueEvent) {
        sequence += 1
        var event = event
        event.sequence = sequence
        event.time = clock
        event.deliveryTime = clock + configuration.eventLatency
        events.push(event)
    }
}
