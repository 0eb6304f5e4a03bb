import Orders
import Units

extension RiskGate {
    /// A live feed fell behind the present (it replays, or is gone), or has caught up with it. While it is behind, an
    /// account that would be ACTIVE is REDUCING; a plain tape says nothing of the kind.
    public mutating func feedChanged(isLive: Bool) {
        if isLive { release(.feed, .warmed) } else { restrict(.feed, .warming) }
    }

    /// Quality of the traded contract's book now: of its last update, and whether that is too old to open on.
    public var bookQuality: DataQuality {
        let isStale = !mark.quality.contains(.noBook) && clock - mark.bookTime > limits.marketDataAge
        return isStale ? mark.quality.union(.stale) : mark.quality
    }

    /// Whether a person's order may open: it needs no more than a usable book, so a feed that is behind bars it not.
    var takesManualOrders: Bool { state == .active || state == .reducing && restrictions == .feed }
}
