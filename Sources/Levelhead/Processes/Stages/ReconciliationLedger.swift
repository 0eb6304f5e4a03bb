import Control
import Execution
import Orders
import Pipeline
import Units

/// What a reconciliation came to, for whoever asked for it: collected from what goes in and out of the execution
/// gateway.
struct ReconciliationLedger {
    /// Commands without an answer.
    private var commands: [ControlCommand] = []
    /// What was had here when it began.
    private var held = ReconciliationAnswer.Side(position: 0, orders: [])
    /// What the venue said in the last read.
    private var venue = ReconciliationAnswer.Side(position: 0, orders: [])
    private var read: UInt64 = 0
    private var differences: [ReconciliationAnswer.Difference] = []
    private var isDone = false

    var isAwaited: Bool { !commands.isEmpty }

    mutating func begin(_ command: ControlCommand, _ gateway: ExecutionGateway) -> CommandStep {
        if gateway.isFlattening { return .refuse("a flatten is under way, which proves more") }
        commands.append(command)
        guard commands.count == 1 else { return .wait }
        held = ReconciliationAnswer.Side(
            position: gateway.position.quantity.contracts,
            orders: gateway.live.indices.map { .init(gateway.live[$0]) })
        differences = []
        isDone = false
        return .take(
            OperatorCommand(
                .reconcile, id: command.id.high, sender: ShortText(command.sender),
                reason: ShortText(command.arguments.reason ?? "")))
    }

    mutating func observe(_ message: StageMessage) {
        switch message {
        case .command(let command) where command.kind == .queryOrders:
            read = command.query
            venue = ReconciliationAnswer.Side(position: 0, orders: [])
        case .event(let event) where read > 0: observe(event)
        case .notice(let notice) where isAwaited: observe(notice)
        default: break
        }
    }

    private mutating func observe(_ event: VenueEvent) {
        switch event.kind {
        case .orderStatus where event.query == read && !event.state.isTerminal && event.state != .unknown:
            venue.orders.append(
                .init(order: event.order.description, side: "\(event.side)", leaves: event.leaves.contracts))
        case .positionStatus where event.query == read + 1: venue.position = event.quantity.contracts
        default: break
        }
    }

    private mutating func observe(_ notice: ExecutionNotice) {
        switch notice.kind {
        case .reconciliationQuestion:
            let isOfOrder = notice.order != .none
            differences.append(
                .init(
                    kind: isOfOrder ? .fills : .position, order: isOfOrder ? notice.order.description : nil,
                    expected: notice.expected.contracts, found: notice.found.contracts))
        case .strayOrder: differences.append(.init(kind: .strayOrder, order: notice.order.description))
        case .reconciled: isDone = true
        default: break
        }
    }

    /// Answers, when there is an answer.
    mutating func follow(_ gateway: ExecutionGateway) {
        guard isDone || !gateway.isReconciling else { return }
        for order in held.orders where !isLive(order.order, gateway) {
            if !venue.orders.contains(where: { $0.order == order.order }) {
                differences.append(.init(kind: .missingOrder, order: order.order))
            }
        }
        var details = AnswerDetails()
        details.reconciliation = ReconciliationAnswer(venue: venue, held: held, differences: differences)
        if gateway.isFlattening { details.message = "everything is being closed" }
        for command in commands { command.finish(isDone && differences.isEmpty ? .done : .failed, details) }
        commands = []
    }

    private func isLive(_ order: String, _ gateway: ExecutionGateway) -> Bool {
        gateway.live.indices.contains { gateway.live[$0].order.id.description == order }
    }
}

extension ReconciliationAnswer.Order {
    init(_ live: LiveOrder) {
        self.init(order: live.order.id.description, side: "\(live.order.side)", leaves: live.leaves.contracts)
    }
}
