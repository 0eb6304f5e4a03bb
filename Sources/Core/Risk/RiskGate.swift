import Determinism
import Orders
import Units

/// The only place that says yes to an order that opens or enlarges a position, and the monitor of the account.
///
/// A fold over market updates of the traded contract, clock ticks, session changes, intents, fills, order updates and
/// notices of the execution gateway, and operator requests. Its outputs are verdicts (returned, and recorded) and
/// changes of the trading state; a change to FLATTENING is the order to flatten. Within a step, fills are handed over
/// before order updates. No method allocates.
public struct RiskGate: Sendable {
    public let terms: ContractTerms
    public let limits: RiskLimits

    /// Changes since the reader last emptied them.
    public var changes = TradingLimits.FewOutputs<StateChange>()
    public var verdicts = TradingLimits.FewOutputs<VerdictRecord>()

    public internal(set) var state = TradingState.active
    public internal(set) var position = Position()
    public internal(set) var day = TradingDay.none
    public internal(set) var mark = AccountMark()
    /// Every live order, as far as reported; approved ones from their approval on.
    public internal(set) var working = WorkingOrders()

    /// The largest event time seen.
    public internal(set) var clock = Timestamp(nanoseconds: 0)
    var dayStartEquity = Money.zero
    var peakEquity = Money.zero
    /// A strategy opened or enlarged the position since it was last flat.
    var isStrategyPosition = false
    /// REDUCING because there is no valid mark; ends by itself when one returns.
    var isReducingByMark = false
    /// Why the account is being flattened or locked, and the trade date of that.
    var lockReason = StateReason.armed
    var lockDate: Int32 = 0
    var lastStrategyID = ClientOrderID.none
    var lastManualID = ClientOrderID.none
    var verdictCount: UInt64 = 0
    var changeCount: UInt64 = 0

    /// - Precondition: the limits make sense (`RiskLimits.problem` is nil).
    public init(terms: ContractTerms, limits: RiskLimits = RiskLimits()) {
        precondition(limits.problem == nil, "limits that make sense")
        self.terms = terms
        self.limits = limits
    }

    // MARK: Market, clock, session

    /// Every update may change the trading state. While not, only the newest usable book counts, and it is enough to
    /// hand that over before anything else.
    public var looksAtEveryUpdate: Bool { !position.isFlat || isReducingByMark }

    /// Takes an update of the traded contract. A few nanoseconds while flat; other contracts are not looked at.
    public mutating func apply(_ update: MarketUpdate) {
        guard update.instrument == .traded else { return }
        if update.time > clock { clock = update.time }
        mark.take(update)
        if looksAtEveryUpdate { evaluate() }
    }

    /// Moves event time on, with or without market data.
    public mutating func advance(to now: Timestamp) {
        if now > clock { clock = now }
        if !position.isFlat || isReducingByMark { evaluate() }
    }

    /// Starts a session: the day's loss turns at 18:00 ET.
    public mutating func begin(_ day: TradingDay) {
        self.day = day
        dayStartEquity = equity
    }

    // MARK: Orders and fills

    public mutating func apply(_ fill: Fill) {
        let wasFlat = position.isFlat
        position.apply(fill, terms)
        if fill.time > clock { clock = fill.time }
        if let exitSide = position.exitSide {
            // Without a book to exit on, the position is worth what was paid until there is one.
            if wasFlat { mark.begin(mark.exitPrice(exitSide) ?? fill.price, at: clock) }
        } else {
            isStrategyPosition = false
        }
        if fill.role == .entry, fill.parent.issuer == .strategy { isStrategyPosition = true }
        evaluate()
    }

    public mutating func apply(_ update: OrderUpdate) {
        let index = working.index(of: update.order.id)
        if update.state.isTerminal {
            if let index { working.remove(at: index) }
        } else if let index {
            working[index].leaves = update.leaves
        } else {
            working.append(
                WorkingOrder(
                    id: update.order.id, link: update.order.link, side: update.order.side, role: update.order.role,
                    leaves: update.leaves))
        }
    }

    public mutating func apply(_ notice: ExecutionNotice) {
        switch notice.kind {
        case .flattening: if state != .flattening { flatten(notice.reason) }
        case .flat: if state == .flattening { change(to: .locked, .flat) }
        case .reconciliationQuestion: if state == .active { change(to: .reducing, .reconciliation) }
        case .flattenBlocked, .flattenLate, .reconciled, .strayOrder: break
        }
    }

    // MARK: What the account is worth

    /// Profit after fees since the start, what is open marked at the side it would exit at.
    public var equity: Money { position.equity(at: mark.price, terms) }
    /// The same since 18:00 ET.
    public var dayProfit: Money { equity - dayStartEquity }
    /// How far equity is below its highest.
    public var drawdown: Money { peakEquity - equity }
}
