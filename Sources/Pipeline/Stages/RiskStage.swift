import Accounts
import Determinism
import Execution
import Orders
import Risk
import Signals
import Units

/// Policy and risk gate of one account: signals, fills, order updates and the market in; approvals, verdicts and
/// changes of the trading state out. Outputs collect in lists that the reader empties.
struct RiskStage {
    private(set) var policy: LevelPolicy
    /// Its verdicts and changes are the stage's outputs.
    var gate: RiskGate
    /// Not yet handed to the execution gateway, in the order of their verdicts.
    var approvals = TradingLimits.FewOutputs<Approval>()
    /// What approvals go out under: the epoch that the stage was told, and the message time of the review.
    private(set) var epoch: UInt64 = 1
    var approvalTime = Timestamp(nanoseconds: 0)
    private let approvalLife: Nanoseconds
    private let tradesSignals: Bool
    private let keepsBooks: Bool
    private let sizing: PositionSizing?
    private var range: AverageRange
    private var intents = TradingLimits.FewOutputs<OrderIntent>()

    init(_ configuration: TradingConfiguration, epoch: UInt16) {
        policy = LevelPolicy(configuration.policy, epoch: epoch)
        gate = RiskGate(
            terms: configuration.execution.terms, limits: configuration.limits, rules: configuration.rules)
        approvalLife = configuration.approvalLife
        tradesSignals = configuration.tradesSignals
        keepsBooks = configuration.rules.keepsBooks
        sizing = configuration.sizing
        range = AverageRange(configuration.range)
    }

    /// Something waits to be reviewed.
    var hasIntents: Bool { !intents.isEmpty }

    /// The gate wants every book as it comes. What is plain is asked first, and in place: a call that borrows the gate
    /// copies it, a kilobyte at every group.
    var looksAtEveryUpdate: Bool {
        @inline(__always) mutating get {
            if gate.position.isFlat, !gate.restrictions.contains(.mark), !gate.looksAtBooks { return false }
            return gate.looksAtEveryUpdate
        }
    }

    /// There is nothing to review, and time alone changes nothing in that.
    var wantsNothing: Bool {
        @inline(__always) mutating get { intents.isEmpty && policy.holdsNothing && !gate.watchesStrategies }
    }

    /// Nothing is held, worked, being closed or waiting to be reviewed.
    var isAtRest: Bool { gate.isAtRest && intents.isEmpty }

    /// - Parameter keepsContract: another contract leads, and the one before it is still traded.
    mutating func begin(_ day: TradingDay, keepsContract: Bool = false) {
        if keepsContract { gate.keepContract() }
        policy.begin(day)
        gate.begin(day)
    }

    mutating func apply(_ update: MarketUpdate) { gate.apply(update) }

    /// Takes the book as it stands at the end of a second, which the market is known to have had.
    mutating func mark(_ update: MarketUpdate) {
        gate.apply(update)
        if update.quality.hasUsableBook { range.take(update) }
    }

    mutating func advance(to time: Timestamp) { gate.advance(to: time) }

    /// Another contract is traded from here on.
    mutating func changeContract() {
        gate.changeContract()
        range.changeContract()
    }

    mutating func apply(_ fill: Fill) {
        gate.apply(fill)
        if keepsBooks { policy.follow(book: gate.quantity(of: .level)) } else { policy.apply(fill) }
    }

    mutating func apply(_ update: OrderUpdate) {
        gate.apply(update)
        policy.apply(update)
    }

    /// A book's close that the execution gateway asks for is reviewed in `review`.
    mutating func apply(_ notice: ExecutionNotice) {
        gate.apply(notice)
        guard keepsBooks else { return }
        policy.follow(book: gate.quantity(of: .level))
        // What finds no room is asked for again.
        guard notice.kind == .bookClose, intents.count < 24 else { return }
        intents.append(
            OrderIntent(
                id: notice.order, time: gate.clock, receiveTime: gate.clock, action: .close,
                side: notice.found > .zero ? .buy : .sell, quantity: notice.found.magnitude,
                strategy: notice.strategy))
    }

    /// The policy answers a signal; what it wants is reviewed in `review`.
    mutating func apply(_ signal: Signal) {
        guard tradesSignals else { return }
        let before = intents.count
        policy.apply(signal, intents: &intents)
        guard let sizing else { return }
        for index in before..<intents.count { intents[index].quantity = quantity(intents[index], sizing) }
    }

