import Accounts
import Execution
import Orders
import Risk
import Units

extension Watcher {
    /// Every open contract has a stop that was sent and has not ended, or everything is being closed.
    func checkStops(_ gateway: ExecutionGateway) {
        let open = explained(gateway)
        if gateway.isFlattening || open == 0 { return }
        var covered: Int64 = 0
        for index in gateway.live.indices where gateway.live[index].order.role == .protectiveStop {
            let stop = gateway.live[index]
            if stop.order.side.sign * open < 0 { covered += stop.leaves.contracts }
        }
        if covered < abs(open) {
            world.report(.positionHasStop, "\(open) contracts are open and \(covered) have a stop")
        }
    }

    /// What the fills explain of what the venue holds.
    private func explained(_ gateway: ExecutionGateway) -> Int64 {
        let filled = gateway.position.quantity.contracts, open = gateway.openQuantity.contracts
        return filled > 0 ? max(0, min(filled, open)) : min(0, max(filled, open))
    }

    /// A stop that was reported as sent has been: what the gateway says of itself is not enough.
    func checkStopsLeft() {
        for order in live.values where order.role == .protectiveStop && !submitted.contains(order.id) {
            world.report(.positionHasStop, "\(order.id) is reported as sent and never was")
        }
    }

    /// The books of the strategies come to the account's position.
    func checkBooks(_ gate: RiskGate) {
        var sum: Int64 = 0
        gate.books.forEachBook { _, book in sum += book.quantity.contracts }
        if sum != gate.position.quantity.contracts {
            world.report(
                .booksSumToPosition, "risk has \(gate.position.quantity.contracts), its books come to \(sum)")
        }
        if let inconsistency = gate.books.inconsistency {
            world.report(.booksSumToPosition, "the books: \(inconsistency)")
        }
    }
}
