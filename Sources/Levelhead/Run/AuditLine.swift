import Features
import MarketCalendar
import Orders
import Pipeline
import Platform
import Risk
import Signals
import Units

/// The lines of `audit.jsonl`: what happened, for people and for programs. Times in ns, money as decimal strings,
/// prices as decimal strings of the traded contract. `account` is there where it is the second of two.
enum AuditLine {
    static func signal(_ signal: Signal) -> String {
        JSONText.object([
            "event": JSONText.string("signal"), "time": JSONText.integer(signal.time.nanoseconds),
            "received": JSONText.integer(signal.receiveTime.nanoseconds),
            "sequence": JSONText.integer(signal.sequence),
            "level": JSONText.string(LevelKind(rawValue: Int(signal.level))?.name ?? "?"),
            "kind": JSONText.string(signal.kind == .breakout ? "break" : "bounce"),
            "test": JSONText.integer(signal.test), "score": "\(signal.score)", "confidence": "\(signal.confidence)",
            "components": JSONText.array(
                signal.components.indices.map { signal.components[$0].isNaN ? "null" : "\(signal.components[$0])" }),
        ])
    }

    static func verdict(_ verdict: VerdictRecord) -> String {
        JSONText.object([
            "event": JSONText.string("verdict"), "time": JSONText.integer(verdict.time.nanoseconds),
            "sequence": JSONText.integer(verdict.sequence), "order": JSONText.string(verdict.intent.description),
            "verdict": JSONText.string(verdict.reason?.rawValue ?? "approved"),
            "position": JSONText.integer(verdict.position.contracts),
            "worst_position": JSONText.integer(verdict.worstPosition.contracts),
            "action": JSONText.string("\(verdict.action)"),
            "signal": verdict.signal == 0 ? "null" : JSONText.integer(verdict.signal),
            "cause": verdict.cause.map { JSONText.string($0.name) } ?? "null",
        ])
    }

    static func update(_ update: OrderUpdate) -> String {
        object(update.order.account, [
            "event": JSONText.string("order"), "time": JSONText.integer(update.time.nanoseconds),
            "sequence": JSONText.integer(update.sequence), "order": JSONText.string(update.order.id.description),
            "parent": JSONText.string(update.order.parent.description), "role": JSONText.string("\(update.order.role)"),
            "side": JSONText.string("\(update.order.side)"),
            "quantity": JSONText.integer(update.order.quantity.contracts),
            "type": JSONText.string("\(update.order.type)"), "price_ticks": JSONText.integer(update.order.price.count),
            "limit_ticks": JSONText.integer(update.order.limit.count),
            "trail_ticks": JSONText.integer(update.order.trail.count),
            "time_in_force": JSONText.string("\(update.order.timeInForce)"),
            "reduce_only": update.order.isReduceOnly ? "true" : "false",
            "link": JSONText.string(update.order.link.description),
            "state": JSONText.string("\(update.state)"), "reason": JSONText.string("\(update.reason)"),
            "leaves": JSONText.integer(update.leaves.contracts),
            "self_issued": update.isSelfIssued ? "true" : "false",
        ])
    }

    static func fill(_ fill: Fill, terms: ContractSpecification) -> String {
        object(fill.account, [
            "event": JSONText.string("fill"), "time": JSONText.integer(fill.time.nanoseconds),
            "venue_time": JSONText.integer(fill.venueTime.nanoseconds), "sequence": JSONText.integer(fill.sequence),
            "order": JSONText.string(fill.order.description), "role": JSONText.string("\(fill.role)"),
            "side": JSONText.string("\(fill.side)"), "quantity": JSONText.integer(fill.quantity.contracts),
            "price": JSONText.string(Money(nanos: terms.tick.price(fill.price).nanos).description),
            "fee_usd": JSONText.string(fill.fee.description), "liquidity": JSONText.string("\(fill.liquidity)"),
        ])
    }

    static func change(_ change: StateChange) -> String {
        JSONText.object([
            "event": JSONText.string("trading_state"), "time": JSONText.integer(change.time.nanoseconds),
            "sequence": JSONText.integer(change.sequence), "from": JSONText.string(change.from.name),
            "to": JSONText.string(change.to.name), "reason": JSONText.string(change.reason.name),
            "scope": JSONText.string(change.scope == .account ? "account" : "strategy:\(change.scope.name)"),
            "command": JSONText.string(change.command == 0 ? "" : String(change.command, radix: 16)),
        ])
    }

    static func notice(_ notice: ExecutionNotice) -> String {
        switch notice.kind {
        case .bookClose: return bookClose(notice)
        case .cancelAsked: return asked(.cancel, notice)
        case .reconciliationAsked: return asked(.reconcile, notice)
        default: break
        }
        return object(notice.account, [
            "event": JSONText.string("notice"), "time": JSONText.integer(notice.time.nanoseconds),
            "kind": JSONText.string("\(notice.kind)"), "reason": JSONText.string(notice.reason.name),
            "rounds": JSONText.integer(notice.rounds), "block": JSONText.string(notice.block.name),
            "order": JSONText.string(notice.order.description),
            "expected": JSONText.integer(notice.expected.contracts),
            "found": JSONText.integer(notice.found.contracts),
            "who": JSONText.string("\(notice.certificate.sender)"),
            "why": JSONText.string("\(notice.certificate.reason)"),
            "fills": JSONText.integer(notice.certificate.fills),
            "slippage_usd": JSONText.string(notice.certificate.slippage.description),
        ])
    }

