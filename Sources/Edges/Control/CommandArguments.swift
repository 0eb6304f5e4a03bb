import Foundation

/// What a command says beside its verb: the payload, a JSON object with the keys it needs.
public struct CommandArguments: Codable, Equatable, Sendable {
    /// Why, in the operator's words.
    public var reason: String?
    /// Of `arm`: `account` or `strategy:NAME`.
    public var scope: String?
    /// Of `flatten`: close at the reopen if the market is closed.
    public var atOpen: Bool?
    /// Of the lock word that the command goes with.
    public var epoch: UInt64?
    /// Of `order`.
    public var order: ManualOrder?
    /// Of `modify`.
    public var change: OrderChange?
    /// Of `modify` and `cancel`: the order's identity as printed; of `cancel` also `all`.
    public var target: String?
    /// Of `cancel`: the risk gateway does not answer, so the execution gateway does it unasked.
    public var isPastRisk: Bool?
    /// Of `venue`: the commands in their order, each as on the way from the gateway, in hexadecimal digits.
    public var commands: [String]?
    /// Of `venue`: from now on the venue takes nothing from the gateway, and nothing of an epoch before `epoch`.
    public var closesSession: Bool?

    enum CodingKeys: String, CodingKey, CaseIterable {
        case reason, scope, epoch, order, change, target, commands
        case atOpen = "at_open"
        case closesSession = "closes_session"
        case isPastRisk = "past_risk"
    }

    /// A cancel of every order that opens.
    public var isForEverything: Bool { target == "all" }

    public init(
        reason: String? = nil, scope: String? = nil, atOpen: Bool? = nil, epoch: UInt64? = nil,
        order: ManualOrder? = nil, change: OrderChange? = nil, target: String? = nil
    ) {
        self.reason = reason
        self.scope = scope
        self.atOpen = atOpen
        self.epoch = epoch
        self.order = order
        self.change = change
        self.target = target
    }
}

/// The same of a command that may open something: a key that nothing knows, here or in its order or change, is an
/// error, for it may have been one that keeps it from that.
struct StrictArguments: Decodable {
    let value: CommandArguments

    init(from decoder: any Decoder) throws {
        try decoder.refuseKeys(besides: CommandArguments.CodingKeys.allCases)
        let values = try decoder.container(keyedBy: CommandArguments.CodingKeys.self)
        if values.contains(.order), try !values.decodeNil(forKey: .order) {
            try values.superDecoder(forKey: .order).refuseKeys(besides: ManualOrder.CodingKeys.allCases)
        }
        if values.contains(.change), try !values.decodeNil(forKey: .change) {
            try values.superDecoder(forKey: .change).refuseKeys(besides: OrderChange.CodingKeys.allCases)
        }
        value = try CommandArguments(from: decoder)
    }
}

/// Of a flatten whose payload means nothing as a whole, what can be read of it.
struct SalvagedArguments: Decodable {
    let value: CommandArguments

    init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: CommandArguments.CodingKeys.self)
        var value = CommandArguments()
        value.reason = try? values.decode(String.self, forKey: .reason)
        value.atOpen = try? values.decode(Bool.self, forKey: .atOpen)
        value.epoch = try? values.decode(UInt64.self, forKey: .epoch)
        self.value = value
    }
}

/// An order as a person writes it. Prices are decimal text of the traded contract, distances are ticks.
public struct ManualOrder: Codable, Equatable, Sendable {
    public var side: String
    public var quantity: Int64
    /// Must be the traded contract, when it is given.
    public var symbol: String?
    public var limit: String?
    /// Trigger of a stop or stop-limit order.
    public var stop: String?
    public var stopTicks: Int64?
    public var targetTicks: Int64?
    /// Distance of a trailing stop order.
    public var trailTicks: Int64?
    /// `gtc`, `day`, `ioc` or `fok`.
    public var timeInForce: String?
    public var isReduceOnly: Bool?
    /// One cancels other: `new` begins a pair, a live order's identity as printed joins it.
    public var pair: String?

    enum CodingKeys: String, CodingKey, CaseIterable {
        case side, quantity, symbol, limit, stop
        case pair = "oco"
        case stopTicks = "stop_ticks"
        case targetTicks = "target_ticks"
        case trailTicks = "trail_ticks"
        case timeInForce = "tif"
        case isReduceOnly = "reduce_only"
    }

    public init(side: String, quantity: Int64) {
        self.side = side
        self.quantity = quantity
    }
}

/// What a person wants changed of an order that works; what is not named stays. Prices are decimal text of the traded
/// contract.
public struct OrderChange: Codable, Equatable, Sendable {
    /// What it is for in all, what has filled included.
    public var quantity: Int64?
    public var limit: String?
    /// Trigger of a stop or stop-limit order.
    public var stop: String?
    /// Distance of a trailing stop order.
    public var trailTicks: Int64?

    enum CodingKeys: String, CodingKey, CaseIterable {
        case quantity, limit, stop
        case trailTicks = "trail_ticks"
    }

    public init(quantity: Int64? = nil, limit: String? = nil, stop: String? = nil, trailTicks: Int64? = nil) {
        self.quantity = quantity
        self.limit = limit
        self.stop = stop
        self.trailTicks = trailTicks
    }
}

/// What an answer to a command other than `status` says: the payload, a JSON object with the keys it needs.
public struct AnswerDetails: Codable, Equatable, Sendable {
    /// For people: what was done, or why not.
    public var message: String?
    /// `TradingState.name` after the command.
    public var tradingState: String?
    /// Of `flatten`: proven flat.
    public var isFlat: Bool?
    /// Of `flatten`: rounds of cancelling and closing so far.
    public var rounds: Int?
    /// Of `flatten`: path of the certificate.
    public var certificate: String?
    /// Of `order`, `modify` and `cancel`: the order's identity as printed, the verdict, how the order stands.
    public var order: String?
    public var verdict: String?
    public var state: String?
    /// Of `reconcile`.
    public var reconciliation: ReconciliationAnswer?
    /// Of `venue`: what the venue said since the commands came, each as on its way to the gateway, in hexadecimal
    /// digits.
    public var events: [String]?
    /// Of `venue`: the best prices of its contract, in ticks; absent where there is none or the market is not open.
    public var bid: Int64?
    public var ask: Int64?
    /// Of `venue`: what a tick of one contract is worth, dollars as decimal text.
    public var moneyPerTick: String?
    /// Of `venue`: the market takes orders.
    public var isOpen: Bool?
    /// Of `venue`: how many accounts it holds of this owner.
    public var accounts: Int?

    enum CodingKeys: String, CodingKey {
        case message, rounds, certificate, order, verdict, state, reconciliation, events, bid, ask, accounts
        case tradingState = "trading_state"
        case isFlat = "flat"
        case isOpen = "is_open"
        case moneyPerTick = "tick_usd"
    }

    public init(
        message: String? = nil, tradingState: String? = nil, isFlat: Bool? = nil, rounds: Int? = nil,
        certificate: String? = nil
    ) {
        self.message = message
        self.tradingState = tradingState
        self.isFlat = isFlat
        self.rounds = rounds
        self.certificate = certificate
    }
}
