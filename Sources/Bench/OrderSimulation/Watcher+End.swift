import Execution
import Orders
import PaperVenue
import Pipeline
import Risk
import Units

extension Watcher {
    /// What leaves, in the instant in which it leaves.
    func left(_ message: StageMessage) {
        guard case .command(let command) = message, command.opens else { return }
        var order = command.order
        order.link = .none
        guard departed.insert(order).inserted else { return }
        let isChange = command.kind == .modify
        let change = changes[order.change], approval = approvals[order.id]
        let epoch = (isChange ? change?.epoch : approval?.epoch) ?? 0
        let expiry = (isChange ? change?.expiry : approval?.expiry) ?? .undefined
        if world.lock.isLocked || epoch != world.lock.epoch {
            world.report(
                .epochInForce, "\(command.order.summary) of epoch \(epoch) leaves in \(world.lock.state)")
        }
        if expiry.isDefined, world.now >= expiry.nanoseconds {
            let late = Double(world.now - expiry.nanoseconds) / 1e6
            world.report(.approvalInForce, "\(command.order.summary) leaves \(late) ms after its approval expired")
        }
    }

    /// Why not all have the same picture; nil when they have.
    var disagreement: String? {
        let accounts = execution.fold.read { $0.accounts }
        let gate = risk.fold.read { $0.gate }
        let open = accounts.quantity.contracts
        if gate.position.quantity.contracts != open {
            return "risk has \(gate.position.quantity.contracts), execution \(open)"
        }
        for account in configuration.accounts {
            let known = accounts[account]?.openQuantity.contracts ?? 0, held = truths[account.place].position
            if held != known { return "execution has \(known) in the \(account) account, the venue \(held)" }
        }
        let resting = venueOrders.map(\.raw)
        let live = accounts.liveOrders.map(\.order.id.raw)
        if resting.sorted() != live.sorted() {
            return "the venue has \(resting.count) orders, execution \(live.count)"
        }
        let working = gate.working.indices.map { gate.working[$0].id.raw }
        if let books = bookDisagreement(accounts, gate) { return books }
        if working.sorted() != live.sorted() { return "execution has \(live.count) orders, risk \(working.count)" }
        return leavesDisagreement(accounts, gate)
    }

    /// An order that could open and rests under an account that may open nothing; nil for none.
    var barred: String? {
        let gate = risk.fold.read { $0.gate }
        if gate.opensByHand { return nil }
        let entries = execution.fold.read { $0.accounts.liveOrders.filter { $0.order.role == .entry } }
        guard let entry = entries.first else { return nil }
        return "\(entry.order.id) rests, \(gate.state.name), restricted by: \(gate.restrictions)"
    }

    /// Flat: what was earned is what the venue's fills brought in, to the last billionth.
    func checkMoneyAtEnd() {
        guard isHonest else { return }
        let terms = configuration.trading.execution.terms
        var earned = Money.zero
        for fill in truths.flatMap(\.fills) {
            earned = earned - terms.value(Quantity(fill.side.sign * fill.quantity.contracts), at: fill.price) - fill.fee
        }
        let gate = risk.fold.read { $0.gate }
        if gate.position.netRealised != earned {
            world.report(.moneyAddsUp, "risk has earned \(gate.position.netRealised), the venue's fills \(earned)")
        }
    }
}
