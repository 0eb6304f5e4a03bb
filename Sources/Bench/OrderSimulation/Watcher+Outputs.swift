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
        case .modify: changes[approval.intent.change] = (epoch, approval.expiry)
        case .cancel: break
        case .open, .close: approvals[approval.intent.id] = (approval.intent, epoch, approval.expiry)
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
            reportedPositions[fill.account.place] += fill.signedQuantity.contracts
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
            accountOf[id] = update.order.account
            live[id] = WorkingOrder(
                id: id, link: update.order.link, side: update.order.side, role: update.order.role,
                leaves: update.leaves)
            return
        }
        live[id] = nil
        accountOf[id] = nil
        guard isHonest, submitted.contains(id) else { return }
        ended[id] = standing(id)?.filled ?? .zero
        if isLiveAtVenue(id) {
            world.report(.unknownIsNotUnfilled, "\(id) is \(update.state), and the venue has it")
        }
    }

    /// Linked orders share their quantity at the venue: what one fills, the others cannot, told or not; those of the
    /// other side fill nothing any more.
    private func reduceLinked(_ fill: Fill) {
        guard let link = live[fill.order]?.link, link != .none else { return }
        for (id, order) in live where id != fill.order && order.link == link {
            live[id]?.leaves = order.side == fill.side ? max(.zero, order.leaves - fill.quantity) : .zero
        }
    }

    /// Orders that the venue has, of all accounts.
    var venueOrders: [ClientOrderID] {
        let accounts = venue.fold.read { $0.accounts }
        return [accounts.first, accounts.second].compactMap { $0 }.flatMap { account in
            account.orders.indices.map { account.orders[$0].order.id }
        }
    }

    func isLiveAtVenue(_ id: ClientOrderID) -> Bool {
        venueOrders.contains(id)
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
        switch order.role {
        case .entry: checkApproval(order)
        case .close where configuration.netsBooks && !order.isReduceOnly: checkBookClose(order)
        default: if configuration.netsBooks { checkReduces(order) } else { checkShrinks(order) }
        }
    }

    private func checkApproval(_ order: Order) {
        guard let approved = approvals[order.id]?.intent else {
            world.report(.approvedOnly, "\(order.summary) without an approval")
            return
        }
        let isSame =
            approved.action == .open && approved.side == order.side && approved.quantity == order.quantity
            && approved.type == order.type && approved.link == order.link
        if !isSame { world.report(.approvedOnly, "\(order.summary) is not what was approved") }
    }

    /// Where books net: what may enlarge the net and closes a book has risk's approval, of that book.
    private func checkBookClose(_ order: Order) {
        guard let approved = approvals[order.id]?.intent else {
            world.report(.approvedOnly, "\(order.summary) of a book without an approval")
            return
        }
        let isSame =
            approved.action == .close && approved.side == order.side && approved.quantity == order.quantity
            && approved.strategy == order.strategy
        if !isSame { world.report(.approvedOnly, "\(order.summary) is not what was approved") }
    }

    /// Where books net: the venue keeps a reduce-only order to what is open.
    private func checkReduces(_ order: Order) {
        let reportedPosition = reportedPositions[order.account.place]
        let most = abs(reportedPosition)
        if !order.isReduceOnly || order.side.sign * reportedPosition >= 0 || order.quantity.contracts > most {
            world.report(.selfIssuedShrinks, "\(order.summary) for a position of \(reportedPosition)")
        }
    }

    /// By counting, not by the gateway's own function: everything that could fill on the order's side, a link once.
    private func checkShrinks(_ order: Order) {
        var most: [ClientOrderID: Int64] = [:]
        most[order.link == .none ? order.id : order.link] = order.quantity.contracts
        for working in live.values where working.side == order.side && accountOf[working.id] == order.account {
            let link = working.link == .none ? working.id : working.link
            most[link] = max(most[link] ?? 0, working.leaves.contracts)
        }
        let reportedPosition = reportedPositions[order.account.place]
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
            reportedPositions[notice.account.place] = notice.found.contracts
            if isHonest {
                world.report(
                    .positionFollowsVenue,
                    "asks about \(notice.found.contracts) for \(notice.expected.contracts), and nobody lied")
            }
        case .flattening, .flattenBlocked, .flattenLate, .reconciled, .strayOrder, .bookClose, .cancelAsked,
            .reconciliationAsked:
            break
        }
    }

    private func checkFlat() {
        flatCount += 1
        for truth in truths where truth.position != 0 {
            world.report(.flatIsTrue, "the venue has \(truth.position)")
        }
        let count = venueOrders.count
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
