import Accounts
import Execution
import Orders
import Pipeline
import Risk
import Units

extension Watcher {
    /// Every open contract has a stop that was sent and has not ended, or everything is being closed.
    func checkStops(_ gateway: ExecutionGateway) {
        let open = explained(gateway)
        if gateway.isFlattening || open == 0 { return }
        var covered: Int64 = 0
        for index in gateway.live.indices where covers(gateway.live[index].order) {
            let stop = gateway.live[index]
            if stop.order.side.sign * open < 0 { covered += stop.leaves.contracts }
        }
        // A venue may tell that a stop is reduced before it tells the fill that reduced it: then less is open there.
        let truth = truths[gateway.configuration.account.place]
        let untold =
            open > 0
            ? truth.sold - gateway.position.sold.contracts : truth.bought - gateway.position.bought.contracts
        if covered < abs(open) - (isHonest ? 0 : max(0, untold)) {
            world.report(.positionHasStop, "\(open) contracts are open and \(covered) have a stop")
        }
    }

    /// A stop, or where books net a close that was approved, which ends at once.
    private func covers(_ order: Order) -> Bool {
        order.role == .protectiveStop || configuration.netsBooks && order.role == .close
    }

    /// Where strategies have books: the brackets come to the position, and no contract of one could be closed twice.
    func checkBrackets(_ gateway: ExecutionGateway) {
        guard configuration.trading.rules.keepsBooks, !gateway.isFlattening else { return }
        var sum: Int64 = 0
        for index in gateway.brackets.indices {
            let bracket = gateway.brackets[index]
            sum -= bracket.exitSide.sign * bracket.quantity.contracts
            guard configuration.netsBooks else { continue }
            var closing = bracket.closing
            for order in gateway.live.indices where gateway.live[order].order.role == .protectiveStop {
                if gateway.live[order].order.link == bracket.stop { closing += gateway.live[order].leaves }
            }
            if closing > bracket.quantity {
                world.report(
                    .booksSumToPosition, "\(closing) contracts may close \(bracket.quantity) of \(bracket.entry)")
            }
        }
        if gateway.unexplained == .zero, sum != gateway.position.quantity.contracts {
            world.report(
                .booksSumToPosition, "execution has \(gateway.position.quantity.contracts), its books come to \(sum)")
        }
    }

    /// Why the gateways do not have the same books; nil when they have.
    func bookDisagreement(_ accounts: ExecutionAccounts, _ gate: RiskGate) -> String? {
        guard configuration.trading.rules.keepsBooks, !accounts.isFlattening else { return nil }
        let gateways = configuration.accounts.compactMap { accounts[$0] }
        guard gateways.allSatisfy({ $0.unexplained == .zero }) else { return nil }
        for account in configuration.accounts where configuration.hasTwoAccounts {
            let isLong = account == .holding(.buy)
            let here = isLong ? gate.held(long: true) : Quantity(-gate.held(long: false).contracts)
            let there = accounts[account]?.position.quantity ?? .zero
            if here != there { return "\(account) account: the books have \(here), execution \(there)" }
        }
        for strategy in [StrategyID.account, .level] {
            let here = gate.quantity(of: strategy)
            let there = gateways.reduce(Quantity.zero) { $0 + $1.bookQuantity(of: strategy) }
            if here != there { return "\(strategy.name): risk has \(here), execution \(there)" }
        }
        return nil
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
