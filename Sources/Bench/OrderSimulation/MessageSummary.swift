import Orders
import Pipeline
import Risk
import Signals
import Units

extension StageMessage {
    /// One line of a trace.
    var summary: String {
        switch self {
        case .signal(let signal): "signal \(signal.sequence) \(signal.direction)"
        case .approval(let approval):
            "approval \(approval.sequence) epoch \(approval.epoch) \(approval.intent.id) \(approval.intent.action) "
                + "\(approval.intent.side) \(approval.intent.quantity.contracts)"
        case .change(let change): "change \(change.from.name) to \(change.to.name): \(change.reason.name)"
        case .verdict(let verdict): "verdict \(verdict.intent) \(verdict.reason?.rawValue ?? "approved")"
        case .command(let command): "command \(command.kind) \(command.order.summary) query \(command.query)"
        case .event(let event):
            "event \(event.sequence) \(event.kind) \(event.order) \(event.side) \(event.quantity.contracts) at "
                + "\(event.price.count) leaves \(event.leaves.contracts) \(event.reason.name)"
        case .fill(let fill):
            "fill \(fill.sequence) \(fill.order) \(fill.side) \(fill.quantity.contracts) at \(fill.price.count)"
        case .update(let update):
            "update \(update.order.summary) \(update.state) \(update.reason.name) leaves \(update.leaves.contracts)"
        case .notice(let notice): "notice \(notice.kind) \(notice.reason.name) rounds \(notice.rounds)"
        case .request(let request): "request \(request.request.name) epoch \(request.epoch)"
        case .tick: "tick"
        case .clock(let time): "clock \(time.nanoseconds)"
        case .carried(let usage): "carried \(usage.tradeDate)"
        }
    }
}

extension Order {
    var summary: String {
        "\(id) \(role) \(side) \(quantity.contracts) \(type) \(price.count)\(link == .none ? "" : " link \(link)")"
    }
}
