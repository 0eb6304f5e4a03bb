import Orders
import Units

extension RiskGate {
    /// A strategy needs good data behind its decision and on the traded contract; an operator a usable book.
    func refusalByMarket(_ order: OrderIntent, _ issuer: OrderIssuer) -> RefusalReason? {
        let isStrategy = issuer == .strategy
        let quality = isStrategy ? mark.quality.union(order.quality) : mark.quality
        if quality.contains(.noBook) { return .noBook }
        if !quality.isDisjoint(with: .notTrading) { return .instrumentStatus }
        if quality.contains(.crossed) { return .dataCrossed }
        if isStrategy, quality.contains(.gap) { return .dataGap }
        if isStrategy, quality.contains(.warming) { return .dataWarming }
        if quality.contains(.badBook) || isStrategy && quality.contains(.oneSided) { return .marketDataBad }
        if quality.contains(.stale) || isBookOld { return .marketDataStale }
        return nil
    }

    /// A limit or trigger is further outside the best bid and ask than the collar. Without a collar, or without the
    /// side of the book, nothing is.
    func isBeyondCollar(_ order: OrderIntent) -> Bool {
        guard limits.collar > .zero else { return false }
        return isBeyondCollar(order.limit) || isBeyondCollar(order.trigger)
    }

    func isBeyondCollar(_ price: Ticks) -> Bool {
        guard price > .zero else { return false }
        if mark.ask.size > 0, price - mark.ask.price > limits.collar { return true }
        return mark.bid.size > 0 && mark.bid.price - price > limits.collar
    }

    /// It could trade with an order of another book that rests in the market. A market order reaches the best price of
    /// the other side when that holds enough, else as far as the collar beyond it; a stop the same from its trigger.
    func crossesOtherBook(_ order: OrderIntent) -> Bool {
        guard let reach = reach(of: order) else { return restsAcross(order) { _ in true } }
        return restsAcross(order) { order.side == .buy ? $0 <= reach : $0 >= reach }
    }

    private func restsAcross(_ order: OrderIntent, _ isReached: (Ticks) -> Bool) -> Bool {
        for i in working.indices where working[i].side != order.side && working[i].strategy != order.strategy {
            let (price, wanted) = (working[i].restingPrice, placed[i].wantedPrice)
            if price > .zero && isReached(price) || wanted > .zero && isReached(wanted) { return true }
        }
        return false
    }

    /// The worst price at which it may trade; nil when there is none.
    private func reach(of order: OrderIntent) -> Ticks? {
        if order.limit > .zero { return order.limit }
        let far = order.side == .buy ? mark.ask : mark.bid
        if order.type == .market, Int64(far.size) >= order.quantity.contracts { return far.price }
        guard limits.collar > .zero else { return nil }
        let from = order.trigger > .zero ? order.trigger : far.price
        return from + Ticks(order.side.sign * limits.collar.count)
    }
}
