import Control
import Execution
import Orders
import Pipeline
import Units

/// What a reconciliation came to, for whoever asked for it: collected from what goes in and out of the execution
/// accounts.
struct ReconciliationLedger {
    /// Commands without an answer.
    private var commands: [ControlCommand] = []
    /// What was had here when it began.
    private var held = ReconciliationAnswer.Side(position: 0, orders: [])
    private var terms: [String: Terms] = [:]
    /// Orders whose quantity or price the venue has changed since, or is to: how they stood then is not how they stand.
    private var changed: Set<String> = []
    /// What the venue said in the last read, by account.
    private var reads: [VenueAccount: Read] = [:]
    private var differences: [ReconciliationAnswer.Difference] = []
    private var isDone = false

    private struct Read {
        let query: UInt64
        var position: Int64 = 0
        var orders: [ReconciliationAnswer.Order] = []
        var terms: [String: Terms] = [:]
    }

    /// What an order has filled and may still fill, which a fill does not change, and at what price it stands.
    fileprivate struct Terms: Equatable {
        let total, leaves: Int64
        let price: Int64
    }

    /// Of all accounts together.
    private var venue: ReconciliationAnswer.Side {
        let all = VenueAccount.allCases.compactMap { reads[$0] }
        return ReconciliationAnswer.Side(position: all.reduce(0) { $0 + $1.position }, orders: all.flatMap(\.orders))
    }

    var isAwaited: Bool { !commands.isEmpty }

    mutating func begin(_ command: ControlCommand, _ accounts: ExecutionAccounts) -> CommandStep {
        if accounts.isFlattening { return .refuse("a flatten is under way, which proves more") }
        commands.append(command)
        guard commands.count == 1 else { return .wait }
        held = ReconciliationAnswer.Side(
            position: accounts.quantity.contracts, orders: accounts.liveOrders.map { .init($0) })
        (terms, changed) = ([:], [])
        for order in accounts.liveOrders {
            terms[order.order.id.description] = Terms(order)
            if order.isModifySent { changed.insert(order.order.id.description) }
        }
        differences = []
        isDone = false
        return .take(OperatorCommand(.reconcile, of: command))
    }

    mutating func observe(_ message: StageMessage) {
        switch message {
        case .command(let command) where command.kind == .queryOrders:
            // The same question again keeps what has been answered.
            if reads[command.account]?.query != command.query { reads[command.account] = Read(query: command.query) }
        case .command(let command) where command.kind == .modify && isAwaited:
            changed.insert(command.order.id.description)
        case .event(let event): observe(event)
        case .notice(let notice) where isAwaited: observe(notice)
        default: break
        }
    }

    private mutating func observe(_ event: VenueEvent) {
        if isAwaited, [.accepted, .reduced, .modified, .triggered].contains(event.kind) {
            changed.insert(event.order.description)
        }
        guard var read = reads[event.account] else { return }
        switch event.kind {
        case .orderStatus where event.query == read.query && !event.state.isTerminal && event.state != .unknown:
            let name = event.order.description
            read.orders.removeAll { $0.order == name }
            read.orders.append(.init(order: name, side: "\(event.side)", leaves: event.leaves.contracts))
            read.terms[event.order.description] = Terms(
                total: (event.filled + event.leaves).contracts, leaves: event.leaves.contracts,
                price: event.price.count)
        case .positionStatus where event.query == read.query + 1: read.position = event.quantity.contracts
        default: return
        }
        reads[event.account] = read
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
    mutating func follow(_ accounts: ExecutionAccounts) {
        guard isDone || !accounts.isReconciling else { return }
        for order in held.orders where !isLive(order.order, accounts) {
            if !venue.orders.contains(where: { $0.order == order.order }) {
                differences.append(.init(kind: .missingOrder, order: order.order))
            }
        }
        compareTerms(accounts)
        tellUnexplained(accounts)
        var details = AnswerDetails()
        details.reconciliation = ReconciliationAnswer(venue: venue, held: held, differences: differences)
        if accounts.isFlattening { details.message = "everything is being closed" }
        for command in commands { command.finish(isDone && differences.isEmpty ? .done : .failed, details) }
        commands = []
    }

    /// An earlier read has found it, and it was told then: it is there as long as nothing explains it.
    private mutating func tellUnexplained(_ accounts: ExecutionAccounts) {
        guard !differences.contains(where: { $0.kind == .position }) else { return }
        for gateway in VenueAccount.allCases.compactMap({ accounts[$0] }) where gateway.unexplained != .zero {
            differences.append(
                .init(
                    kind: .position, order: nil, expected: gateway.position.quantity.contracts,
                    found: gateway.openQuantity.contracts))
        }
    }

    /// An order that is live on both sides stands there as it did here when it was asked, or, when it was changed
    /// since, as it does by now: what the answer itself has set right here differed.
    private mutating func compareTerms(_ accounts: ExecutionAccounts) {
        for live in accounts.liveOrders where !live.isModifySent {
            let order = live.order.id.description, now = Terms(live)
            guard let there = reads[live.order.account]?.terms[order] else { continue }
            let before = terms[order] ?? now
            let here = changed.contains(order) && there.total == now.total ? now : before
            if there.total != here.total {
                differences.append(
                    .init(kind: .leaves, order: order, expected: here.leaves, found: there.leaves))
            }
            let hasPrice = live.order.type != .market && live.order.type != .trailingStop && there.price > 0
            if hasPrice, there.price != now.price, there.price != before.price {
                differences.append(.init(kind: .price, order: order, expected: now.price, found: there.price))
            }
        }
    }

    private func isLive(_ order: String, _ accounts: ExecutionAccounts) -> Bool {
        accounts.liveOrders.contains { $0.order.id.description == order }
    }
}

extension ReconciliationAnswer.Order {
    init(_ live: LiveOrder) {
        self.init(order: live.order.id.description, side: "\(live.order.side)", leaves: live.leaves.contracts)
    }
}

extension ReconciliationLedger.Terms {
    fileprivate init(_ live: LiveOrder) {
        self.init(
            total: (live.filled + live.leaves).contracts, leaves: live.leaves.contracts,
            price: live.shownPrice.count)
    }
}
