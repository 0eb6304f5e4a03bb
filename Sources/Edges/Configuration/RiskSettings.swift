public import MarketCalendar
public import Units

/// Limits of one strategy or of the traded contract; zero is none of its own.
public struct ScopeSettings: Equatable, Sendable {
    public let maximumOrder: Quantity
    public let maximumPosition: Quantity
    public let openOrders: Int
    public let notional: Money
    public let tradesPerDay: Int
    public let dailyLoss: Money

    init(_ read: SettingReader, _ section: String, hasLoss: Bool) {
        maximumOrder = Quantity(read.integer("\(section).max_order_contracts"))
        maximumPosition = Quantity(read.integer("\(section).max_position_contracts"))
        openOrders = read.int("\(section).max_open_orders")
        notional = read.money("\(section).max_notional_usd")
        tradesPerDay = read.int("\(section).trades_per_day")
        dailyLoss = hasLoss ? read.money("\(section).daily_loss_usd") : .zero
    }
}

/// How many in any second and in any minute; zero is no limit.
public struct RateSettings: Equatable, Sendable {
    public let perSecond: Int
    public let perMinute: Int

    init(_ read: SettingReader, _ what: String) {
        perSecond = read.int("risk.\(what)_per_second")
        perMinute = read.int("risk.\(what)_per_minute")
    }
}

/// What one contract ties up of the balance.
public struct MarginSettings: Equatable, Sendable {
    public let initial: Money
    public let maintenance: Money
    /// Nil for no other margin intraday.
    public let intraday: Money?

    /// Nil when none is set. One that is set without the initial margin is more than that, an error of the relations.
    init?(_ read: SettingReader) {
        initial = read.money("risk.initial_margin_usd")
        let held = read.money("risk.maintenance_margin_usd")
        let brief = read.money("risk.intraday_margin_usd")
        guard max(initial, held, brief) > .zero else { return nil }
        maintenance = held == .zero ? initial : held
        intraday = brief == .zero ? nil : brief
    }
}

/// The rules of a funded account's programme.
public struct ProgrammeSettings: Equatable, Sendable {
    public struct Tier: Equatable, Sendable {
        public let balance: Money
        public let contracts: Quantity
    }

    public let balance: Money
    /// Zero for no such rule.
    public let dailyLoss: Money
    public let trailing: Money
    public let trailsDayEnds: Bool
    /// Nil for no end.
    public let trailingLock: Money?
    public let tiers: [Tier]
    public let flatBy: TimeOfDay?

    /// Nil without a balance.
    init?(_ read: SettingReader) {
        balance = read.money("programme.balance_usd")
        guard balance > .zero else { return nil }
        dailyLoss = read.money("programme.daily_loss_usd")
        trailing = read.money("programme.trailing_usd")
        trailsDayEnds = read.text("programme.trailing_high") == "end_of_day"
        let lock = read.money("programme.trailing_lock_usd")
        trailingLock = lock == .zero ? nil : lock
        tiers = (SettingKind.tiers(read.text("programme.tiers")) ?? []).map {
            Tier(balance: $0.balance, contracts: $0.contracts)
        }
        flatBy = read.timeOrNever("programme.flat_by")
    }

    /// The key of the first rule that is set, if one is.
    static func firstRule(_ read: SettingReader) -> String? {
        let amounts = ["programme.daily_loss_usd", "programme.trailing_usd", "programme.trailing_lock_usd"]
        if let amount = amounts.first(where: { read.money($0) > .zero }) { return amount }
        if !read.text("programme.tiers").isEmpty { return "programme.tiers" }
        return read.timeOrNever("programme.flat_by") == nil ? nil : "programme.flat_by"
    }
}

/// How large an entry of the policy is.
public enum SizingSettings: Equatable, Sendable {
    /// `policy.quantity`.
    case fixed
    case fractional(share: Double)
    case volatility(target: Money)
    case kelly(win: Double, payoff: Double, multiple: Double, cap: Double)

    init(_ read: SettingReader) {
        self =
            switch read.text("policy.sizing") {
            case "fractional": .fractional(share: read.real("policy.risk_share"))
            case "volatility": .volatility(target: read.money("policy.range_target_usd"))
            case "kelly":
                .kelly(
                    win: read.real("policy.kelly_win"), payoff: read.real("policy.kelly_payoff"),
                    multiple: read.real("policy.kelly_multiple"), cap: read.real("policy.kelly_cap"))
            default: .fixed
            }
    }
}

