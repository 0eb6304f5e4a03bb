import Orders
import Units

extension PaperVenue {
    /// A stop has come, or was changed: it triggers at once when the quote is through it already.
    mutating func watch(_ index: Int) {
        guard book.quality.hasUsableBook else { return }
        trail(index)
        guard let quote = book.opposite(of: orders[index].order.side, 0) else { return }
        guard orders[index].order.triggers(at: quote.price) else { return }
        trigger(index)
        take(index)
    }

    /// The order becomes one that takes: without a limit, or up to its own.
    mutating func trigger(_ index: Int) {
        orders[index].phase = .taking
        tell(.triggered, .none, orders[index].order, price: orders[index].order.price, leaves: orders[index].leaves)
    }

    /// A trailing stop follows the best quote that it would take from.
    mutating func trail(_ index: Int) {
        let order = orders[index].order
        guard order.type == .trailingStop, book.quality.hasUsableBook else { return }
        guard let quote = book.opposite(of: order.side, 0) else { return }
        orders[index].order.raise(to: quote.price + Ticks(order.side.sign * order.trail.count))
    }
}

extension Order {
    /// Whether a stop triggers at a price. One that has no price yet does not.
    func triggers(at level: Ticks) -> Bool {
        guard price > .zero else { return false }
        return side == .sell ? level <= price : level >= price
    }

    /// Moves a stop's price nearer to the market, never away from it.
    mutating func raise(to stop: Ticks) {
        guard stop > .zero else { return }
        if price <= .zero || (side == .sell ? stop > price : stop < price) { price = stop }
    }
}
