import Determinism
import Orders
import Risk
import Units

/// What operators asked of a gateway, by the commands' whole numbers, and how far each has come.
///
/// Whoever asks sends a command again, under its number, until it is answered: to a process's successor too. The ledger
/// is part of the gateway's saved state and is brought on by what is journaled, so the successor knows what its
/// predecessor had taken, does it no second time, and answers for it.
public struct CommandLedger: Sendable {
    /// The newest are kept.
    public static let capacity = 1_024

    public private(set) var entries: [CommandEntry] = []
    /// Of those, how many have not come to an end.
    private var openCount = 0
    private let capacity: Int

    public init(capacity: Int = Self.capacity) { self.capacity = capacity }

    /// What was taken under this number, if it is known.
    public subscript(number: CommandNumber) -> CommandEntry? { entries.last { $0.number == number } }

    /// A change of this order was taken, and has not come to an end.
    public func isChanging(_ order: ClientOrderID) -> Bool {
        openCount > 0 && entries.contains { !$0.isOver && $0.request == .modify && $0.order == order }
    }

    /// Learns what the gateway has taken of an operator; what a process tells its own fold has no number.
    ///
    /// - Parameters:
    ///   - outcome: what the risk gateway made of it; nil for another one.
    ///   - orders: of a cancel, the orders whose end is waited for.
    public mutating func take(
        _ command: OperatorCommand, outcome: OperatorOutcome? = nil, orders: [ClientOrderID] = []
    ) {
        guard command.number != .none, self[command.number] == nil else { return }
        if entries.count >= capacity {
            // Who waits for an answer still comes after who has one.
            let oldest = entries.firstIndex(where: \.isOver) ?? 0
            if !entries[oldest].isOver { openCount -= 1 }
            entries.remove(at: oldest)
        }
        let entry = CommandEntry(command, outcome: outcome, orders: orders)
        if !entry.isOver { openCount += 1 }
        entries.append(entry)
    }

    /// Learns what became of it: verdicts and updates, in the order in which they come.
    public mutating func observe(_ message: StageMessage) {
        if openCount == 0 { return }
        switch message {
        case .verdict(let verdict):
            // Each request is judged before the next one is taken.
            let index = entries.firstIndex { !$0.isOver && $0.order == verdict.intent && !$0.hasVerdict }
            if let index { change(index) { $0.take(verdict) } }
        case .update(let update):
            for index in entries.indices where !entries[index].isOver { change(index) { $0.take(update) } }
        default: break
        }
    }

    private mutating func change(_ index: Int, _ body: (inout CommandEntry) -> Void) {
        body(&entries[index])
        if entries[index].isOver { openCount -= 1 }
    }
}

extension CommandLedger: PersistentState {
    public mutating func persist(_ archive: inout StateArchive) throws(StateArchive.Failure) {
        try archive.marker("commands")
        try archive.field(&entries, blank: CommandEntry(.blank))
        openCount = entries.count { !$0.isOver }
    }
}

/// One command of an operator, and how far it has come.
public struct CommandEntry: Sendable, Equatable {
    public private(set) var number: CommandNumber
    public private(set) var request: OperatorRequest
    /// Of `order`, `modify`, and of a cancel of one order.
    public private(set) var order: ClientOrderID
    /// Of the lock word that it went with.
    public private(set) var epoch: UInt64
    /// What the risk gateway made of it.
    public private(set) var outcome: OperatorOutcome?
    /// Of a cancel: the orders that have not ended.
    private var awaited: [ClientOrderID]
    /// Of a change: what the order is to be.
    private var intent = OrderIntent.blank
    /// Of an order: it may only shrink the position, and ends when the venue ends it.
    private var isReduceOnly = false

    public private(set) var hasVerdict = false
    /// Nil for an approval.
    public private(set) var refusal: RefusalReason?
    public private(set) var state: OrderState?
    /// What is to be said beside that.
    public private(set) var message = ""
    /// It has its last word.
    public private(set) var isOver: Bool
    public private(set) var isGood = false