    /// None when the rule cannot tell: the gate refuses that.
    private func quantity(_ intent: OrderIntent, _ sizing: PositionSizing) -> Quantity {
        sizing.contracts(
            SizingInputs(
                equity: gate.limits.balance + gate.equity, stopDistance: intent.stopDistance,
                averageTrueRange: range.ticks, terms: gate.terms,
                maximum: min(gate.limits.orderQuantity, gate.limits.position)))
    }

    /// What the policy wants at this time, on top of what signals asked for, is reviewed.
    mutating func review(_ clock: TradingClock) {
        if collectIntents(clock) { reviewIntents() }
    }

    /// Adds what the policy wants at this time. True when something is to be reviewed.
    @inline(__always)
    mutating func collectIntents(_ clock: TradingClock) -> Bool {
        approvalTime = clock.message
        policy.advance(to: clock.event, receiveTime: clock.message, intents: &intents)
        // Asked first: a call that borrows the gate copies it, a kilobyte at every group.
        if gate.watchesStrategies, gate.strategyToClose == .level {
            policy.closeNow(clock.event, receiveTime: clock.message, intents: &intents)
        }
        return !intents.isEmpty
    }

    mutating func reviewIntents() {
        for index in intents.indices { review(intents[index]) }
        intents.removeAll()
    }

    /// Judges one intent of whoever has it.
    mutating func review(_ intent: OrderIntent) {
        switch gate.review(intent) {
        case .approved(let approved):
            approvals.append(
                Approval(
                    intent: approved.subject, sequence: approved.sequence, epoch: epoch,
                    expiry: approvalTime + approvalLife))
        case .refused: if intent.action == .open || intent.action == .close { policy.refused(intent.id) }
        }
    }

    /// What the lock word says: approvals go out under the epoch, and under the lock there are none.
    mutating func hold(epoch: UInt64, isLocked: Bool) {
        self.epoch = max(self.epoch, epoch)
        gate.isHeld = isLocked
    }

    /// An operator's request, or a gateway's own watch. One that goes with an epoch of the lock word says what that is.
    mutating func apply(_ command: OperatorCommand) -> OperatorOutcome {
        if command.epoch > epoch { hold(epoch: command.epoch, isLocked: command.request == .flatten) }
        gate.command = command.id
        defer { gate.command = 0 }
        switch command.request {
        case .pause: return gate.pause(command.scope)
        case .resume: return gate.resume(command.scope)
        case .halt: return gate.halt()
        case .flatten: return gate.requestFlatten(epoch: command.epoch)
        case .arm: return arm(command)
        case .order, .modify: return reviewManual(command.intent)
        case .cancel where command.target != .none:
            return reviewManual(
                OrderIntent(id: command.target, time: .undefined, receiveTime: .undefined, action: .cancel))
        case .identities:
            policy.begin(identitiesOf: command.target.epoch)
            return .done
        case .cancel, .withheld, .expired, .reconcile: return .done
        case .peerSilent: return gate.losePeer()
        case .peerHeard: return gate.hearPeer()
        }
    }

    /// One that was asked for before the newest flatten undoes nothing of it. At a broker's venue the operator arms
    /// each run: that the lock word is open, as an earlier run has left it, is no token.
    private mutating func arm(_ command: OperatorCommand) -> OperatorOutcome {
        if command.scope == .account, command.epoch > 0, command.epoch < epoch { return .notNow }
        if gate.rules.venue == .broker, command.isOfLockWord { return .notNow }
        let outcome = gate.arm(command.scope)
        if outcome == .done, command.scope == .account { gate.isHeld = false }
        return outcome
    }

    private mutating func reviewManual(_ intent: OrderIntent) -> OperatorOutcome {
        let before = approvals.count
        review(intent)
        return approvals.count > before ? .done : .refused
    }
}

extension RiskStage {
    mutating func persist(_ archive: inout StateArchive) throws(StateArchive.Failure) {
        try policy.persist(&archive)
        try intents.persist(&archive)
        try gate.persist(&archive)
        try range.persist(&archive)
        try archive.field(&epoch)
    }
}
