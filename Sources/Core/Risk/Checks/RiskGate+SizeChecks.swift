import Accounts
import Orders
import Units

extension RiskGate {
    /// What the account holds in another contract than the traded one; the newest word of each counts.
    public mutating func hold(_ other: ContractExposure) {
        for i in exposures.indices where i > 0 && exposures[i].contract == other.contract {
            exposures[i] = other
            return
        }
        exposures.append(other)
    }

    /// What limits the position, the orders and what they are worth.
    ///
    /// - Parameter isNew: false for an order that has been counted already.
    func refusalBySize(_ order: OrderIntent, isNew: Bool = true) -> RefusalReason? {
        let account = worstPosition(with: order).magnitude
        let strategy = worstPosition(of: order.strategy, with: order).magnitude
        let own = rules[order.strategy]
        if isPositionOver(order, account, strategy, own) { return .positionLimit }
        if isNew, isOrderCountOver(order, own) { return .tooManyOrders }
        let isTooDear = isWorthOver(account, order, limits.notional)
            || isWorthOver(account, order, rules.instrument.notional) || isWorthOver(strategy, order, own.notional)
        if isTooDear { return .notional }
        if isMarginOver(order) { return .margin }
        if isNew, isTradeCountOver(order, own) { return .tradesPerDay }
        if isNew, orderTimes.isFull(limits.orderRate, at: clock) { return .orderRate }
        if limits.valueAtRisk > .zero, valueAtRisk.isWithin(limits.valueAtRisk) == false { return .valueAtRisk }
        return isExposureOver ? .correlatedExposure : nil
    }

    /// One more would be more than the limit; zero is none.
    private func isOver(_ count: Int, _ most: Int) -> Bool { most > 0 && count >= most }

    /// The largest position, long or short on the order's side, were everything working on it to fill with it.
    func worstPosition(with order: OrderIntent) -> Quantity {
        guard order.action == .open, !order.isReduceOnly else { return position.quantity }
        if rules.keepsBooks { return worstSide(with: order) }
        let filled = working.mostFilled(order.side, with: order.quantity, link: order.link)
        return Quantity(position.quantity.contracts + order.side.sign * filled.contracts)
    }

    /// Where books net: the books on the order's side with everything that opens on it, once those on the other side
    /// are closed.
    private func worstSide(with order: OrderIntent) -> Quantity {
        let most = held(long: order.side == .buy)
            + working.mostOpened(order.side, with: order.quantity, link: order.link)
        return Quantity(order.side.sign * most.contracts)
    }

    /// The same of one strategy's book.
    private func worstPosition(of strategy: StrategyID, with order: OrderIntent) -> Quantity {
        let filled = working.mostFilled(order.side, of: strategy, with: order.quantity, link: order.link)
        return Quantity(quantity(of: strategy).contracts + order.side.sign * filled.contracts)
    }

    private func isPositionOver(
        _ order: OrderIntent, _ account: Quantity, _ strategy: Quantity, _ own: ScopeLimits
    ) -> Bool {
        let other = otherSide(order.side)
        let most = max(account, other)
        if most > limits.position { return true }
        if rules.instrument.position > .zero, most > rules.instrument.position { return true }
        if let cap = programme?.pack.cap(at: programmeBalance), most > cap { return true }
        // A book has room for as many lots.
        if strategy.contracts > TradingLimits.positionContracts { return true }
        return own.position > .zero && strategy > own.position
    }

    /// The position, were everything on the other side to fill.
    private func otherSide(_ side: Side) -> Quantity {
        if rules.keepsBooks { return held(long: side == .sell) + working.mostOpened(side.opposite) }
        let filled = working.mostFilled(side.opposite).contracts
        return Quantity(position.quantity.contracts - side.sign * filled).magnitude
    }

    private func isOrderCountOver(_ order: OrderIntent, _ own: ScopeLimits) -> Bool {
        var (all, strategy) = (0, 0)
        for i in working.indices where working[i].role == .entry {
            all += 1
            if working[i].strategy == order.strategy { strategy += 1 }
        }
        if working.isFull { return true }
        return all >= limits.openOrders || isOver(all, rules.instrument.openOrders) || isOver(strategy, own.openOrders)
    }

