import Orders
import Units

/// What the venue's own events come to.
struct VenueTruth {
    struct Standing {
        var filled = Quantity.zero
        var isEnded = false
    }

    /// By the number of events taken, the position then: `positions[0]` is before the first.
    private(set) var positions: [Int64] = [0]
    private(set) var orders: [ClientOrderID: Standing] = [:]
    private(set) var fills: [VenueEvent] = []
    /// Contracts.
    private(set) var bought: Int64 = 0
    private(set) var sold: Int64 = 0
    private var taken: [VenueEvent] = []

    var position: Int64 { positions.last ?? 0 }

    /// Follows the venue's events; what a crash took back is forgotten.
    mutating func follow(_ events: [VenueEvent]) {
        if events.count < taken.count || taken.last.map({ events[taken.count - 1] != $0 }) ?? false {
            self = VenueTruth()
        }
        for event in events[taken.count...] { take(event) }
    }

    private mutating func take(_ event: VenueEvent) {
        taken.append(event)
        var standing = orders[event.order] ?? Standing()
        var position = position
        switch event.kind {
        case .filled:
            standing.filled += event.quantity
            if event.leaves == .zero { standing.isEnded = true }
            position += event.side.sign * event.quantity.contracts
            if event.side == .buy { bought += event.quantity.contracts } else { sold += event.quantity.contracts }
            fills.append(event)
        case .cancelled, .rejected: standing.isEnded = true
        case .accepted, .reduced, .cancelRejected, .modified, .modifyRejected, .triggered, .orderStatus,
            .positionStatus, .queryEnd:
            break
        }
        orders[event.order] = standing
        positions.append(position)
    }
}
