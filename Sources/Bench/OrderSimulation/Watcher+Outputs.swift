import Execution
import Orders
import PaperVenue
import Pipeline
import Risk
import Units

extension Watcher {
    func take(ofRisk message: StageMessage) {
        switch message {
        case .approval(let approval): follow(approval)
        case .change(let change): follow(change)
        default: break
        }
    }

    private func follow(_ approval: Approval) {
        let epoch = approval.epoch == 0 ? world.lock.epoch : approval.epoch
        switch approval.intent.action {
        case .modify: changes[approval.intent.change] = epoch
        case .cancel: break
        case .open, .close: approvals[approval.intent.id] = (approval.intent, epoch)
        }
    }

    private func follow(_ change: StateChange) {
        guard change.scope == .account else { return }
        if change.from != state {
            world.report(.lockedUntilArmed, "from \(change.from.name), which it was not in: \(state.name)")
        }
        state = change.to
        guard change.from == .locked, change.to != .flattening else { return }
        if change.reason != .armed || armRequests == 0 {
            world.report(.lockedUntilArmed, "from LOCKED to \(change.to.name) by \(change.reason.name)")
        }
    }

    func take(ofExecution message: StageMessage) {
        switch message {
        case .fill(let fill):
            reportedPosition += fill.signedQuantity.contracts
            reduceLinked(fill)
            let fee = configuration.trading.execution.terms.fee(fill.quantity)
            if isHonest, fill.fee != fee { world.report(.moneyAddsUp, "a fee of \(fill.fee), which is \(fee)") }
        case .update(let update): follow(update)
        case .command(let command): follow(command)
        case .notice(let notice): follow(notice)
        default: break
        }
    }

    private func follow(_ update: OrderUpdate) {
        let id = update.order.id
        guard update.state.isTerminal else {
            live[id] = WorkingOrder(
                id: id, link: update.order.link, side: update.order.side, role: update.order.role,
                leaves: update.leaves)
            return
        }
        live[id] = nil
        guard isHonest, submitted.contains(id) else { return }
        ended[id] = truth.orders[id]?.filled ?? .zero
        if isLiveAtVenue(id) {
            world.report(.unknownIsNotUnfilled, "\(id) is \(update.state), and the venue has it")
        }
    }

    /// Linked orders share their quantity at the venue: what one fills, the others cannot, told or not.
    private func reduceLinked(_ fill: Fill) {
        guard let link = live[fill.order]?.link, link != .none else { return }
        for (id, order) in live where id != fill.order && order.link == link {
            live[id]?.leaves = max(.zero, order.leaves - fill.quantity)
        }
    }

    func isLiveAtVenue(_ id: ClientOrderID) -> Bool {
        venue.fold.read { stage in stage.venue.orders.indices.contains { stage.venue.orders[$0].order.id == id } }
    }

    // MARK: Commands

    private func follow(_ command: VenueCommand) {
        if command.kind == .modify, command.order.role == .entry, changes[command.order.change] == nil {
            world.report(.approvedOnly, "\(command.order.summary) is a change that nobody approved")
        }
        guard command.kind == .submit else { return }
        let order = command.order
        if !submitted.insert(order.id).inserted { world.report(.sentOnce, "\(order.summary)") }
        if order.quantity > configuration.trading.limits.orderQuantity, order.role == .entry {
            world.report(.limitsHold, "\(order.summary): the limit is the order's quantity")
        }
        if order.role == .entry { checkApproval(order) } else { checkShrinks(order) }
    }

    private func checkApproval(_ order: Order) {
        guard let approved = approvals[order.id]?.intent else {
            world.report(.approvedOnly, "\(order.summary) without an approval")
            return
        }
        let isSame =
            approved.action == .open && approved.side == order.side && approved.quantity == order.quantity
            && approved.type == order.type
        if !isSame { world.report(.approvedOnly, "\(order.summary) is not what was approved") }
    }

    /// By counting, not by the gateway's own function: everything that could fill on the order's side, a link once.
    private func checkShrinks(_ order: Order) {
        var most: [ClientOrderID: Int64] = [:]
        most[order.link == .none ? order.id : order.link] = order.quantity.contracts
        for working in live.values where working.side == order.side {
            let link = working.link == .none ? working.id : working.link
            most[link] = max(most[link] ?? 0, working.leaves.contracts)
        }
        let worst = reportedPosition + order.side.sign * most.values.reduce(0, +)
        let isSmaller = abs(worst) < abs(reportedPosition)
        if !isSmaller || worst.signum() * reportedPosition.signum() < 0 {
            world.report(
                .selfIssuedShrinks, "\(order.summary) could make \(worst) of a position of \(reportedPosition)")
        }
    }

    private func follow(_ notice: ExecutionNotice) {
        switch notice.kind {
        case .flat: checkFlat()
        case .reconciliationQuestion:
            reportedPosition = notice.found.contracts
            if isHonest {
                world.report(
                    .positionFollowsVenue,
                    "asks about \(notice.found.contracts) for \(notice.expected.contracts), and nobody lied")
            }
        case .flattening, .flattenBlocked, .flattenLate, .reconciled, .strayOrder: break
        }
    }

    private func checkFlat() {
        flatCount += 1
        if truth.position != 0 { world.report(.flatIsTrue, "the venue has \(truth.position)") }
        let count = venue.fold.read { $0.venue.orders.count }
        if count > 0 { world.report(.flatIsTrue, "the venue has \(count) orders") }
    }
}

extension OrderIntent {
    /// What a change is about, and nothing else: to tell whether it was approved.
    var change: OrderIntent {
        OrderIntent(
            id: id, time: .undefined, receiveTime: .undefined, action: .modify, quantity: quantity, type: type,
            limit: limit, trigger: trigger, trail: trail)
    }
}

extension Order {
    /// The same, of an order that leaves changed.
    var change: OrderIntent {
        OrderIntent(
            id: id, time: .undefined, receiveTime: .undefined, action: .modify, quantity: quantity, type: type,
            limit: type == .limit ? price : limit, trigger: type.hasTrigger ? price : .zero, trail: trail)
    }
}
