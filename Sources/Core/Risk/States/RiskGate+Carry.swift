import Accounts
import Orders
import Units

extension RiskGate {
    /// What the account has used up of its newest trade date, and its lock, for the run after this one.
    public var usage: DayUsage {
        // What was carried over belongs to a session that has not begun.
        var usage = carried.isEmpty || carried[0].tradeDate <= day.tradeDate ? usageOfToday : carried[0]
        usage.lockReason = outlivesRun ? lockReason : .armed
        usage.lockDate = outlivesRun ? lockDate : 0
        return usage
    }

    /// The account is being flattened or locked for a reason that the next run has to know of: not for the start of a
    /// venue that begins locked, and not for a roll, which is over by itself.
    public var outlivesRun: Bool {
        isClosed && lockReason != .start && !isLockOfRoll
    }

    private var usageOfToday: DayUsage {
        var usage = DayUsage()
        usage.tradeDate = day.tradeDate
        usage.profit = dayProfit
        usage.drawdown = drawdown
        if let programme { usage.programmeDrawdown = programme.high - programme.pack.startingBalance - equity }
        usage.trades = tradesToday
        for raw in 0..<UInt8(StrategyID.capacity) {
            let strategy = StrategyID(rawValue: raw)
            var own = DayUsage.Strategy()
            own.profit = dayProfit(of: strategy)
            own.trades = strategies[strategy].tradesToday
            own.lockDate = strategies[strategy].state == .locked ? strategies[strategy].lockDate : 0
            usage[strategy] = own
        }
        return usage
    }

    /// The account goes on from where another run left it: what that has used up counts as soon as the same trade date
    /// is here, and a lock holds from now on. It is taken as it stands: once more changes nothing.
    public mutating func carry(_ usage: DayUsage) {
        carried.removeAll()
        carried.append(usage)
        takeCarried()
        guard usage.isLocked else { return }
        if !isLockedByLimit {
            lockReason = usage.lockReason
            lockDate = usage.lockDate
        }
        change(.flatten, usage.lockReason)
    }

    /// What was carried over counts once its trade date has begun. When that is over, only the locks do.
    mutating func takeCarried() {
        guard !carried.isEmpty, carried[0].tradeDate <= day.tradeDate else { return }
        let usage = carried[0]
        carried.removeAll()
        for raw in 0..<UInt8(StrategyID.capacity) { lockCarried(usage, StrategyID(rawValue: raw)) }
        guard usage.tradeDate > 0, usage.tradeDate == day.tradeDate else { return }
        carriedProfit += usage.profit - dayProfit
        peakEquity = equity + usage.drawdown
        tradesToday = max(tradesToday, usage.trades)
        if let start = programme?.pack.startingBalance {
            let high = start + equity + usage.programmeDrawdown
            programme?.raiseHigh(to: high)
        }
        for raw in 0..<UInt8(StrategyID.capacity) { takeCarried(usage, of: StrategyID(rawValue: raw)) }
        // A limit may be passed already, if it is another than the one that the loss was made under.
        evaluate()
    }

    private mutating func takeCarried(_ usage: DayUsage, of strategy: StrategyID) {
        let own = usage[strategy]
        strategies[strategy].dayStartEquity = equity(of: strategy) - own.profit
        strategies[strategy].tradesToday = max(strategies[strategy].tradesToday, own.trades)
    }

    private mutating func lockCarried(_ usage: DayUsage, _ strategy: StrategyID) {
        let lockDate = usage[strategy].lockDate
        guard lockDate > 0, strategies[strategy].state != .locked else { return }
        strategies[strategy].lockDate = lockDate
        change(strategy, to: .locked, .dailyLoss)
    }

    /// Profit of this run alone, without what its account was carried over with.
    public var runProfit: Money { equity - carriedProfit }
}
