import Accounts
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
    public let rules: RiskRules

    /// Changes since the reader last emptied them.
    public var changes = TradingLimits.FewOutputs<StateChange>()
    public var verdicts = TradingLimits.FewOutputs<VerdictRecord>()

    public internal(set) var state = TradingState.active
    public internal(set) var position = Position()
    /// The position by strategy: its sum is the account's.
    public internal(set) var books: AccountBooks
    public internal(set) var strategies = StrategyStatuses()
    /// Nil without rules of a funded account.
    public internal(set) var programme: RulePackMonitor?
    /// In the programme's money, at the beginning of the day.
    var programmeBalance = Money.zero
    public internal(set) var day = TradingDay.none
    public internal(set) var mark = AccountMark()
    /// Every live order, as far as reported; approved ones from their approval on.
    public internal(set) var working = WorkingOrders()
    /// What each of those was placed as, in the same order.
    var placed = TradingLimits.LiveOrders<PlacedOrder>()
    /// Of one session, from the profits of those that are over.
    public internal(set) var valueAtRisk: ValueAtRisk
    /// Of two accounts: contracts that one holds long and the other short.
    public internal(set) var opposed = Quantity.zero
    /// What is held in every contract, the traded one first.
    var exposures = AccountLimits.Exposures()

    /// The largest event time seen.
    public internal(set) var clock = Timestamp(nanoseconds: 0)
    var dayStartEquity = Money.zero
    var peakEquity = Money.zero
    /// Profit of the account's earlier runs, as far as it belongs to a trade date that this one goes on with.
    var carriedProfit = Money.zero
    /// What another run has left of a trade date that has not begun here; empty for nothing.
    var carried = BoundedList<1, DayUsage>()
    /// A strategy opened or enlarged the position since it was last flat.
    var isStrategyPosition = false
    /// What keeps the account REDUCING; kept through the other states.
    public internal(set) var restrictions: Restrictions = []
    /// A live feed has no books of the present.
    var isBookPast = false
    /// The newest books are older than a mark may be, by the time of day.
    var isBookLate = false
    /// Why the account is being flattened or locked, and the trade date of that.
    public internal(set) var lockReason = StateReason.armed
    public internal(set) var lockDate: Int32 = 0
    /// The account was HALTED when a roll closed it, or should have been since, and is again when that is over.
    var haltsAfterRoll = false
    /// An operator armed the account at a broker's venue.
    var isLiveArmed = false
    /// The lock is on, whatever the state: nothing at all is approved.
    public var isHeld = false
    /// A closed market has stopped an operator's flatten, and no limit has taken it over.
    var isFlattenBlocked = false
    /// The newest lock word under which the account was proven flat.
    var flatEpoch: UInt64 = 0
    /// Of the operator's command that is being carried out; 0 for none.
    public var command: UInt64 = 0
    var lastStrategyID = ClientOrderID.none
    var lastManualID = ClientOrderID.none
    /// Of the execution gateway, which asks for the close of a book.
    var lastExecutionID = ClientOrderID.none
    public internal(set) var verdictCount: UInt64 = 0
    var changeCount: UInt64 = 0
    /// Opening orders approved since 18:00 ET.
    public internal(set) var tradesToday = 0
    var orderTimes = RateWindow()
    var modifyTimes = RateWindow()
    var cancelTimes = RateWindow()
    /// A strategy has limits of its own.
    public let watchesStrategies: Bool
    /// Something may happen to a book while the account is flat.
    public let looksAtBooks: Bool

    /// - Precondition: the limits make sense (`problem` of both is nil).
    public init(terms: ContractTerms, limits: RiskLimits = RiskLimits(), rules: RiskRules = RiskRules()) {
        precondition(limits.problem == nil, "limits that make sense")
        precondition(rules.problem == nil, "rules that make sense")
        precondition(
            !rules.keepsBooks || limits.position <= RiskRules.mostNetted, "a limit that both sides have room for")
        self.terms = terms
        self.limits = limits
        self.rules = rules
        books = AccountBooks(terms: terms)
        valueAtRisk = ValueAtRisk(rules.valueAtRisk)
        programme = rules.programme.map { RulePackMonitor($0) }
        exposures.append(ContractExposure(contract: rules.contract, position: .zero))
        watchesStrategies = rules.watchesStrategies
        looksAtBooks = rules.watchesStrategies || rules.keepsBooks
        if rules.venue == .broker {
            state = .locked
            lockReason = .start
        }
    }

    // MARK: Market, clock, session

    /// Every update may change the trading state. While not, only the newest usable book counts, and it is enough to
    /// hand that over before anything else.
    public var looksAtEveryUpdate: Bool {
        !position.isFlat || restrictions.contains(.mark) || looksAtBooks && hasOpenBook
    }

    /// Takes an update of the traded contract. A few nanoseconds while flat.
    public mutating func apply(_ update: MarketUpdate) {
        if update.time > clock { clock = update.time }
        mark.take(update, in: day, isLate: isBookLate)
        if looksAtEveryUpdate { evaluate() } else if mark.quality.hasUsableBook { mark.forgetClosed() }
    }

    /// Moves event time on, with or without market data.
    public mutating func advance(to now: Timestamp) {
        if now > clock { clock = now }
        if looksAtEveryUpdate || isRollDue { evaluate() }
        if clock >= day.programmeFlatBy { endProgrammeDay() }
    }

    /// Starts a session: the day's loss and what is counted by the day turn at 18:00 ET.
    public mutating func begin(_ day: TradingDay) {
        if self.day.tradeDate != 0, day.tradeDate != self.day.tradeDate {
            let most = Money(cents: 1_000_000_000)
            valueAtRisk.append(min(max(dayProfit, -most), most))
        }
        self.day = day
        release(.programme, .flatByTime)
        mark.forgetClosed()
        // The drawdown has had its lock, and its trade date is over.
        if isClosed, lockReason.isLimitBreach, lockDate < day.tradeDate { peakEquity = equity }
        dayStartEquity = equity
        tradesToday = 0
        beginStrategiesDay()
        beginProgrammeDay()
        takeCarried()
        endRollLock()
    }

    // MARK: Orders and fills

    public mutating func apply(_ fill: Fill) {
        let (wasFlat, wasOpposed) = (position.isFlat, opposed > .zero)
        book(fill)
        position.apply(fill, terms)
        if let index = working.index(of: fill.order) { placed[index].filled += fill.quantity }
        if fill.time > clock { clock = fill.time }
        if let exitSide = position.exitSide {
            // Without a book to exit on, the position is worth what was paid until there is one.
            let price = mark.exitPrice(exitSide) ?? fill.price
            if wasFlat, wasOpposed, mark.isBookLate {
                // Of two accounts, what one side leaves open was held all along.
                mark.price = price
            } else if wasFlat {
                mark.begin(price, at: clock)
            }
        } else {
            isStrategyPosition = false
        }
        findOpposed()
        if fill.role == .entry, fill.parent.issuer == .strategy { isStrategyPosition = true }
        evaluate()
    }

    public mutating func apply(_ update: OrderUpdate) {
        let order = update.order
        let index = working.index(of: order.id)
        if update.state.isTerminal {
            if let index {
                working.remove(at: index)
                placed.remove(at: index)
            }
            return
        }
        var known = WorkingOrder(
            id: order.id, link: order.link, side: order.side, role: order.role, leaves: update.leaves,
            strategy: order.strategy, restingPrice: order.type == .limit ? order.price : .zero)
        if let index {
            placed[index] = placed[index].updated(by: update)
            known.leaves = max(known.leaves, placed[index].wantedLeaves(beside: update))
            working[index] = known
        } else if working.isFull {
            // More than can be counted: nothing may rest uncounted.
            flatten(.venueContradiction)
        } else {
            working.append(known)
            placed.append(PlacedOrder(order))
        }
    }

    public mutating func apply(_ notice: ExecutionNotice) {
        switch notice.kind {
        case .flattening:
            // A limit is passed here and nowhere else: what names one is a lock that stands, perhaps since yesterday.
            let lock = notice.reason.isLimitBreach ? StateReason.operatorRequest : notice.reason
            if state != .flattening || isLockOfRoll { flatten(notice.reason, lock: lock) }
        case .flat:
            crossBooks()
            findOpposed()
            isFlattenBlocked = false
            flatEpoch = max(flatEpoch, notice.certificate.epoch)
            if state == .flattening {
                // What the way out came to is judged before the lock, which is for a limit if one was passed.
                evaluate()
                change(.provenFlat, .flat)
            }
            endRollLock()
        // An operator looks at it and resumes.
        case .reconciliationQuestion: restrict(.paused, .reconciliation)
        case .flattenBlocked:
            // Every other goes on by itself.
            isFlattenBlocked = state == .flattening && lockReason == .operatorRequest
        case .flattenLate, .reconciled, .strayOrder, .bookClose, .cancelAsked,
            .reconciliationAsked:
            break
        }
    }

    // MARK: What the account is worth

    /// Profit after fees since the start, or since the day began that the account was carried over in; what is open
    /// marked at the side it would exit at.
    public var equity: Money {
        let equity = carriedProfit + position.equity(at: mark.price, terms)
        return opposed == .zero ? equity : equity - costToLeaveOpposed
    }
    /// The same since 18:00 ET.
    public var dayProfit: Money { equity - dayStartEquity }
    /// How far equity is below its highest.
    public var drawdown: Money { peakEquity - equity }
}
