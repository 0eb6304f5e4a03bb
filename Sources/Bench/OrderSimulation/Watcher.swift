import Execution
import Orders
import Pipeline
import Risk
import Units

/// Watches one run: everything that became durable, once and in order, and the state of every fold after each step.
final class Watcher {
    let world: SimulatedWorld
    let risk: StageProcess<RiskFollower>
    let execution: StageProcess<ExecutionFollower>
    let venue: StageProcess<VenueFollower>
    let lies: VenueLies
    let configuration: RunConfiguration

    var truth = VenueTruth()
    /// Approved orders, and under which epoch.
    var approvals: [ClientOrderID: (intent: OrderIntent, epoch: UInt64)] = [:]
    /// Approved changes of orders, and under which epoch each was.
    var changes: [OrderIntent: UInt64] = [:]
    var submitted: Set<ClientOrderID> = []
    /// Opening orders that have left, and changes of them.
    var departed: Set<Order> = []
    /// Orders that were called ended, with how many contracts had filled by then.
    var ended: [ClientOrderID: Quantity] = [:]
    /// The execution gateway's orders and position as its outputs tell them.
    var live: [ClientOrderID: WorkingOrder] = [:]
    var reportedPosition: Int64 = 0
    var flatCount = 0
    var armRequests = 0
    var state = TradingState.active
    private var seenRisk = 0
    private var seenExecution = 0
    private var executionFills = FillSum()
    private var riskFills = FillSum()

    init(
        _ world: SimulatedWorld, risk: StageProcess<RiskFollower>, execution: StageProcess<ExecutionFollower>,
        venue: StageProcess<VenueFollower>, lies: VenueLies, configuration: RunConfiguration
    ) {
        self.world = world
        self.risk = risk
        self.execution = execution
        self.venue = venue
        self.lies = lies
        self.configuration = configuration
    }

    /// The venue has said nothing but the truth: what holds for an honest venue alone is checked.
    var isHonest: Bool { lies.lieCount == 0 }

    // MARK: What became durable

    func flushed() {
        truth.follow(lies.truth)
        while seenRisk < risk.disk.flushedOutputs {
            take(ofRisk: risk.disk.outputs[seenRisk].message)
            seenRisk += 1
        }
        while seenExecution < execution.disk.flushedOutputs {
            take(ofExecution: execution.disk.outputs[seenExecution].message)
            seenExecution += 1
        }
        checkStopsLeft()
    }

    // MARK: The state of the folds

    func check() {
        truth.follow(lies.truth)
        if execution.isAlive { checkExecution() }
        if risk.isAlive { checkRisk() }
        checkTruth()
    }

    private func checkExecution() {
        let gateway = execution.fold.read { $0.gateway }
        let terms = configuration.trading.execution.terms
        executionFills.follow(execution.disk.outputs.count, cuts: execution.disk.cuts, terms: terms) {
            if case .fill(let fill) = execution.disk.outputs[$0].message { fill } else { nil }
        }
        executionFills.compare(with: gateway.position, "execution", world)
        if isHonest { compareWithVenue(gateway.openQuantity.contracts) }
        checkStops(gateway)
    }

    /// The position after the last event that it took.
    private func compareWithVenue(_ position: Int64) {
        var heard: UInt64 = 0
        for entry in execution.disk.entries.reversed() {
            guard case .event(let event) = entry.message else { continue }
            heard = event.sequence
            break
        }
        guard heard < truth.positions.count else {
            world.report(.positionFollowsVenue, "event \(heard) was heard and never told")
            return
        }
        let told = truth.positions[Int(heard)]
        if told != position {
            world.report(.positionFollowsVenue, "after event \(heard) execution has \(position), the venue \(told)")
        }
    }

    private func checkRisk() {
        let gate = risk.fold.read { $0.gate }
        riskFills.follow(risk.disk.entries.count, cuts: risk.disk.cuts, terms: configuration.trading.execution.terms) {
            if case .fill(let fill) = risk.disk.entries[$0].message { fill } else { nil }
        }
        riskFills.compare(with: gate.position, "risk", world)
        checkBooks(gate)
    }

    private func checkTruth() {
        guard isHonest else { return }
        let limit = configuration.trading.limits.position.contracts
        if abs(truth.position) > limit {
            world.report(.limitsHold, "the venue has \(truth.position), the limit is \(limit)")
        }
        for (id, filled) in ended {
            let now = truth.orders[id]?.filled ?? .zero
            if now > filled {
                let more = (now - filled).contracts
                world.report(.unknownIsNotUnfilled, "\(id) was called ended and filled \(more) more")
            }
        }
    }
}

/// The sum of the fills that made a position, computed again from what was journaled.
struct FillSum {
    private var count = 0
    private var cuts = 0
    private var quantity: Int64 = 0
    private var fees = Money.zero
    /// Paid less received, before fees.
    private var cost = Money.zero

    mutating func follow(_ end: Int, cuts: Int, terms: ContractTerms, _ fill: (Int) -> Fill?) {
        if cuts != self.cuts { self = FillSum() }
        self.cuts = cuts
        for index in count..<end {
            guard let fill = fill(index) else { continue }
            quantity += fill.signedQuantity.contracts
            fees += fill.fee
            cost += terms.value(fill.signedQuantity, at: fill.price)
        }
        count = end
    }

    func compare(with position: Position, _ owner: String, _ world: SimulatedWorld) {
        if position.quantity.contracts != quantity {
            world.report(
                .positionIsSumOfFills, "\(owner) has \(position.quantity.contracts), its fills come to \(quantity)")
        }
        if position.fees != fees {
            world.report(.moneyAddsUp, "\(owner): fees \(position.fees), its fills' come to \(fees)")
        }
        if position.openCost - position.realised != cost {
            world.report(
                .moneyAddsUp, "\(owner): cost \(position.openCost) less \(position.realised), its fills cost \(cost)")
        }
    }
}