    private func isTradeCountOver(_ order: OrderIntent, _ own: ScopeLimits) -> Bool {
        isOver(tradesToday, limits.tradesPerDay) || isOver(tradesToday, rules.instrument.tradesPerDay)
            || isOver(strategies[order.strategy].tradesToday, own.tradesPerDay)
    }

    /// At the highest price that is known, which is where most is at stake.
    private func worth(_ quantity: Quantity, _ order: OrderIntent) -> Int128 {
        let price = max(order.limit, order.trigger, mark.ask.price, mark.bid.price)
        return Int128(terms.moneyPerTick.nanos) * Int128(quantity.contracts) * Int128(price.count)
    }

    private func isWorthOver(_ quantity: Quantity, _ order: OrderIntent, _ most: Money) -> Bool {
        most > .zero && worth(quantity, order) > Int128(most.nanos)
    }

    /// What is held and works in the traded contract, were the order to work too.
    func exposure(with order: OrderIntent) -> ContractExposure {
        func working(_ side: Side) -> Quantity {
            let opens = order.action == .open && !order.isReduceOnly && order.side == side
            let quantity = opens ? order.quantity : .zero
            let link = opens ? order.link : .none
            guard rules.keepsBooks else { return self.working.mostFilled(side, with: quantity, link: link) }
            // The books on the other side may be closed first.
            let most = held(long: side == .buy) + self.working.mostOpened(side, with: quantity, link: link)
            return most - Quantity(side.sign * position.quantity.contracts)
        }
        return ContractExposure(
            contract: rules.contract, position: position.quantity, workingBuys: working(.buy),
            workingSells: working(.sell))
    }

    /// Of two accounts, each with a margin of its own: what both may come to, long and short added up.
    private func exposureOfBoth(with order: OrderIntent) -> ContractExposure {
        func most(_ side: Side) -> Quantity {
            let opens = order.action == .open && !order.isReduceOnly && order.side == side
            let quantity = opens ? order.quantity : .zero
            return held(long: side == .buy)
                + working.mostOpened(side, with: quantity, link: opens ? order.link : .none)
        }
        return ContractExposure(contract: rules.contract, position: most(.buy) + most(.sell))
    }

    /// The margin of the largest position is more than the account is worth. A contract without a margin cannot be
    /// opened once there is a table.
    private func isMarginOver(_ order: OrderIntent) -> Bool {
        guard let margins = rules.margins else { return false }
        let held = rules.hasTwoAccounts ? exposureOfBoth(with: order) : exposure(with: order)
        let asked = margins.requirement(held, opens: true, isIntraday: isIntraday)
        guard let asked else { return true }
        return asked > limits.balance + equity
    }

    /// Intraday margin applies.
    var isIntraday: Bool { clock >= day.entryOpen && clock < day.flatBy }

    /// Net contracts of all instruments, weighted by how they move, beyond the limit. Only when there are others; one
    /// without a weight is beyond every limit.
    private var isExposureOver: Bool {
        guard rules.exposureLimit > .zero, exposures.count > 1 else { return false }
        guard let range = rules.exposure.range(exposures) else { return true }
        return !range.isWithin(rules.exposureLimit)
    }

    /// The order that it is linked with works, was opened as the first of the pair, and is of the same book.
    func isLinkOpen(_ order: OrderIntent) -> Bool {
        if order.link == .none || order.link == order.id { return true }
        guard let index = working.index(of: order.link) else { return false }
        return working[index].link == order.link && working[index].strategy == order.strategy
    }

    /// Against the position or a working opening order: the account's, or where books net those of its own book. Of
    /// two that are linked only one can open; but of two accounts each would have one, and neither know of the other.
    func isOpposed(_ order: OrderIntent) -> Bool {
        let exitSide = rules.keepsBooks ? exitSide(of: order.strategy) : position.exitSide
        if exitSide == order.side { return true }
        for i in working.indices where working[i].role == .entry && working[i].side != order.side {
            if order.link != .none, working[i].link == order.link, !rules.hasTwoAccounts { continue }
            if !rules.keepsBooks || working[i].strategy == order.strategy { return true }
        }
        return false
    }
}
