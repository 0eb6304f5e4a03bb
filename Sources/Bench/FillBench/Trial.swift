import Orders
import PaperVenue
import Units

/// One hypothetical order of one contract, alone at a venue.
struct Trial {
    let groups: GroupTape
    let configuration: PaperVenueConfiguration
    let start: Int
    let side: Side
    let horizons: [Nanoseconds]
    let window: Nanoseconds

    /// Contracts ahead at the placement and at each horizon, and the nanoseconds to the fill.
    func run() -> [Int64] {
        var venue = PaperVenue(configuration)
        let placed = groups.groups[start].time
        groups.update(start) { update in
            let price = side == .buy ? update.bid.price : update.ask.price
            let id = ClientOrderID(epoch: 1, issuer: .manual, count: 1)
            let order = Order(
                id: id, parent: id, link: .none, role: .entry, side: side, quantity: Quantity(1), type: .limit,
                price: price, timeInForce: .goodTillCancelled)
            venue.receive(VenueCommand(.submit, order), at: placed, market: update)
            venue.advance(to: placed)
        }
        var found = [ahead(venue)]
        var index = start + 1
        var filled: Int64 = -1
        while index < groups.groups.count, filled < 0, groups.groups[index].time <= placed + window {
            let time = groups.groups[index].time
            while found.count <= horizons.count, time > placed + horizons[found.count - 1] {
                found.append(ahead(venue))
            }
            groups.update(index) { venue.apply($0) }
            while let event = venue.nextEvent(until: time) {
                if event.kind == .filled { filled = (event.time - placed).count }
            }
            index += 1
        }
        while found.count <= horizons.count { found.append(ahead(venue)) }
        return found + [filled]
    }

    private func ahead(_ venue: PaperVenue) -> Int64 {
        guard !venue.orders.isEmpty else { return 0 }
        let place = venue.orders[0].place
        return place.isKnown ? place.wholeContracts : -1
    }
}
