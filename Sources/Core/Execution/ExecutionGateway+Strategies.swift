import Orders

extension ExecutionGateway {
    /// A strategy that may not open keeps its position and its protection, and loses what could open.
    mutating func apply(ofOneStrategy change: StateChange) {
        if change.to == .active { return }
        for i in live.indices where live[i].order.role == .entry && live[i].order.strategy == change.scope { cancel(i) }
    }
}
