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

    /// By account.
    var truths = [VenueTruth(), VenueTruth()]
    /// Approved orders, and under which epoch.
    var approvals: [ClientOrderID: (intent: OrderIntent, epoch: UInt64, expiry: Timestamp)] = [:]
    /// Approved changes of orders, under which epoch each was, and until when that holds.
    var changes: [OrderIntent: (epoch: UInt64, expiry: Timestamp)] = [:]
    var submitted: Set<ClientOrderID> = []
    /// Opening orders that have left, and changes of them.
    var departed: Set<Order> = []
    /// Orders that were called ended, with how many contracts had filled by then.
    var ended: [ClientOrderID: Quantity] = [:]
    /// The execution gateway's orders and position as its outputs tell them.
    var live: [ClientOrderID: WorkingOrder] = [:]
    /// Which account each of those is for.
    var accountOf: [ClientOrderID: VenueAccount] = [:]
    /// By account.
    var reportedPositions: [Int64] = [0, 0]
    /// Rounds in which both of two accounts held contracts.
    var roundsInBoth = 0
    var flatCount = 0
    var armRequests = 0
    var state = TradingState.active
    private var seenRisk = 0
    private var seenExecution = 0
    private var executionFills = [FillSum(), FillSum()]
    private var riskFills = FillSum()
    private var seenTruth = [0, 0]

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

    /// What the venue's events say of an order, whichever account it is for.
    func standing(_ order: ClientOrderID) -> VenueTruth.Standing? { truths.compactMap { $0.orders[order] }.first }

    private func followTruth() {
        for account in configuration.accounts { truths[account.place].follow(lies.truth[account.place]) }
    }

    func flushed() {
        followTruth()
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
        followTruth()
        if execution.isAlive { checkExecution() }
        if risk.isAlive { checkRisk() }
        checkTruth()
    }

    private func checkExecution() {
        let accounts = execution.fold.read { $0.accounts }
        for account in configuration.accounts {
            if let gateway = accounts[account] { checkExecution(gateway, account) }
        }
        if truths[0].position != 0, truths[1].position != 0 { roundsInBoth += 1 }
    }

    private func checkExecution(_ gateway: ExecutionGateway, _ account: VenueAccount) {
        let terms = configuration.trading.execution.terms
        executionFills[account.place].follow(execution.disk.outputs.count, cuts: execution.disk.cuts, terms: terms) {
            guard case .fill(let fill) = execution.disk.outputs[$0].message, fill.account == account else { return nil }
            return fill
        }
        executionFills[account.place].compare(with: gateway.position, "execution", world)
        if isHonest { compareWithVenue(gateway.openQuantity.contracts, account) }
        if isHonest, gateway.contradictions > 0 {
            world.report(.positionFollowsVenue, "a contradiction, and nobody lied")
        }
        checkStops(gateway)
        checkBrackets(gateway)
    }

    /// The position after the last event that it took.
    private func compareWithVenue(_ position: Int64, _ account: VenueAccount) {
        let truth = truths[account.place]
        var heard: UInt64 = 0
        for entry in execution.disk.entries.reversed() {
            guard case .event(let event) = entry.message, event.account == account else { continue }
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
        for account in configuration.accounts {
            let position = truths[account.place].position
            if abs(position) > limit {
                world.report(.limitsHold, "the venue has \(position), the limit is \(limit)")
            }
            let isWrong = account == .first ? position < 0 : position > 0
            if configuration.hasTwoAccounts, isWrong {
                world.report(.accountsKeepTheirSides, "the \(account) account has \(position)")
            }
            checkSelfIssued(account)
        }
        checkPairs()
        for (id, filled) in ended {
            let now = standing(id)?.filled ?? .zero
            if now > filled {
                let more = (now - filled).contracts
                world.report(.unknownIsNotUnfilled, "\(id) was called ended and filled \(more) more")
            }
        }
    }
}

extension Watcher {
    /// At the venue, whatever was proven before: a fill of an order that nobody approved makes the position smaller.
    private func checkSelfIssued(_ account: VenueAccount) {
        let truth = truths[account.place]
        if seenTruth[account.place] > truth.fills.count { seenTruth[account.place] = 0 }
        let seen = seenTruth[account.place]
        guard seen < truth.fills.count else { return }
        var position: Int64 = 0
        for (index, fill) in truth.fills.enumerated() {
            let before = position
            position += fill.side.sign * fill.quantity.contracts
            guard index >= seen, fill.order.issuer == .execution, approvals[fill.order] == nil else { continue }
            if abs(position) >= abs(before) || position.signum() * before.signum() < 0 {
                world.report(.selfIssuedShrinks, "\(fill.order) made \(position) of a position of \(before)")
            }
        }
        seenTruth[account.place] = truth.fills.count
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
