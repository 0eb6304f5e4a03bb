import Accounts
import Orders
import Units

extension RiskGate {
    /// Signed contracts of one strategy.
    public func quantity(of strategy: StrategyID) -> Quantity { books.quantity(of: strategy) }

    /// The side on which a strategy's position shrinks; nil when it holds nothing.
    func exitSide(of strategy: StrategyID) -> Side? {
        let contracts = quantity(of: strategy).contracts
        if contracts == 0 { return nil }
        return contracts > 0 ? .sell : .buy
    }

    /// What the books that are long hold, or those that are short.
    public func held(long isLong: Bool) -> Quantity {
        var total: Int64 = 0
        for raw in 0..<UInt8(StrategyID.capacity) {
            let contracts = quantity(of: StrategyID(rawValue: raw)).contracts
            total += isLong ? max(0, contracts) : max(0, -contracts)
        }
        return Quantity(total)
    }

    /// Some other strategy holds contracts.
    func othersHold(than strategy: StrategyID) -> Bool {
        for raw in 0..<UInt8(StrategyID.capacity) where raw != strategy.rawValue {
            if quantity(of: StrategyID(rawValue: raw)) != .zero { return true }
        }
        return false
    }

    /// Some strategy holds contracts, even when they cancel out.
    var hasOpenBook: Bool { othersHold(than: .account) || quantity(of: .account) != .zero }

    /// A fill goes to its strategy's book. One of an order that closes the account closes whose contracts are oldest.
    mutating func book(_ fill: Fill) {
        let closesAccount = fill.strategy == .account && (fill.role == .close || fill.role == .protectiveStop)
        let hasOwn = exitSide(of: .account) == fill.side && quantity(of: .account).magnitude >= fill.quantity
        if closesAccount, !hasOwn { books.applyAccountClose(fill) } else { books.apply(fill) }
    }

    mutating func findOpposed() {
        if rules.hasTwoAccounts { opposed = min(held(long: true), held(long: false)) }
    }

    /// Nothing is open: the account has no contracts, or where there are two, neither has.
    var isFlat: Bool { position.isFlat && opposed == .zero }

    /// What leaving both accounts costs that leaving their net would not: the spread of what is opposed, in the last
    /// usable book.
    var costToLeaveOpposed: Money {
        guard mark.bid.size > 0, mark.ask.size > 0 else { return .zero }
        return terms.value(opposed, at: max(.zero, mark.ask.price - mark.bid.price))
    }

    /// Of two accounts, what the one that holds more has; else the position.
    var largerSide: Quantity {
        position.quantity < .zero ? position.quantity - opposed : position.quantity + opposed
    }

    /// Nothing is open at the venue: books that still hold contracts against each other hand them over.
    mutating func crossBooks() {
        guard position.isFlat, hasOpenBook else { return }
        books.crossOpposed(at: rules.keepsBooks ? mark.exitPrice(.sell) ?? mark.price : mark.price, time: clock)
    }

    /// The prices at which a position could be closed now. Where there is none the account's is worth its last mark,
    /// and what is on the other side, or cancels out, the last usable book's price.
    var exitPrices: ExitPrices {
        ExitPrices(
            bid: mark.exitPrice(.sell) ?? lastPrice(mark.bid, isMarked: position.quantity > .zero),
            ask: mark.exitPrice(.buy) ?? lastPrice(mark.ask, isMarked: position.quantity < .zero))
    }

    private func lastPrice(_ level: BookLevel, isMarked: Bool) -> Ticks {
        isMarked || level.size == 0 ? mark.price : level.price
    }

    /// Profit of one strategy after fees, what is open marked at the side it would exit at.
    public func equity(of strategy: StrategyID) -> Money { books[strategy].equity(at: exitPrices, terms) }

    /// The same since 18:00 ET.
    public func dayProfit(of strategy: StrategyID) -> Money {
        equity(of: strategy) - strategies[strategy].dayStartEquity
    }

    mutating func beginStrategiesDay() {
        for raw in 0..<UInt8(StrategyID.capacity) {
            let strategy = StrategyID(rawValue: raw)
            strategies[strategy].dayStartEquity = equity(of: strategy)
            strategies[strategy].tradesToday = 0
        }
    }

    /// Value at risk of a session, the larger of both estimates; nil while too few are over.
    public var valueAtRiskEstimate: Money? {
        guard let historical = valueAtRisk.historical, let parametric = valueAtRisk.parametric else { return nil }
        return max(historical, parametric)
    }

    // MARK: The account in the programme's money

    /// Rules that the account has broken, or not; nil without a programme.
    public var ruleBreaches: [RuleRecord] {
        guard let programme else { return [] }
        return programme.records.indices.map { programme.records[$0] }.filter(\.isBroken)
    }

    /// The loss of a day that is reached first: the account's limit, or the programme's rule.
    public var dayLossLimit: Money {
        guard let rule = programme?.pack.dailyLoss else { return limits.dailyLoss }
        return min(limits.dailyLoss, rule)
    }

    /// The equity that has come down to the programme's floor in this run, and that: it is over, and with it every arm,
    /// wherever equity has gone since. Nil else.
    public var programmeEnd: (equity: Money, floor: Money)? {
        guard let programme, programme.floor != nil else { return nil }
        for index in programme.records.indices where programme.records[index].rule == .trailingDrawdown {
            let record = programme.records[index]
            guard record.isBroken else { return nil }
            return (Money(nanos: record.first.observed), Money(nanos: record.first.limit))
        }
        return nil
    }

    /// The fall from a high that least is left of, and what it may come to: the account's own or the programme's.
    public var nearestDrawdown: (fall: Money, limit: Money) {
        let own = (fall: drawdown, limit: limits.trailingDrawdown)
        guard let programme, let floor = programme.floor else { return own }
        let equity = programme.pack.startingBalance + equity
        let rule = (fall: max(.zero, programme.high - equity), limit: programme.high - floor)
        return equity - floor < own.limit - own.fall ? rule : own
    }

    mutating func beginProgrammeDay() {
        guard let start = programme?.pack.startingBalance else { return }
        let (equity, balance) = (start + equity, start + carriedProfit + position.netRealised)
        programmeBalance = balance
        programme?.begin(tradeDate: day.tradeDate, flatBy: day.programmeFlatBy, equity: equity, balance: balance)
    }

    /// From its flat-by time on nothing opens, a person's orders neither, and those that rest are cancelled: what they
    /// filled would break the rule.
    mutating func endProgrammeDay() {
        if !restrictions.contains(.programme) { restrict(.programme, .flatByTime) }
    }

    /// Time alone will make a step one that changes the state.
    public var awaitsProgrammeEnd: Bool { day.programmeFlatBy.isDefined && !restrictions.contains(.programme) }

    /// Holds the account against the programme's rules; true when one is broken, which flattens and locks.
    mutating func evaluateProgramme() -> Bool {
        guard let start = programme?.pack.startingBalance else { return false }
        let (equity, quantity) = (start + equity, largerSide)
        // What an earlier run has left is looked at when the day begins, before anything has told the time.
        let time = day.sessionOpen.isDefined ? max(clock, day.sessionOpen) : clock
        let breach = programme?.evaluate(
            equity: equity, balance: programmeBalance, time: time, position: quantity, sessionClose: day.sessionClose)
        return breach != nil
    }
}
