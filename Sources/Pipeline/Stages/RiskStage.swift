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
    private let tradesSignals: Bool
    private var intents = TradingLimits.FewOutputs<OrderIntent>()

    init(_ configuration: TradingConfiguration, epoch: UInt16) {
        policy = LevelPolicy(configuration.policy, epoch: epoch)
        gate = RiskGate(terms: configuration.execution.terms, limits: configuration.limits)
        tradesSignals = configuration.tradesSignals
    }

    /// Something waits to be reviewed.
    var hasIntents: Bool { !intents.isEmpty }

    mutating func begin(_ day: TradingDay) {
        policy.begin(day)
        gate.begin(day)
    }

    mutating func apply(_ update: MarketUpdate) { gate.apply(update) }

    mutating func advance(to time: Timestamp) { gate.advance(to: time) }

    mutating func apply(_ fill: Fill) {
        gate.apply(fill)
        policy.apply(fill)
    }

    mutating func apply(_ update: OrderUpdate) {
        gate.apply(update)
        policy.apply(update)
    }

    mutating func apply(_ notice: ExecutionNotice) { gate.apply(notice) }

    /// The policy answers a signal; what it wants is reviewed in `review`.
    mutating func apply(_ signal: Signal) {
        if tradesSignals { policy.apply(signal, intents: &intents) }
    }

    /// What the policy wants at this time, on top of what signals asked for, is reviewed.
    mutating func review(_ clock: TradingClock) {
        if collectIntents(clock) { reviewIntents() }
    }

    /// Adds what the policy wants at this time. True when something is to be reviewed.
    @inline(__always)
    mutating func collectIntents(_ clock: TradingClock) -> Bool {
        policy.advance(to: clock.event, receiveTime: clock.message, intents: &intents)
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
            approvals.append(Approval(intent: approved.subject, sequence: approved.sequence))
        case .refused: policy.refused(intent.id)
        }
    }

    /// An operator's request that changes the trading state.
    mutating func apply(_ command: OperatorCommand) -> OperatorOutcome {
        switch command.request {
        case .pause: return gate.pause()
        case .resume: return gate.resume()
        case .halt: return gate.halt()
        case .flatten: return gate.requestFlatten()
        case .arm: return gate.arm()
        case .order:
            review(command.intent)
            return .done
        case .cancel, .withheld, .reconcile: return .done
        }
    }
}

extension RiskStage {
    mutating func persist(_ archive: inout StateArchive) throws(StateArchive.Failure) {
        try policy.persist(&archive)
        try gate.persist(&archive)
    }
}
