import Accounts
import Orders
import Units

extension RiskGate {
    /// Evaluates every monitor at the present mark and clock.
    mutating func evaluate() {
        markPosition()
        peakEquity = max(peakEquity, equity)
        let breaksRule = evaluateProgramme()
        switch state {
        case .flattening: return noteBreach(breaksRule)
        case .locked: return
        case .active, .reducing, .halted: break
        }
        if isDayLossAtLimit { return flatten(.dailyLoss) }
        if drawdown >= limits.trailingDrawdown { return flatten(.trailingDrawdown) }
        if breaksRule { return flatten(.ruleBreach) }
        if isMarginCalled { return flatten(.maintenanceMargin) }
        if isRollDue { return flatten(.contractRolls) }
        if isPastFlatBy { return flatten(.flatByTime) }
        if watchesStrategies { evaluateStrategies() }
        evaluateMarkAge()
    }

    /// A limit is passed on the way out of a position that is being closed for another reason: the lock that follows is
    /// for the limit. An operator's, which would not go on by itself when a closed market stops it, goes on for it.
    private mutating func noteBreach(_ breaksRule: Bool) {
        if isLockedByLimit { return }
        let isOperators = lockReason == .operatorRequest
        if isDayLossAtLimit {
            lockReason = .dailyLoss
        } else if drawdown >= limits.trailingDrawdown {
            lockReason = .trailingDrawdown
        } else if breaksRule {
            lockReason = .ruleBreach
        } else if isFlattenBlocked, isPastFlatBy {
            lockReason = .flatByTime
        } else if isFlattenBlocked, isMarginCalled {
            lockReason = .maintenanceMargin
        } else {
            return
        }
        lockDate = day.tradeDate
        isFlattenBlocked = false
        if isOperators { note(from: state, to: state, lockReason, scope: .account) }
    }

    /// A strategy holds what it should be rid of by now.
    private var isPastFlatBy: Bool { day.mustBeFlat(at: clock - limits.flatByGrace) && holdsForStrategy }

    var isDayLossAtLimit: Bool { dayProfit <= -limits.dailyLoss }

    /// A strategy's contracts are open, were they hidden by other books; a person's may stay. Where books are not kept
    /// apart, one that is left from before the account was last flat does not count.
    private var holdsForStrategy: Bool { othersHold(than: .account) && (rules.keepsBooks || isStrategyPosition) }

    /// A flat account needs no mark. The update's own time counts, not the clock's: a tick without market data makes no
    /// mark younger.
    private mutating func markPosition() {
        if mark.isBookLate { return priceLatePosition() }
        if opposed > .zero, position.isFlat, mark.bookTime > mark.time { mark.mark(mark.price, at: mark.bookTime) }
        // Of several books of one instant the last counts.
        guard let exitSide = position.exitSide, mark.bookTime >= mark.time else { return }
        guard let price = mark.exitPrice(exitSide) else { return }
        mark.mark(price, at: mark.bookTime)
    }

    /// A price that comes too late is better than the one before it, and makes no mark younger.
    private mutating func priceLatePosition() {
        guard let exitSide = position.exitSide, let price = mark.exitPrice(exitSide) else { return }
        mark.price = price
    }

    /// The account is worth less than its position ties up: maintenance margin, intraday margin in the window of
    /// entries. Exactly as much is enough.
    private var isMarginCalled: Bool {
        guard let margins = rules.margins, !isFlat else { return false }
        // Nothing is offset between two accounts: what one holds against the other counts in both.
        let open = position.quantity.magnitude + opposed + opposed
        let held = ContractExposure(contract: rules.contract, position: open)
        guard let asked = margins.requirement(held, opens: false, isIntraday: isIntraday) else { return false }
        return limits.balance + equity < asked
    }

    /// Nobody can mark a position while the market is closed: that time does not count, however it is passed over. It
    /// is closed by the calendar, and when the exchange has said so in this session, as on an early close. The next
    /// session counts from its open on by the calendar, for without a record of it this day does not end.
    private var markAge: Nanoseconds {
        if isFlat { return .zero }
        guard day.sessionOpen.isDefined else { return clock - mark.time }
        let age = mark.openTime(from: max(mark.time, day.sessionOpen), to: min(clock, day.sessionClose), in: day)
        guard day.reopen.isDefined, clock > day.reopen else { return age }
        return age + (clock - max(mark.time, day.reopen))
    }

    private mutating func evaluateMarkAge() {
        let age = markAge
        if age >= limits.markFlatten { return flatten(.noValidMark) }
        if age >= limits.markReducing {
            if state == .active || state == .reducing { restrict(.mark, .noValidMark) }
        } else if restrictions.contains(.mark) {
            release(.mark, .markReturned)
        }
    }

    /// A strategy that has lost its own limit is locked until the next trade date and an arm; who runs it closes what
    /// it holds (`strategyToClose`).
    private mutating func evaluateStrategies() {
        for raw in 0..<UInt8(StrategyID.capacity) {
            let strategy = StrategyID(rawValue: raw)
            let most = rules[strategy].dailyLoss
            guard most > .zero, strategies[strategy].state != .locked else { continue }
            guard dayProfit(of: strategy) <= -most else { continue }
            strategies[strategy].lockDate = day.tradeDate
            change(strategy, to: .locked, .dailyLoss)
        }
    }

    /// A locked strategy that still holds contracts; nil when there is none.
    public var strategyToClose: StrategyID? {
        guard watchesStrategies else { return nil }
        for raw in 0..<UInt8(StrategyID.capacity) {
            let strategy = StrategyID(rawValue: raw)
            if strategies[strategy].state == .locked, quantity(of: strategy) != .zero { return strategy }
        }
        return nil
    }
}
