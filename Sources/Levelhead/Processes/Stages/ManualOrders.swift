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
    /// What is awaited of an order.
    enum Wish {
        /// That it begins.
        case order
        /// That it is as this says.
        case change(OrderIntent)
        /// That it ends.
        case cancel
    }

    struct Pending {
        let command: ControlCommand
        let id: ClientOrderID
        var wish = Wish.order
        /// It may only shrink the position, and ends when the venue ends it.
        var isReduceOnly = false
        var verdict: String?
        var state: String?
        var message: String?
        var isOver = false
        var isGood = false
    }

    /// Of the run's identities.
    private var epoch: UInt16
    /// Identities given out so far: part of the saved state, and counted again from the journal.
    private var count: UInt64 = 0
    var pending: [Pending] = []

    init(epoch: UInt16) { self.epoch = epoch }

    mutating func begin(
        _ command: ControlCommand, clock: TradingClock, setup: MarketSetup, traded: String
    ) -> CommandStep {
        guard let order = command.arguments.order else { return .refuse("no order") }
        let id = ClientOrderID(epoch: epoch, issuer: .manual, count: count + 1)
        do throws(ManualOrderError) {
            let intent = try Self.intent(order, id, clock, setup, traded)
            pending.append(Pending(command: command, id: id, isReduceOnly: intent.isReduceOnly))
            return .take(
                OperatorCommand(
                    .order, id: command.id.high, sender: ShortText(command.sender),
                    reason: ShortText(command.arguments.reason ?? ""), intent: intent))
        } catch { return .refuse("\(error)") }
    }

    mutating func observe(_ message: StageMessage) {
        switch message {
        case .request(let command) where command.request == .identities && command.target.epoch > epoch:
            epoch = command.target.epoch
            count = 0
        case .request(let command) where command.request == .order: count = max(count, command.intent.id.count)
        case .verdict(let verdict):
            let index = pending.firstIndex { $0.id == verdict.intent && $0.verdict == nil }
            guard let index else { return }
            pending[index].verdict = verdict.reason?.rawValue ?? "approved"
            pending[index].isOver = verdict.reason != nil
        case .update(let update):
            for index in pending.indices where pending[index].id == update.order.id { pending[index].take(update) }
        default: break
        }
    }

    mutating func follow() {
        if pending.isEmpty { return }
        for item in pending {
            var details = AnswerDetails()
            details.order = item.id.description
            details.verdict = item.verdict
            details.state = item.state
            details.message = item.message
            guard item.isOver else {
                if item.command.currentAnswer().details != details { item.command.report(details) }
                continue
            }
            item.command.finish(item.verdict == "approved" && item.isGood ? .done : .failed, details)
        }
        pending.removeAll(where: \.isOver)
    }

    mutating func persist(_ archive: inout StateArchive) throws(StateArchive.Failure) {
        try archive.field(&epoch)
        try archive.field(&count)
    }

    // MARK: What a person says

    private static func intent(
        _ order: ManualOrder, _ id: ClientOrderID, _ clock: TradingClock, _ setup: MarketSetup, _ traded: String
    ) throws(ManualOrderError) -> OrderIntent {
        // By its own name, or as it is configured.
        if let symbol = order.symbol, symbol != traded, symbol != setup.configuration.instrument.traded {
            throw .symbol(symbol, traded: traded)
        }
        guard let side = order.side.lowercased() == "buy" ? Side.buy : order.side.lowercased() == "sell" ? .sell : nil
        else { throw .side(order.side) }
        let tick = setup.plan.tradedSpecification.tick
        let limit = try price(order.limit, tick)
        let trigger = try price(order.stop, tick)
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
    case pair(String)
    case noSuchPrice(String, OrderType)

    var description: String {
        switch self {
        case .symbol(let symbol, let traded): "\(symbol): not the traded contract, which is \(traded)"
        case .side(let side): "\(side): expected buy or sell"
        case .price(let text, let tick): "\(text): not a price of whole ticks of \(tick)"
        case .timeInForce(let text): "\(text): expected gtc, day, ioc or fok"
        case .pair(let text): "\(text): expected new, or the manual order that began the pair"
        case .noSuchPrice(let what, let type): "a \(type) order has no \(what)"
        }
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
