import Execution
import Orders
import PaperVenue
import Risk
import Signals
import Units

/// Risk gate, execution gateway and paper venue linked in one thread, the way a replay links them. One step: venue,
/// then its events, risk, the gateway's timers, and then everything that follows from them until nothing does.
struct Desk {
    var risk: RiskGate
    var execution: ExecutionGateway
    var venue: PaperVenue
    let venueConfiguration: PaperVenueConfiguration
    let market = TestMarket()
    var now = Script.time("0")
    var log: [String] = []
    var names: [ClientOrderID: String] = [:]
    var fills: [Fill] = []
    var refusedIntents: [ClientOrderID] = []
    var pendingFills: [Fill] = []
    var pendingUpdates: [OrderUpdate] = []
    /// Of the lock word, as the risk gate knows it.
    var epoch: UInt64 = 1
    /// The venue hears commands but says nothing.
    var isVenueSilent = false

    init(limits: RiskLimits = RiskLimits(), latency: Nanoseconds = .milliseconds(1)) {
        risk = RiskGate(terms: Script.terms, limits: limits)
        execution = ExecutionGateway(ExecutionConfiguration(terms: Script.terms), epoch: 1)
        var configuration = PaperVenueConfiguration(terms: Script.terms)
        configuration.commandLatency = latency
        configuration.eventLatency = latency
        venueConfiguration = configuration
        venue = PaperVenue(configuration)
        risk.begin(Script.day)
    }

    var clock: TradingClock { TradingClock(now) }

    /// An event group of the traded contract.
    mutating func group() {
        now = market.time
        venue.apply(market.update)
        hear()
        risk.apply(market.update)
        advanceExecution()
        settle()
        market.setTrades([])
    }

    /// The 1 s clock.
    mutating func tick(_ time: Timestamp) {
        now = time
        venue.advance(to: time)
        hear()
        risk.advance(to: time)
        advanceExecution()
        settle()
    }

    private mutating func advanceExecution() {
        execution.follow(market.update)
        execution.advance(clock)
    }

    /// An operator asks the execution gateway itself.
    mutating func tell(_ command: OperatorCommand) {
        execution.follow(market.update)
        execution.apply(command, clock)
        settle()
    }

    mutating func take(_ intent: OrderIntent) {
        switch risk.review(intent) {
        case .approved(let approved):
            execution.follow(market.update)
            execution.accept(approved, epoch: epoch, clock)
        case .refused: refusedIntents.append(intent.id)
        }
        settle()
    }

    private mutating func hear() {
        if isVenueSilent { return }
        while let event = venue.nextEvent(until: now) {
            execution.follow(market.update)
            execution.apply(event, clock)
            settle()
        }
    }

    /// Hands every output on until there is none.
    mutating func settle() {
        while true {
            var isQuiet = true
            for i in risk.verdicts.indices { note(risk.verdicts[i]) }
            risk.verdicts.removeAll()
            let changes = risk.changes
            risk.changes.removeAll()
            for i in changes.indices {
                isQuiet = false
                note(changes[i])
                execution.apply(changes[i], clock)
            }
            isQuiet = drainExecution() && isQuiet
            if isQuiet { return }
        }
    }

    private mutating func drainExecution() -> Bool {
        let notices = execution.notices, fills = execution.fills, updates = execution.updates
        let commands = execution.commands
        execution.notices.removeAll()
        execution.fills.removeAll()
        execution.updates.removeAll()
        execution.commands.removeAll()
        for i in fills.indices {
            note(fills[i])
            risk.apply(fills[i])
        }
        for i in updates.indices {
            note(updates[i])
            risk.apply(updates[i])
        }
        for i in notices.indices {
            note(notices[i])
            risk.apply(notices[i])
        }
        for i in commands.indices {
            if commands[i].kind == .cancel { log.append("cancel \(name(commands[i].order.id))") }
            venue.receive(commands[i], at: now, market: market.update)
        }
        return notices.isEmpty && fills.isEmpty && updates.isEmpty && commands.isEmpty
    }

    mutating func reload() throws {
        risk = try reloaded(risk, into: RiskGate(terms: Script.terms, limits: risk.limits))
        execution = try reloaded(
            execution, into: ExecutionGateway(ExecutionConfiguration(terms: Script.terms), epoch: 1))
        venue = try reloaded(venue, into: PaperVenue(venueConfiguration))
    }

    // MARK: Log

    func name(_ id: ClientOrderID) -> String {
        if let name = names[id] { return name }
        switch id.issuer {
        case .strategy: return "s\(id.count)"
        case .manual: return "m\(id.count)"
        case .execution: return "x\(id.count)"
        case nil: return "?"
        }
    }

    private mutating func note(_ verdict: VerdictRecord) {
        log.append(
            verdict.reason.map { "refused \(name(verdict.intent)) \($0.rawValue)" }
                ?? "approved \(name(verdict.intent))")
    }

    private mutating func note(_ change: StateChange) {
        log.append("\(change.from.name) to \(change.to.name) \(change.reason.name)")
    }

    private mutating func note(_ notice: ExecutionNotice) {
        switch notice.kind {
        case .flattening: log.append("gateway flattens \(notice.reason.name)")
        case .flat: log.append("flat after \(notice.rounds) rounds")
        case .flattenBlocked: log.append("flatten blocked \(notice.block.name)")
        case .flattenLate: log.append("flatten late")
        case .reconciliationQuestion:
            log.append("question \(notice.expected.contracts) found \(notice.found.contracts)")
        case .reconciled: log.append("reconciled \(notice.found.contracts)")
        case .strayOrder: log.append("stray \(name(notice.order))")
        case .bookClose: log.append("\(notice.strategy.name) wants \(notice.found.contracts)")
        case .cancelAsked, .reconciliationAsked: log.append("asked for \(notice.kind)")
        }
    }

    private mutating func note(_ fill: Fill) {
        fills.append(fill)
        pendingFills.append(fill)
        log.append("fill \(name(fill.order)) \(fill.side) \(fill.quantity.contracts) @ \(Script.text(fill.price))")
    }

    private mutating func note(_ update: OrderUpdate) {
        pendingUpdates.append(update)
        let order = update.order
        guard update.state == .pending else {
            let reason = update.reason == .none ? "" : " \(update.reason.name)"
            log.append("\(name(order.id)) \(update.state) \(update.leaves.contracts)\(reason)")
            return
        }
        let price = order.type == .market ? "" : " \(Script.text(order.price))"
        let what = "\(order.role) \(order.side) \(order.quantity.contracts) \(order.type)\(price)"
        log.append("send \(name(order.id)) \(what)")
    }
}
