import Orders
import Risk
import Units

/// Books that net at the venue: one strategy may be long while another is short.
///
/// Every contract of a bracket is in one of three places: with a stop that rests at the venue, with a close that risk
/// was asked for or that is on its way, or waiting here. What rests at the venue is reduce-only and comes to at least
/// the account's net position, nearest stops first. A waiting contract whose stop or target is reached, whose time is
/// over, or that somebody wants closed, might enlarge the net: risk is asked (`bookClose`), and its approval is the
/// order. A resting one is closed by moving its stop to where it triggers at once.
extension ExecutionGateway {
    /// Signed contracts of one book, by its brackets. Everything is zero while flattening.
    public func bookQuantity(of strategy: StrategyID) -> Quantity {
        var total: Int64 = 0
        for i in brackets.indices where brackets[i].strategy == strategy {
            total -= brackets[i].exitSide.sign * brackets[i].quantity.contracts
        }
        return Quantity(total)
    }

    /// Signed contracts of all books: the position, but for fills that the venue never told of.
    var booksQuantity: Quantity {
        var total: Int64 = 0
        for i in brackets.indices { total -= brackets[i].exitSide.sign * brackets[i].quantity.contracts }
        return Quantity(total)
    }

    /// The bracket of a fill; how much of its stop rests at the venue is what the net needs.
    mutating func protectBook(_ fill: Fill, of entry: LiveOrder, _ clock: TradingClock) {
        guard !brackets.isFull else { return contradiction(clock) }
        let sign = fill.side.sign
        let target = fill.price + Ticks(sign * entry.targetDistance.count)
        brackets.append(
            Bracket(
                entry: fill.parent, strategy: fill.strategy, stop: identities.next(), close: .none,
                exitSide: fill.side.opposite, quantity: fill.quantity,
                target: entry.targetDistance > .zero ? target : .zero,
                timeStop: entry.timeStop > .zero ? fill.venueTime + entry.timeStop : .undefined,
                stopDeadline: .undefined, isCloseWanted: entry.isCancelSent, closeFrom: clock.message,
                stopPrice: fill.price - Ticks(sign * entry.stopDistance.count)))
    }

    // MARK: The net

    /// The net has changed: the venue has reduced what rests there in the same instant, and says so next.
    mutating func reduceToNet(_ clock: TradingClock) {
        let open = openQuantity
        for i in live.indices where live[i].order.isReduceOnly && live[i].order.role == .protectiveStop {
            // One that has not been acknowledged may arrive later, and be told what is open then.
            guard live[i].state == .working || live[i].state == .partiallyFilled else { continue }
            let isExit = open != .zero && (open > .zero) == (live[i].order.side == .sell)
            let most = isExit ? open.magnitude : .zero
            guard live[i].leaves > most else { continue }
            live[i].leaves = most
            if most == .zero { expectAnswer(i, clock) }
        }
    }

    /// Rests stops at the venue until they come to the net position.
    mutating func coverNet(_ clock: TradingClock) {
        guard configuration.netsBooks, !isFlattening else { return }
        let net = explainedQuantity
        guard net != .zero else { return }
        let exitSide: Side = net > .zero ? .sell : .buy
        var missing = net.magnitude - resting(exitSide)
        while missing > .zero, let index = nextToRest(exitSide) {
            let part = min(missing, waiting(index))
            guard rest(index, part, clock) else { return }
            missing -= part
        }
    }

    private func resting(_ side: Side) -> Quantity {
        var total = Quantity.zero
        for i in live.indices where live[i].order.role == .protectiveStop && live[i].order.side == side {
            total += live[i].leaves
        }
        return total
    }

    /// Contracts of a bracket that are neither with a stop at the venue nor with a close.
    private func waiting(_ index: Int) -> Quantity {
        var left = brackets[index].quantity - brackets[index].closing
        let stop = brackets[index].stop
        for i in live.indices where live[i].order.role == .protectiveStop && live[i].order.link == stop {
            left -= live[i].leaves
        }
        return max(.zero, left)
    }

    /// Of the brackets with waiting contracts the one whose stop the market reaches first. When there is none, a close
    /// that was asked for and has not been approved is taken back.
    private mutating func nextToRest(_ exitSide: Side) -> Int? {
        var next: Int?
        for i in brackets.indices where brackets[i].exitSide == exitSide && waiting(i) > .zero {
            guard let best = next else {
                next = i
                continue
            }
            let isNearer =
                exitSide == .sell
                ? brackets[i].stopPrice > brackets[best].stopPrice : brackets[i].stopPrice < brackets[best].stopPrice
            if isNearer { next = i }
        }
        if next != nil { return next }
        for i in brackets.indices where brackets[i].exitSide == exitSide && isAsked(i) {
            takeBack(i)
            if waiting(i) > .zero { return i }
        }
        return nil
    }

