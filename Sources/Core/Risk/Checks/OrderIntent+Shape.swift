import Orders
import Units

extension OrderIntent {
    /// Prices, triggers and distances are at most this many ticks, so that nothing computed with them overflows.
    private static var most: Ticks { Ticks(Int64(Int32.max)) }

    /// The prices that its type needs are there and positive, and no others; distances are not negative.
    var isWellFormed: Bool {
        guard isDistance(stopDistance), isDistance(targetDistance), isDistance(trail), timeStop >= .zero else {
            return false
        }
        guard isDistance(limit), isDistance(trigger) else { return false }
        if link != .none, isReduceOnly || type == .market || !canWait { return false }
        let (hasLimit, hasTrigger, hasTrail) = (limit > .zero, trigger > .zero, trail > .zero)
        switch type {
        case .market: return !hasLimit && !hasTrigger && !hasTrail
        case .limit: return hasLimit && !hasTrigger && !hasTrail
        case .stop: return !hasLimit && hasTrigger && !hasTrail && canWait
        // As the exchange wants it: triggered, it may trade there.
        case .stopLimit:
            let isBeyond = side == .buy ? limit >= trigger : limit <= trigger
            return hasLimit && hasTrigger && !hasTrail && canWait && isBeyond
        // It stands at its trigger first, or at its distance from the market.
        case .trailingStop: return !hasLimit && hasTrail && canWait
        }
    }

    /// What waits for its trigger cannot be filled at once or not at all.
    private var canWait: Bool { timeInForce == .goodTillCancelled || timeInForce == .day }

    private func isDistance(_ ticks: Ticks) -> Bool { ticks >= .zero && ticks <= Self.most }

    /// Few enough contracts that nothing computed with them overflows; whether so many are allowed is another matter.
    var isCountable: Bool { (-Self.most.count...Self.most.count).contains(quantity.contracts) }

    /// Where the target of a sold contract would stand, which is filled at `bid` if it names no price; nil for a
    /// purchase, and without a target. A trailing stop without a trigger stands its distance below.
    func lowestTarget(at bid: Ticks?) -> Ticks? {
        guard side == .sell, targetDistance > .zero else { return nil }
        if limit > .zero { return limit - targetDistance }
        return trigger > .zero ? trigger - targetDistance : bid.map { $0 - trail - targetDistance }
    }

    /// Where the stop of a bought contract would stand, which is filled at `ask` if it names no price; nil for a sale.
    func lowestStop(at ask: Ticks?) -> Ticks? {
        guard side == .buy, stopDistance > .zero else { return nil }
        if limit > .zero { return limit - stopDistance }
        return trigger > .zero ? trigger - stopDistance : ask.map { $0 - stopDistance }
    }
}