public struct RiskSettings: Equatable, Sendable {
    public enum Venue: String, Sendable { case paper, broker }
    public enum Books: String, Sendable {
        case single, net
        case twoAccounts = "two_accounts"
    }
    public enum PeerLoss: String, Sendable { case reducing, halted, flattening }

    /// Contracts that may be long, and as many short, where strategies have books.
    public static let mostNetted = Quantity(32)

    public let maximumOrder: Quantity
    public let maximumPosition: Quantity
    /// Positive amounts.
    public let dailyLoss: Money
    public let trailingDrawdown: Money
    public let staleAfter: Nanoseconds
    public let noMarkReduce: Nanoseconds
    public let noMarkFlatten: Nanoseconds
    public let openOrders: Int
    public let notional: Money
    public let collar: Ticks
    public let orders: RateSettings
    public let modifies: RateSettings
    public let cancels: RateSettings
    public let tradesPerDay: Int
    /// Of one contract; nil for no check.
    public let margin: MarginSettings?
    public let balance: Money
    public let valueAtRisk: Money
    public let valueAtRiskConfidence: Double
    public let valueAtRiskSessions: Int
    /// Index contracts; zero for no limit.
    public let correlatedExposure: Double
    /// Empty for none.
    public let newsFile: String
    public let venue: Venue
    public let peerLoss: PeerLoss
    public let peerSilence: Nanoseconds
    public let flatByGrace: Nanoseconds
    /// Before the end of the last session in which a contract is traded.
    public let rollFlat: Nanoseconds
    public let approvalLife: Nanoseconds
    /// From the receipt of the record that it follows from, in a live run.
    public let signalLife: Nanoseconds
    public let books: Books
    public let instrument: ScopeSettings
    public let levelStrategy: ScopeSettings
    public let manual: ScopeSettings

    init(_ read: SettingReader) {
        maximumOrder = Quantity(read.integer("risk.max_order_contracts"))
        maximumPosition = Quantity(read.integer("risk.max_position_contracts"))
        dailyLoss = read.money("risk.daily_loss_usd")
        trailingDrawdown = read.money("risk.trailing_drawdown_usd")
        staleAfter = .milliseconds(read.integer("risk.stale_after_ms"))
        noMarkReduce = .seconds(read.integer("risk.no_mark_reduce_seconds"))
        noMarkFlatten = .seconds(read.integer("risk.no_mark_flatten_seconds"))
        openOrders = read.int("risk.max_open_orders")
        notional = read.money("risk.max_notional_usd")
        collar = read.ticks("risk.collar_ticks")
        orders = RateSettings(read, "orders")
        modifies = RateSettings(read, "modifies")
        cancels = RateSettings(read, "cancels")
        tradesPerDay = read.int("risk.trades_per_day")
        margin = MarginSettings(read)
        balance = read.money("risk.balance_usd")
        valueAtRisk = read.money("risk.value_at_risk_usd")
        valueAtRiskConfidence = read.real("risk.value_at_risk_confidence")
        valueAtRiskSessions = read.int("risk.value_at_risk_sessions")
        correlatedExposure = read.real("risk.correlated_exposure")
        newsFile = read.text("risk.news_file")
        venue = Venue(rawValue: read.text("risk.venue")) ?? .paper
        peerLoss = PeerLoss(rawValue: read.text("risk.peer_loss")) ?? .reducing
        peerSilence = .milliseconds(read.integer("risk.peer_silence_ms"))
        flatByGrace = .seconds(read.integer("risk.flat_by_grace_seconds"))
        rollFlat = .seconds(60 * read.integer("risk.roll_flat_minutes"))
        approvalLife = .milliseconds(read.integer("risk.approval_life_ms"))
        signalLife = .milliseconds(read.integer("risk.signal_life_ms"))
        books = Books(rawValue: read.text("books.routing")) ?? .single
        instrument = ScopeSettings(read, "risk.instrument", hasLoss: false)
        levelStrategy = ScopeSettings(read, "risk.strategy.level", hasLoss: true)
        manual = ScopeSettings(read, "risk.strategy.manual", hasLoss: false)
    }
}
