import Orders
import Units

extension PaperVenue {
    /// How one order stands.
    mutating func answer(_ command: VenueCommand) {
        guard hasRoom(toTell: 1) else { return }
        let order = command.order
        if let index = index(of: order.id) {
            tellStatus(orders[index], query: command.query)
        } else if let known = ended.find(order.id) {
            tell(
                .orderStatus, known.reason, id: known.id, side: known.side, filled: known.filled, state: known.state,
                query: command.query)
        } else {
            tell(
                .orderStatus, .unknownOrder, id: order.id, side: order.side, state: .unknown, query: command.query)
        }
    }

    /// How every live order stands, oldest first, and that this was all.
    mutating func answerOrders(_ command: VenueCommand) {
        guard hasRoom(toTell: orders.count + 1) else { return }
        for index in orders.indices { tellStatus(orders[index], query: command.query) }
        tell(.queryEnd, .none, id: .none, side: .buy, state: .unknown, query: command.query)
    }

    /// What is open: its quantity, its average price to the nearest tick, and all fees paid so far.
    mutating func answerPosition(_ command: VenueCommand) {
        guard hasRoom(toTell: 1) else { return }
        let side: Side = account.quantity < .zero ? .sell : .buy
        tell(
            .positionStatus, .none, id: .none, side: side, quantity: account.quantity, price: averagePrice,
            fee: account.fees, state: .unknown, query: command.query)
    }

    /// Of what is open, to the nearest tick; zero when flat.
    public var averagePrice: Ticks {
        let worth = (configuration.terms.moneyPerTick * account.quantity.contracts).nanos.magnitude
        guard worth != 0 else { return .zero }
        // Below 2⁶³, and half of what is.
        let nearest = account.openCost.nanos.magnitude + worth / 2
        return Ticks(Int64(nearest / worth))
    }

    private mutating func tellStatus(_ live: VenueOrder, query: UInt64) {
        tell(
            .orderStatus, .none, id: live.order.id, side: live.order.side, quantity: live.order.quantity,
            price: live.workingPrice, leaves: live.leaves, filled: live.filled, state: live.state, query: query)
    }
}