    /// A part of a book that risk is asked to close.
    private static func bookClose(_ notice: ExecutionNotice) -> String {
        JSONText.object([
            "event": JSONText.string("notice"), "time": JSONText.integer(notice.time.nanoseconds),
            "kind": JSONText.string("\(notice.kind)"), "reason": JSONText.string(notice.reason.name),
            "order": JSONText.string(notice.order.description), "book": JSONText.string(notice.strategy.name),
            "wanted": JSONText.integer(notice.found.contracts),
        ])
    }

    /// What an operator asked of the execution gateway itself.
    private static func asked(_ request: OperatorRequest, _ notice: ExecutionNotice) -> String {
        let asked = notice.certificate
        return Self.request(
            OperatorCommand(
                request, id: asked.command, sender: asked.sender, reason: asked.reason, target: notice.order,
                epoch: asked.epoch),
            nil, notice.time)
    }

    private static func object(_ account: VenueAccount, _ members: KeyValuePairs<String, String>) -> String {
        let place = account == .first ? [] : [("account", JSONText.string("\(account)"))]
        return JSONText.object(members.map { ($0.key, $0.value) } + place)
    }

    static func session(_ session: SessionTimes, signal: String, traded: String) -> String {
        JSONText.object([
            "event": JSONText.string("session"), "time": JSONText.integer(session.open.nanoseconds),
            "trade_date": JSONText.string(session.tradeDate.description), "signal": JSONText.string(signal),
            "traded": JSONText.string(traded),
        ])
    }
}

extension AuditLine {
    /// The line of what the risk gateway took or put out; nil for what has none.
    ///
    /// - Parameters:
    ///   - outcome: of a request that it took.
    ///   - time: the event time at which it took the message; what has a time of its own keeps that.
    static func line(
        of message: StageMessage, outcome: OperatorOutcome?, time: Timestamp, terms: ContractSpecification
    ) -> String? {
        switch message {
        case .signal(let signal): Self.signal(signal)
        case .verdict(let verdict): Self.verdict(verdict)
        case .update(let update): Self.update(update)
        case .fill(let fill): Self.fill(fill, terms: terms)
        case .change(let change): Self.change(change)
        case .notice(let notice): Self.notice(notice)
        case .request(let request): Self.request(request, outcome, time)
        case .carried(let usage): Self.carried(usage)
        case .approval, .command, .event, .tick, .clock: nil
        }
    }

    /// What an earlier run has left of the account's trade date.
    static func carried(_ usage: DayUsage) -> String {
        JSONText.object([
            "event": JSONText.string("carried"), "trade_date": JSONText.string(TradeDateText.text(usage.tradeDate)),
            "pnl_usd": JSONText.string(usage.profit.description),
            "drawdown_usd": JSONText.string(usage.drawdown.description), "trades": JSONText.integer(usage.trades),
            "lock": usage.isLocked ? JSONText.string(usage.lockReason.name) : "null",
            "lock_trade_date": usage.isLocked ? JSONText.string(TradeDateText.text(usage.lockDate)) : "null",
        ])
    }

    private static func order(of command: OperatorCommand) -> ClientOrderID {
        switch command.request {
        case .order, .modify: command.intent.id
        default: command.target
        }
    }

    /// What an operator asked of the gateways.
    ///
    /// - Parameters:
    ///   - outcome: what the risk gateway made of it; nil when it was not asked.
    ///   - time: event time when it was taken.
    static func request(_ command: OperatorCommand, _ outcome: OperatorOutcome?, _ time: Timestamp) -> String {
        let members: KeyValuePairs = [
            "event": JSONText.string("operator"), "time": JSONText.integer(time.nanoseconds),
            "request": JSONText.string(command.request.name),
            "command": JSONText.string(command.id == 0 ? "" : String(command.id, radix: 16)),
            "who": JSONText.string("\(command.sender)"), "why": JSONText.string("\(command.reason)"),
            "epoch": JSONText.integer(command.epoch),
            "order": JSONText.string(order(of: command).description),
        ]
        let end = outcome.map { [("outcome", JSONText.string($0.rawValue))] } ?? []
        return JSONText.object(members.map { ($0.key, $0.value) } + wanted(command) + end)
    }

    /// The order, or what an order is to become.
    private static func wanted(_ command: OperatorCommand) -> [(String, String)] {
        guard command.request == .order || command.request == .modify else { return [] }
        let intent = command.intent
        let members: KeyValuePairs = [
            "side": JSONText.string("\(intent.side)"), "quantity": JSONText.integer(intent.quantity.contracts),
            "type": JSONText.string("\(intent.type)"), "limit_ticks": JSONText.integer(intent.limit.count),
            "trigger_ticks": JSONText.integer(intent.trigger.count),
            "trail_ticks": JSONText.integer(intent.trail.count),
            "time_in_force": JSONText.string("\(intent.timeInForce)"),
            "reduce_only": intent.isReduceOnly ? "true" : "false", "link": JSONText.string(intent.link.description),
            "stop_ticks": JSONText.integer(intent.stopDistance.count),
            "target_ticks": JSONText.integer(intent.targetDistance.count),
        ]
        return members.map { ($0.key, $0.value) }
    }
}
