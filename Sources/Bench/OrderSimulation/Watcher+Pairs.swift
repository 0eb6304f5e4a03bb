import Execution
import Orders
import PaperVenue
import Pipeline
import Risk
import Units

extension Watcher {
    /// The side and the contracts that an order of a pair was approved for, the largest of it and of its changes.
    private func approvedMost(_ id: ClientOrderID) -> Int64 {
        var most = approvals[id]?.intent.quantity.contracts ?? 0
        for change in changes.keys where change.id == id { most = max(most, change.quantity.contracts) }
        return most
    }

    /// What fills of a pair, at the venue: on one side, and no more than the largest of the pair was approved for.
    func checkPairs() {
        var filled: [ClientOrderID: [Side: Int64]] = [:]
        for fill in truths.flatMap(\.fills) {
            guard let link = approvals[fill.order]?.intent.link, link != .none else { continue }
            filled[link, default: [:]][fill.side, default: 0] += fill.quantity.contracts
        }
        for (link, sides) in filled {
            if sides.count > 1 { world.report(.pairsShare, "both sides of \(link) have filled") }
            for (side, contracts) in sides {
                let members = approvals.values.filter { $0.intent.link == link && $0.intent.side == side }
                let most = members.map { approvedMost($0.intent.id) }.max() ?? 0
                if contracts > most {
                    world.report(.pairsShare, "\(contracts) contracts of \(link), of which the largest is for \(most)")
                }
            }
        }
    }

    /// When all is settled: every order may fill as much at the venue as execution says, and risk counts no less. An
    /// order of a pair of which nothing has filled may fill whole.
    func leavesDisagreement(_ accounts: ExecutionAccounts, _ gate: RiskGate) -> String? {
        let venue = venue.fold.read { $0.accounts }
        let resting = [venue.first, venue.second].compactMap { $0 }.flatMap { account in
            account.orders.indices.map { account.orders[$0] }
        }
        let links = Set(truths.flatMap(\.fills).compactMap { approvals[$0.order]?.intent.link })
        for order in accounts.liveOrders {
            let id = order.order.id
            guard let there = resting.first(where: { $0.order.id == id }) else { continue }
            let left = order.leaves.contracts, leftThere = there.leaves.contracts
            if left != leftThere { return "\(id): execution has \(left) left, the venue \(leftThere)" }
            let counted = gate.workingOrder(id)?.order.leaves.contracts ?? 0
            if counted < left { return "\(id): risk counts \(counted), execution has \(left) left" }
            let link = order.order.role == .entry ? order.order.link : .none
            if link != .none, !links.contains(link), there.leaves < there.order.quantity {
                return "\(id): nothing of its pair has filled, and it may fill \(leftThere) of \(there.order.quantity)"
            }
        }
        return nil
    }
}
