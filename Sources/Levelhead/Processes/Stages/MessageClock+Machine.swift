import Orders
import Pipeline
import Platform
import Units

extension MessageClock {
    /// - Parameter last: what the clock showed before a restart.
    init(of role: ProcessRole, after last: Timestamp) {
        self.init(after: last, followsMarket: role == .paper, at: MonotonicClock.now())
    }

    mutating func now(_ market: TradingClock) -> Timestamp { now(MonotonicClock.now(), market: market.message) }
}
