import Orders
import Units

extension ExecutionGateway {
    /// A strategy that may not open keeps its position and its protection, and loses what could open.
    mutating func apply(ofOneStrategy change: StateChange, _ clock: TradingClock) {
        if change.to != .active { cancelEntries(ofStrategy: change.scope, clock) }
    }

    /// Closes what one strategy holds, at the market; of the account everything, or where strategies have books what is
    /// in its own. Others keep theirs, with their stops.
    mutating func close(of strategy: StrategyID, _ clock: TradingClock) {
        let isAll = strategy == .account && !configuration.netsBooks && !configuration.isOneOfTwo
        if isAll || brackets.isEmpty { return closeAll(clock) }
        cancelEntries(ofStrategy: strategy, clock)
        for i in brackets.indices where brackets[i].strategy == strategy { want(closeOf: i, clock) }
        sendCloses(clock)
    }

    private mutating func cancelEntries(ofStrategy strategy: StrategyID, _ clock: TradingClock) {
        for i in live.indices where live[i].order.role == .entry && live[i].order.strategy == strategy {
            cancel(i, clock)
        }
    }
}