    init(_ command: OperatorCommand, outcome: OperatorOutcome? = nil, orders: [ClientOrderID] = []) {
        number = command.number
        request = command.request
        epoch = command.epoch
        self.outcome = outcome
        awaited = []
        switch command.request {
        case .order:
            order = command.intent.id
            isReduceOnly = command.intent.isReduceOnly
            isOver = false
        case .modify:
            order = command.intent.id
            intent = command.intent
            isOver = false
        case .cancel:
            order = command.target
            awaited = orders
            isOver = orders.isEmpty
            isGood = isOver
        default:
            order = command.target
            isOver = true
        }
    }

    /// The name of its verdict; nil as long as there is none.
    public var verdict: String? { hasVerdict ? refusal?.rawValue ?? "approved" : nil }

    mutating func take(_ verdict: VerdictRecord) {
        hasVerdict = true
        refusal = verdict.reason
        isOver = verdict.reason != nil
    }

    /// How the order goes on, as far as this one waits for it.
    mutating func take(_ update: OrderUpdate) {
        switch request {
        case .order where update.order.id == order: follow(update)
        case .modify where update.order.id == order:
            state = update.state
            isGood = update.order.hasPricesAndQuantity(of: intent) && update.state.isLive
            // A linked order that filled says nothing of the change; one that was lost has a reason.
            let isRefused = update.reason != .none && update.reason != .linked
            isOver = isGood || isRefused || update.state.isTerminal
            if isOver, !isGood { message = "\(update.state): \(update.reason.name)" }
            if isGood { noteShare(update) }
        case .cancel where awaited.contains(update.order.id):
            state = update.state
            if update.state.isTerminal { awaited.removeAll { $0 == update.order.id } }
            isOver = awaited.isEmpty
            isGood = isOver
        default: break
        }
    }

    /// Of an order of a pair that is good for fewer contracts than were asked for.
    private mutating func noteShare(_ update: OrderUpdate) {
        guard update.order.role == .entry, update.reason == .linked, update.state != .cancelled else { return }
        let left = update.leaves.contracts, all = update.order.quantity.contracts
        message = "\(left) of \(all) left: the others have filled, its own or its pair's"
    }

    private mutating func follow(_ update: OrderUpdate) {
        let wasSent = state != nil
        state = update.state
        // Unknown is no end, and no beginning either.
        isOver = update.state != .pending && update.state != .unknown
        isGood = update.state != .rejected
        if isOver, !isGood { message = "\(update.state): \(update.reason.name)" }
        if isGood { noteShare(update) }
        if isReduceOnly, update.state == .pending, update.reason == .full || update.reason == .reduceOnly {
            message = "\(update.reason.name): a part of it is not sent"
        }
        guard isOver, update.order.role == .close, !isReduceOnly else { return }
        if !wasSent, update.reason == .linked {
            message = "not sent: the close is under way already, or goes by the stop (\(update.order.link))"
        }
        if wasSent, update.state == .rejected, update.reason != .staleEpoch {
            // The whole position is to be closed, and will be.
            isGood = true
            message = "\(update.reason.name): the close is sent again until the position is closed"
        }
    }
}

extension CommandEntry: PersistentState {
    public mutating func persist(_ archive: inout StateArchive) throws(StateArchive.Failure) {
        try archive.field(&number)
        try archive.code(&request)
        try archive.field(&order)
        try archive.field(&epoch)
        var name = outcome?.rawValue ?? ""
        try archive.field(&name)
        outcome = OperatorOutcome(rawValue: name)
        try archive.field(&isOver)
        try archive.field(&isGood)
        try archive.field(&awaited)
        // Of what is over nothing is compared any more.
        if request == .modify, !isOver { try intent.persist(&archive) }
        try archive.field(&isReduceOnly)
        try archive.field(&hasVerdict)
        var code = refusal?.code ?? 0
        try archive.field(&code)
        refusal = RefusalReason(code: code)
        var stateCode = state?.rawValue ?? 0
        try archive.field(&stateCode)
        state = OrderState(rawValue: stateCode)
        try archive.field(&message)
    }
}

extension OrderState {
    fileprivate var isLive: Bool { self == .working || self == .partiallyFilled }
}

extension Order {
    fileprivate func hasPricesAndQuantity(of intent: OrderIntent) -> Bool {
        let first = type.hasTrigger ? intent.trigger : intent.limit
        let second = type == .stopLimit ? intent.limit : .zero
        return quantity == intent.quantity && price == first && limit == second && trail == intent.trail
    }
}
