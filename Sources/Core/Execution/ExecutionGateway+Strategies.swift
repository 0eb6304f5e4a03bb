import Orders
import Units

extension ExecutionGateway {
    /// A strategy that may not open keeps its position and its protection, and loses what could open.
    mutating func apply(ofOneStrategy change: StateChange, _ clock: TradingClock) {
        if change.to != .active { cancelEntries(ofStrategy: change.scope, clock) }
    }

    /// Closes what one strategy holds, at the market; of the account everything, or where strategies have books what is
    /// in its own. Others keep theirs, with their stops. Of what a person wants closed the first order has the identity
    /// of the intent; when none is sent, an update of that identity says why.
    mutating func close(_ intent: OrderIntent, _ clock: TradingClock) {
        let first: ClientOrderID? = intent.id.issuer == .manual ? intent.id : nil
        if closesAll(intent) || brackets.isEmpty && openQuantity != .zero {
            closeAll(clock, first: first)
        } else {
            cancelEntries(ofStrategy: intent.strategy, clock)
            for i in brackets.indices where brackets[i].strategy == intent.strategy { want(closeOf: i, clock) }
            sendCloses(clock, first: first)
        }
        if first != nil, index(of: intent.id) == nil { reportClose(intent, clock) }
    }

    private func closesAll(_ intent: OrderIntent) -> Bool {
        intent.strategy == .account && !configuration.netsBooks && !configuration.isOneOfTwo
    }

    /// No order of the intent's own was sent: the close is under way already, or goes by the stop; or there is nothing
    /// that could be closed so.
    private mutating func reportClose(_ intent: OrderIntent, _ clock: TradingClock) {
        if isFlattening { return refuse(intent, .notSent, clock) }
        for i in brackets.indices where closesAll(intent) || brackets[i].strategy == intent.strategy {
            var closing = order(intent)
            closing.parent = brackets[i].entry
            closing.link = brackets[i].close == .none ? brackets[i].stop : brackets[i].close
            return report(closing, .cancelled, .linked, leaves: .zero, clock)
        }
        refuse(intent, .reduceOnly, clock)
    }

    private mutating func cancelEntries(ofStrategy strategy: StrategyID, _ clock: TradingClock) {
        for i in live.indices where live[i].order.role == .entry && live[i].order.strategy == strategy {
            cancel(i, clock)
        }
    }
}
