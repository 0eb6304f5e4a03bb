import Determinism
import Orders
import Units

/// Holds an account against the rules of a programme: live, where a breach is acted on, and in a replay, where it is
/// reported. Equity and balance are in the programme's money, its starting balance included; balance is without what is
/// open. A programme that scales contracts by the balance of the day before gets that balance.
public struct RulePackMonitor: Sendable {
    public let pack: RulePack
    /// By rule, in order of precedence.
    public private(set) var records = BoundedList<4, RuleRecord>()
    /// What the drawdown is measured from.
    public private(set) var high: Money
    public private(set) var dayStartEquity: Money
    public private(set) var tradeDate: Int32 = 0
    private var flatBy = Timestamp.undefined

    /// - Precondition: the pack makes sense (`problem` is nil).
    public init(_ pack: RulePack) {
        precondition(pack.problem == nil, "rules that make sense")
        self.pack = pack
        high = pack.startingBalance
        dayStartEquity = pack.startingBalance
        for rule in ProgrammeRule.allCases { records.append(RuleRecord(rule)) }
    }

    /// Starts a day: the day's loss counts from here, and a high of day's ends takes the balance in.
    /// - Parameter flatBy: from `RulePack.flatBy(in:_:)`, or earlier; `undefined` for never.
    public mutating func begin(tradeDate: Int32, flatBy: Timestamp, equity: Money, balance: Money) {
        self.tradeDate = tradeDate
        self.flatBy = flatBy
        dayStartEquity = equity
        if pack.trailing?.high == .endOfDay { high = max(high, balance) }
    }

    /// The account has been as high before this run.
    public mutating func raiseHigh(to earlier: Money) { high = max(high, earlier) }

    /// The equity at which the trailing drawdown is broken; nil without the rule.
    public var floor: Money? {
        guard let trailing = pack.trailing else { return nil }
        let floor = high - trailing.amount
        guard let lock = trailing.lock else { return floor }
        return min(floor, pack.startingBalance + lock)
    }

    /// Evaluates every rule and records what is broken; gives back the first in order of precedence.
    ///
    /// - Parameter sessionClose: the flat-by rule counts to here: in the break nobody can close.
    public mutating func evaluate(
        equity: Money, balance: Money, time: Timestamp, position: Quantity, sessionClose: Timestamp = .undefined
    ) -> RuleBreach? {
        if pack.trailing?.high == .intraday { high = max(high, equity) }
        var first: RuleBreach?
        for i in records.indices {
            let rule = records[i].rule
            let counted = rule == .flatBy ? min(time, max(flatBy, sessionClose)) : time
            guard let breach = breach(of: rule, equity, balance, counted, position) else { continue }
            records[i].add(breach)
            if first == nil { first = breach }
        }
        return first
    }

    private func breach(
        of rule: ProgrammeRule, _ equity: Money, _ balance: Money, _ time: Timestamp, _ position: Quantity
    ) -> RuleBreach? {
        func breach(_ limit: Int64, _ observed: Int64, by excess: Int64) -> RuleBreach {
            RuleBreach(
                rule: rule, time: time, tradeDate: tradeDate, limit: limit, observed: observed, excess: excess)
        }
        switch rule {
        case .dailyLoss:
            let loss = dayStartEquity - equity
            guard let limit = pack.dailyLoss, loss >= limit else { return nil }
            return breach(limit.nanos, loss.nanos, by: (loss - limit).nanos)
        case .trailingDrawdown:
            guard let floor, equity <= floor else { return nil }
            return breach(floor.nanos, equity.nanos, by: (floor - equity).nanos)
        case .contractCap:
            let held = position.magnitude
            guard let cap = pack.cap(at: balance), held > cap else { return nil }
            return breach(cap.contracts, held.contracts, by: (held - cap).contracts)
        case .flatBy:
            guard flatBy.isDefined, time >= flatBy, position != .zero else { return nil }
            let instants = (Int64(bitPattern: flatBy.nanoseconds), Int64(bitPattern: time.nanoseconds))
            return breach(instants.0, instants.1, by: (time - flatBy).count)
        }
    }
}

extension RulePackMonitor: PersistentState {
    /// The pack is configuration and not saved.
    public mutating func persist(_ archive: inout StateArchive) throws(StateArchive.Failure) {
        try archive.marker("rule pack")
        try records.persist(&archive)
        guard records.count == ProgrammeRule.allCases.count else {
            throw .mismatch(offset: archive.bytes.count, expected: "a record of each rule")
        }
        try archive.field(&high)
        try archive.field(&dayStartEquity)
        try archive.field(&tradeDate)
        try archive.field(&flatBy)
    }
}
