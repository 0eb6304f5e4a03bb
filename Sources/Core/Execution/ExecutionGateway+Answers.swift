import Orders
import Units

/// What has not been answered in time is unknown, and the venue is asked, again and again, ever more slowly. Nothing is
/// taken for unfilled because nobody has said anything.
extension ExecutionGateway {
    /// Nothing more is awaited of an order, unless it still is. Of one that cannot rest, its end is. A flatten waits
    /// for the end of every order: one that is not told would keep it waiting for ever, so it goes on asking.
    mutating func settleAnswer(_ index: Int, _ clock: TradingClock) {
        if isFlattening { return }
        if !live[index].isCancelSent, !live[index].isModifySent { awaitEnd(index, clock) }
    }

    private mutating func awaitEnd(_ index: Int, _ clock: TradingClock) {
        live[index].answerBy = live[index].mayRest ? .undefined : clock.message + configuration.fillWithin
    }

    mutating func checkAnswers(_ clock: TradingClock) {
        for i in live.indices where live[i].answerBy <= clock.message && live[i].answerBy.isDefined {
            // The venue has answered for it, and its end is late: no more than a question.
            let isLate = !isFlattening && !live[i].isAwaited && live[i].silences == 0
            live[i].silences = min(live[i].silences + 1, 100)
            if !isLate, live[i].state != .unknown { lose(i, clock) }
            ask(i, clock)
        }
        guard read.isUnderWay, !read.isComplete, read.answerBy <= clock.message else { return }
        read.silences = min(read.silences + 1, 100)
        read.answerBy = patience(read.silences, clock)
        // Under the same numbers: an answer to the first question is one, however long a venue takes.
        askForRead()
    }

    mutating func lose(_ index: Int, _ clock: TradingClock) { move(index, .lose, .none, clock) }

    /// Asks the venue how an order stands.
    mutating func ask(_ index: Int, _ clock: TradingClock) {
        queryCount += 1
        tell(.queryOrder, live[index].order, query: queryCount)
        expectAnswer(index, clock)
    }

    mutating func takeAnswer(_ event: VenueEvent, _ clock: TradingClock) {
        let isOfRead = read.isUnderWay && event.query == read.query
        switch event.kind {
        case .orderStatus:
            if let index = index(of: event.order) {
                if isOfRead { live[index].isListed = true }
                takeStatus(event, at: index, clock)
            } else if isOfRead {
                takeStrayStatus(event, clock)
            }
        case .queryEnd where isOfRead: endOrders(clock)
        case .positionStatus where read.isUnderWay && event.query == read.query + 1: takePosition(event, clock)
        default: break
        }
    }

    private mutating func takeStatus(_ event: VenueEvent, at index: Int, _ clock: TradingClock) {
        live[index].silences = 0
        if event.state == .unknown { return denied(index, clock) }
        guard event.filled == live[index].filled else { return differs(index, event, clock) }
        live[index].hear()
        if event.state.isTerminal { return foundEnded(index, event, clock) }
        let before = live[index].leaves
        let change = settleChange(index, by: event)
        live[index].leaves = min(live[index].leaves, event.leaves + live[index].added)
        let isNews = change != .open || live[index].leaves != before
        let reason = change == .lost ? .changeLost : event.reason
        found(index, event.filled > .zero ? .findPartlyFilled : .findWorking, isNews: isNews, reason, clock)
        acknowledge(index)
        awaitEnd(index, clock)
        if live[index].isCancelSent || isFlattening {
            // The cancel was lost, or crosses this answer: then a second one does no harm.
            live[index].isCancelSent = false
            cancel(index, clock)
        } else if live[index].isModifySent {
            expectAnswer(index, clock)
        }
    }

    /// The venue says that it is live: told when that is new, or tells what became of a change or of what was left.
    private mutating func found(
        _ index: Int, _ transition: OrderTransition, isNews: Bool, _ reason: VenueReason, _ clock: TradingClock
    ) {
        if live[index].state.after(transition) != live[index].state {
            move(index, transition, reason, clock)
        } else if isNews {
            report(live[index].order, live[index].state, reason, leaves: live[index].leaves, clock)
        }
    }

    /// The venue says that it is over, and what has filled is what was told.
    private mutating func foundEnded(_ index: Int, _ event: VenueEvent, _ clock: TradingClock) {
        switch event.state {
        case .filled: finish(index, .lastFill, event.reason, clock)
        case .rejected where live[index].state.after(.reject) != nil: finish(index, .reject, event.reason, clock)
        default: finish(index, .cancel, event.reason, clock)
        }
    }

    /// The venue has never heard of it. It may be on its way: believed the second time, and only when nothing of it has
    /// filled.
    private mutating func denied(_ index: Int, _ clock: TradingClock) {
        live[index].denials += 1
        if live[index].state != .unknown { lose(index, clock) }
        guard live[index].denials > 1 else {
            expectAnswer(index, clock)
            return
        }
        let hadFilled = live[index].filled > .zero
        finish(index, hadFilled ? .cancel : .reject, .unknownOrder, clock)
        if hadFilled { contradiction(clock) }
    }

    /// The venue says that another quantity has filled than was told. The fills may be on their way; if they do not
    /// come, it is a question, never a fill.
    ///
    /// Of a position that was unexplained before these contracts may be a part: they are not counted twice, and the
    /// venue is read again. When they balance it, two words of the venue are wrong, nobody knows which contracts have a
    /// stop, and everything is closed.
    private mutating func differs(_ index: Int, _ event: VenueEvent, _ clock: TradingClock) {
        live[index].differences += 1
        if live[index].state != .unknown { lose(index, clock) }
        guard live[index].differences > 1 else {
            expectAnswer(index, clock)
            return
        }
        let missing = event.filled - live[index].filled
        live[index].filled = event.filled
        live[index].leaves = max(.zero, live[index].leaves - missing)
        let signed = Quantity(live[index].order.side.sign * missing.contracts)
        let before = unexplained, order = live[index].order.id
        if before == .zero || (before > .zero) != (signed > .zero) {
            question(openQuantity + signed, order: order, clock)
            if before != .zero { contradiction(clock) }
        } else {
            question(position.quantity + (signed.magnitude > before.magnitude ? signed : before), order: order, clock)
            reconcileAnew(clock)
        }
        if let again = self.index(of: event.order) { takeStatus(event, at: again, clock) }
    }

    private mutating func takeStrayStatus(_ event: VenueEvent, _ clock: TradingClock) {
        guard !event.state.isTerminal, event.state != .unknown else { return }
        read.strays += 1
        var order = Order.blank
        order.id = event.order
        order.side = event.side
        order.quantity = event.leaves
        tell(.cancel, order)
        notify(
            ExecutionNotice(kind: .strayOrder, reason: .reconciliation, time: clock.event, order: event.order))
    }
}