    private mutating func rest(_ index: Int, _ quantity: Quantity, _ clock: TradingClock) -> Bool {
        let bracket = brackets[index]
        let order = Order(
            id: identities.next(), parent: bracket.entry, link: bracket.stop, role: .protectiveStop,
            side: bracket.exitSide, quantity: quantity, type: .stop, price: bracket.stopPrice,
            timeInForce: .goodTillCancelled, isReduceOnly: true, strategy: bracket.strategy)
        guard live.count < TradingLimits.restingOrders, mayReduce(position: openQuantity, candidate: order) else {
            contradiction(clock)
            return false
        }
        var stop = LiveOrder(order)
        stop.acknowledgeBy = clock.message + configuration.stopAcknowledgement
        send(stop, clock)
        return true
    }

    // MARK: Closing a book

    /// Closes what is wanted closed: stops at the venue are moved to where they trigger at once, and for what waits
    /// here risk is asked.
    mutating func closeBooks(_ clock: TradingClock) {
        for i in brackets.indices where brackets[i].isCloseWanted && clock.message >= brackets[i].closeFrom {
            if isAsked(i) { takeBack(i) }
            let isPulled = pull(i, clock)
            let isAsking = ask(forCloseOf: i, clock)
            if isPulled || isAsking { brackets[i].closeFrom = clock.message + configuration.closeRetry }
        }
    }

    private mutating func pull(_ index: Int, _ clock: TradingClock) -> Bool {
        let bracket = brackets[index]
        guard let touch = quote.farTouch(bracket.exitSide) else { return false }
        var isPulled = false
        for i in live.indices where live[i].order.role == .protectiveStop && live[i].order.link == bracket.stop {
            guard live[i].leaves > .zero else { continue }
            var order = live[i].order
            // What the venue has reduced does not grow back.
            order.quantity = live[i].filled + live[i].leaves
            order.price = Ticks(max(1, touch.count - order.side.sign * configuration.collar.count))
            guard mayAdjust(live[i].order, to: order) else { continue }
            if change(i, to: order, clock) { isPulled = true }
        }
        return isPulled
    }

    private mutating func ask(forCloseOf index: Int, _ clock: TradingClock) -> Bool {
        let quantity = waiting(index)
        guard quantity > .zero, brackets[index].closing == .zero, notices.count < 16 else { return false }
        let id = identities.next()
        brackets[index].close = id
        brackets[index].closing = quantity
        notify(
            ExecutionNotice(
                kind: .bookClose, reason: .bookStop, time: clock.event, order: id,
                found: Quantity(brackets[index].exitSide.sign * quantity.contracts),
                strategy: brackets[index].strategy))
        return true
    }

    /// A close was asked for, and has not been approved.
    private func isAsked(_ index: Int) -> Bool {
        brackets[index].closing > .zero && self.index(of: brackets[index].close) == nil
    }

    /// An approval that still comes is void.
    private mutating func takeBack(_ index: Int) {
        brackets[index].close = .none
        brackets[index].closing = .zero
    }

    /// Risk has said yes to a close that was asked for.
    mutating func closeBook(_ intent: OrderIntent, _ clock: TradingClock) {
        for i in brackets.indices where brackets[i].close == intent.id && isAsked(i) {
            let bracket = brackets[i]
            guard bracket.closing == intent.quantity, bracket.exitSide == intent.side else { break }
            send(
                LiveOrder(
                    Order(
                        id: intent.id, parent: bracket.entry, link: bracket.stop, role: .close, side: bracket.exitSide,
                        quantity: bracket.closing, type: .market, price: .zero, timeInForce: .immediateOrCancel,
                        strategy: bracket.strategy)), clock)
            return
        }
        refuse(intent, .tooLate, clock)
    }

    /// A fill has closed a part of a bracket. Once its stop has begun to close it, what is left goes too.
    mutating func shrinkBook(_ index: Int, _ fill: Fill, _ clock: TradingClock) {
        if fill.role == .close {
            brackets[index].closing = max(.zero, brackets[index].closing - fill.quantity)
            if self.index(of: brackets[index].close) == nil { takeBack(index) }
        } else {
            want(closeOf: index, clock)
        }
    }

    /// A stop that is late means flatten; a waiting one that the market has reached wants its close.
    mutating func checkBookTimers(_ clock: TradingClock) {
        guard configuration.netsBooks else { return }
        for i in brackets.indices where !brackets[i].isCloseWanted && isStopReached(brackets[i]) && waiting(i) > .zero {
            want(closeOf: i, clock)
        }
    }

    private func isStopReached(_ bracket: Bracket) -> Bool {
        guard let touch = quote.farTouch(bracket.exitSide) else { return false }
        return bracket.exitSide == .sell ? touch <= bracket.stopPrice : touch >= bracket.stopPrice
    }

    // MARK: One cancels other

    /// Linked orders on the other side of one that fills end with its first contract, at the venue, in the same
    /// instant; those on its own side have fewer left, or are over. The venue says so next, and is asked if it does
    /// not.
    mutating func followPair(of order: Order, _ clock: TradingClock) {
        for i in live.indices where live[i].order.link == order.link && live[i].order.id != order.id {
            if live[i].order.side != order.side { live[i].leaves = .zero }
            if live[i].isModifySent { live[i].isChangeCrossed = true }
            expectAnswer(i, clock)
        }
    }
}
