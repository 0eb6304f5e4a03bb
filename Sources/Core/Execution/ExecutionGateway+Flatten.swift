import Orders
import Units

extension ExecutionGateway {
    func timersDue(_ bracket: Bracket, _ clock: TradingClock) -> Bool {
        bracket.stopDeadline.isDefined && clock.message >= bracket.stopDeadline
    }

    mutating func checkTimers(_ clock: TradingClock) {
        for i in brackets.indices where timersDue(brackets[i], clock) {
            let stop = brackets[i].stop
            if let index = live.indices.first(where: { live[$0].order.id == stop }) { move(index, .lose, .none, clock) }
            flatten(.stopNotAcknowledged, notifies: true, clock)
            return
        }
        var isCloseDue = false
        for i in brackets.indices {
            if brackets[i].timeStop.isDefined, clock.event >= brackets[i].timeStop { want(closeOf: i, clock) }
            guard brackets[i].isCloseWanted else { continue }
            isCloseDue = true
            cancelEntries(of: brackets[i].entry)
        }
        if isCloseDue { sendCloses(clock) }
    }

    /// The venue, or our own picture of the account, contradicts itself: close everything and say so.
    mutating func contradiction(_ clock: TradingClock) {
        contradictions += 1
        flatten(.venueContradiction, notifies: true, clock)
    }

    mutating func flatten(_ reason: StateReason, _ clock: TradingClock) {
        flatten(reason, notifies: false, clock)
        continueFlatten(clock)
    }

    /// Cancels everything. Protection ends here: what is open is closed as soon as nothing is live.
    mutating func flatten(_ reason: StateReason, notifies: Bool, _ clock: TradingClock) {
        guard !isFlattening else { return }
        isFlattening = true
        flattenReason = reason
        rounds = 0
        roundFrom = clock.message
        brackets.removeAll()
        if notifies {
            notices.append(ExecutionNotice(kind: .flattening, reason: reason, time: clock.event, rounds: 0))
        }
        for i in live.indices { cancel(i) }
    }

    /// Closes what is open once every order is terminal (unknown is not), in as many rounds as it takes.
    mutating func continueFlatten(_ clock: TradingClock) {
        guard live.isEmpty else { return }
        guard let exitSide = position.exitSide else {
            isFlattening = false
            notices.append(ExecutionNotice(kind: .flat, reason: flattenReason, time: clock.event, rounds: rounds))
            return
        }
        guard clock.message >= roundFrom else { return }
        rounds += 1
        roundFrom = clock.message + configuration.closeRetry
        let close = Order(
            id: identities.next(), parent: .none, link: .none, role: .close, side: exitSide,
            quantity: position.quantity.magnitude, type: .market, price: .zero, timeInForce: .immediateOrCancel)
        _ = issue(close, clock)
    }
}
