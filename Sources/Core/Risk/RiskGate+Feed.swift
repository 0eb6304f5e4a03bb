import Orders
import Units

extension RiskGate {
    /// A live feed fell behind the present (it replays, or is gone), or has caught up with it. While it is behind, an
    /// account that would be ACTIVE is REDUCING; a plain tape says nothing of the kind.
    ///
    /// - Parameters:
    ///   - hasPresentBooks: what the traded contract's book says is so now, though other records are late. While it is
    ///     not, nobody opens a position on it.
    ///   - isLate: its books come too late to be valid marks: a position's goes on ageing under them.
    public mutating func feedChanged(isLive: Bool, hasPresentBooks: Bool, isLate: Bool = false) {
        isBookLate = isLate
        let mayOpen = opensByHand
        isBookPast = !hasPresentBooks
        if isLive { return release(.feed, .warmed) }
        restrictions.formUnion(.feed)
        if !change(.restrict, .warming) { tellNoMoreOrders(since: mayOpen, .warming) }
    }

    /// Quality of the traded contract's book now: of its last update, and whether that is too old to open on.
    public var bookQuality: DataQuality {
        !mark.quality.contains(.noBook) && isBookOld ? mark.quality.union(.stale) : mark.quality
    }

    /// Too old to open on: by its age, or because the feed has none of the present.
    var isBookOld: Bool { isBookPast || clock - mark.bookTime > limits.marketDataAge }

    /// Whether a person's order may open: it needs no more than a usable book of the present, so a feed that is behind
    /// with other records bars it not.
    var takesManualOrders: Bool { state == .active || state == .reducing && restrictions == .feed }

    /// It bars them not, and there is such a book.
    public var opensByHand: Bool { takesManualOrders && !isBookPast }
}
