import Orders
import Units

extension ExecutionGateway {
    /// Takes an operator's request, or what the process has to tell.
    public mutating func apply(_ command: OperatorCommand, _ clock: TradingClock) {
        epoch = max(epoch, command.epoch)
        switch command.request {
        case .flatten:
            flatten(.operatorRequest, notifies: true, clock)
            continueFlatten(clock)
        case .cancel:
            if command.target == .none { cancelEntries(of: nil) } else { _ = cancel(command.target) }
        case .withheld: withheld(command.target, clock)
        case .pause, .resume, .halt, .arm, .order, .peerSilent, .peerHeard: break
        }
    }

    /// An order that opens was not sent after all: it is as if the venue had refused it.
    mutating func withheld(_ id: ClientOrderID, _ clock: TradingClock) {
        guard let index = live.indices.first(where: { live[$0].order.id == id }) else { return }
        guard live[index].state == .pending else { return }
        live[index].leaves = .zero
        move(index, .reject, .staleEpoch, clock)
        live.remove(at: index)
        if isFlattening { continueFlatten(clock) }
    }
}
