import Configuration
import Control
import Determinism
import MarketCalendar
import Orders
import Pipeline
import Platform
import Risk
import Units

/// Orders of a person: what they say becomes an intent of the risk gate's, and each is told its verdict and how its
/// order began.
struct ManualOrders {
    /// Of the run's identities.
    private var epoch: UInt16
    /// Identities given out so far: part of the saved state, and counted again from the journal.
    private var count: UInt64 = 0
    /// Commands without an answer; how far each has come is in the ledger.
    private var waiting: [ControlCommand] = []

    init(epoch: UInt16) { self.epoch = epoch }

    mutating func begin(
        _ command: ControlCommand, clock: TradingClock, setup: MarketSetup, traded: String
    ) -> CommandStep {
        guard let order = command.arguments.order else { return .refuse("no order") }
        let id = ClientOrderID(epoch: epoch, issuer: .manual, count: count + 1)
        do throws(ManualOrderError) {
            let intent = try Self.intent(order, id, clock, setup, traded)
            keep(command)
            return .take(OperatorCommand(.order, of: command, intent: intent))
        } catch { return .refuse("\(error)") }
    }

    /// The answer comes with what the ledger learns of the command, by this process or by the one before it.
    mutating func keep(_ command: ControlCommand) { waiting.append(command) }

    mutating func observe(_ message: StageMessage) {
        guard case .request(let command) = message else { return }
        switch command.request {
        case .identities where command.target.epoch > epoch:
            epoch = command.target.epoch
            count = 0
        case .order: count = max(count, command.intent.id.count)
        default: break
        }
    }

    /// Answers, as far as that is possible now.
    mutating func follow(_ ledger: CommandLedger, _ configuration: ResolvedConfiguration) {
        if waiting.isEmpty { return }
        waiting.removeAll { command in
            guard let entry = ledger[command.number] else {
                command.finish(.failed, AnswerDetails(message: "too many commands after it"))
                return true
            }
            let details = AnswerDetails(entry, configuration)
            guard entry.isOver else {
                if command.currentAnswer().details != details { command.report(details) }
                return false
            }
            command.finish(entry.isGood ? .done : .failed, details)
            return true
        }
    }

    mutating func persist(_ archive: inout StateArchive) throws(StateArchive.Failure) {
        try archive.field(&epoch)
        try archive.field(&count)
    }

    // MARK: What a person says

    private static func intent(
        _ order: ManualOrder, _ id: ClientOrderID, _ clock: TradingClock, _ setup: MarketSetup, _ traded: String
    ) throws(ManualOrderError) -> OrderIntent {
        // By its own name, or as the contract in force is configured; one that was configured by name may have rolled.
        let configured = setup.configuration.instrument.traded
        if let symbol = order.symbol, symbol != traded, symbol != configured || !configured.contains(".") {
            throw .symbol(symbol, traded: traded)
        }
        guard let side = order.side.lowercased() == "buy" ? Side.buy : order.side.lowercased() == "sell" ? .sell : nil
        else { throw .side(order.side) }
        let tick = setup.plan.tradedSpecification.tick
        let limit = try price(order.limit, tick)
        let trigger = try price(order.stop, tick)
        // A trailing stop without a distance would be a market order.
        if let trail = order.trailTicks, trail <= 0 { throw .trail(trail) }
        let trail = Ticks(order.trailTicks ?? 0)
        let force = try timeInForce(order.timeInForce)
        let link = try link(order.pair, id)
        let type: OrderType =
            trail > .zero
            ? .trailingStop : trigger > .zero ? (limit > .zero ? .stopLimit : .stop) : limit > .zero ? .limit : .market
        return OrderIntent(
            id: id, time: clock.event, receiveTime: clock.message, action: .open, side: side,
            quantity: Quantity(order.quantity), type: type, limit: limit, trigger: trigger, trail: trail,
            timeInForce: force, isReduceOnly: order.isReduceOnly ?? false, link: link,
            stopDistance: Ticks(order.stopTicks ?? setup.configuration.policy.stop.count),
            targetDistance: Ticks(order.targetTicks ?? 0))
    }

    static func price(_ text: String?, _ tick: TickSize) throws(ManualOrderError) -> Ticks {
        guard let text else { return .zero }
        guard let money = Money(text), money.nanos > 0, money.nanos % tick.nanos == 0 else {
            throw .price(text, tick: Money(nanos: tick.nanos).description)
        }
        return Ticks(money.nanos / tick.nanos)
    }

    /// The order that begins the pair: this one, or a live one.
    private static func link(_ text: String?, _ id: ClientOrderID) throws(ManualOrderError) -> ClientOrderID {
        guard let text else { return .none }
        if text == "new" { return id }
        guard let first = ClientOrderID(printed: text), first.issuer == .manual else { throw .pair(text) }
        return first
    }

    private static func timeInForce(_ text: String?) throws(ManualOrderError) -> TimeInForce {
        switch text?.lowercased() {
        case nil, "gtc": .goodTillCancelled
        case "day": .day
        case "ioc": .immediateOrCancel
        case "fok": .fillOrKill
        default: throw .timeInForce(text ?? "")
        }
    }
}

enum ManualOrderError: Error, CustomStringConvertible {
    case symbol(String, traded: String)
    case side(String)
    case price(String, tick: String)
    case timeInForce(String)
    case trail(Int64)
    case pair(String)
    case noSuchPrice(String, OrderType)

    var description: String {
        switch self {
        case .symbol(let symbol, let traded): "\(symbol): not the traded contract, which is \(traded)"
        case .side(let side): "\(side): expected buy or sell"
        case .price(let text, let tick): "\(text): not a price above zero of whole ticks of \(tick), or none so high"
        case .timeInForce(let text): "\(text): expected gtc, day, ioc or fok"
        case .trail(let count): "trail_ticks: \(count), expected 1 tick or more"
        case .pair(let text): "\(text): expected new, or the manual order that began the pair"
        case .noSuchPrice(let what, let type): "a \(type) order has no \(what)"
        }
    }
}

extension AnswerDetails {
    /// How far an order, a change or a cancel has come; of a refused one, what the check refuses and by which limits.
    fileprivate init(_ entry: CommandEntry, _ configuration: ResolvedConfiguration) {
        self.init()
        order = entry.order.description
        verdict = entry.verdict
        state = entry.state.map { "\($0)" }
        let refusal = entry.verdict.flatMap { RefusalReason(rawValue: $0) }
        let check = refusal.flatMap { reason in RiskCheck.all.first { $0.reason == reason } }
        message = entry.message.isEmpty ? check.map { $0.text(configuration) } : entry.message
    }
}

extension RiskCheck {
    /// What it refuses, and the limits that are set: `more entries working at once (risk.max_open_orders = 32)`.
    fileprivate func text(_ configuration: ResolvedConfiguration) -> String {
        let wanted = keys.map {
            $0.hasPrefix("programme.") ? $0 : "risk." + $0.replacing("NAME", with: "manual")
        }
        let limits = configuration.settings.filter { setting in
            wanted.contains(setting.key) && !["0", "0.0", "\"0.00\"", "\"\""].contains(setting.value.canonical)
        }
        let text = limits.map { "\($0.key) = \($0.value.canonical)" }.joined(separator: ", ")
        return text.isEmpty ? refuses : "\(refuses) (\(text))"
    }
}

extension StrategyID {
    /// Reads `account` or `strategy:NAME`.
    init?(scope: String) {
        switch scope {
        case "account": self = .account
        case "strategy:level": self = .level
        default: return nil
        }
    }
}
