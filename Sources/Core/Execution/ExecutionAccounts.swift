import Determinism
import Orders
import Risk
import Units

/// The execution gateway of one account, or those of two: the first holds what is long, the second what is short, each
/// with its own orders, brackets, reads and timers.
///
/// What both put out is in the lists of `first`, and one numbering goes through both: no identity, query or sequence
/// number is given out twice, and no approval is good in both. A flatten is of both, and is told as proven once each
/// account has been read twice and nothing has been heard of either since.
public struct ExecutionAccounts: Sendable {
    public var first: ExecutionGateway
    /// Nil where there is one account.
    public internal(set) var second: ExecutionGateway?
    public let areTwo: Bool
    /// An account was proven flat, and not yet both.
    var awaitsProof = false

    /// - Parameter epoch: of the identities of the orders that the gateways issue.
    public init(_ configuration: ExecutionConfiguration, epoch: UInt16, areTwo: Bool) {
        precondition(!(areTwo && configuration.netsBooks), "of two accounts neither nets")
        var configuration = configuration
        configuration.isOneOfTwo = areTwo
        first = ExecutionGateway(configuration, epoch: epoch)
        self.areTwo = areTwo
        guard areTwo else { return }
        configuration.account = .second
        second = ExecutionGateway(configuration, epoch: epoch)
    }

    /// The gateway of one account; nil where there is none.
    public subscript(_ account: VenueAccount) -> ExecutionGateway? { account == .first ? first : second }

    /// Nothing live, nothing open, nothing under way in any account.
    public var isIdle: Bool {
        if !first.isIdle { return false }
        return areTwo ? second?.isIdle ?? true : true
    }

    /// The same, asked at every group: a call that borrows all of it copies it.
    public var isIdleNow: Bool {
        mutating get {
            if !first.isIdle { return false }
            return areTwo ? second?.isIdle ?? true : true
        }
    }

    /// The market and time change nothing in any account.
    public var isAtRest: Bool {
        mutating get { isIdleNow && first.brackets.isEmpty && (second?.brackets.isEmpty ?? true) }
    }

    /// Only the market, or an operator, can end what is under way in any account.
    public var awaitsMarket: Bool {
        guard areTwo, let second else { return first.awaitsMarket }
        let isFirst = first.awaitsMarket, isSecond = second.awaitsMarket
        return (isFirst || isSecond) && (isFirst || first.isIdle) && (isSecond || second.isIdle)
    }

    /// A bracket is open in some account.
    public var hasBrackets: Bool { !first.brackets.isEmpty || second.map { !$0.brackets.isEmpty } ?? false }

    /// Signed contracts of all accounts, by the fills.
    public var quantity: Quantity { first.position.quantity + (second?.position.quantity ?? .zero) }
    /// Orders sent so far.
    public var sentCount: UInt64 { first.sentCount + (second?.sentCount ?? 0) }
    public var liveCount: Int { first.live.count + (second?.live.count ?? 0) }
    /// Live orders of all accounts, for who looks now and then.
    public var liveOrders: [LiveOrder] {
        let others = second.map { second in second.live.indices.map { second.live[$0] } }
        return first.live.indices.map { first.live[$0] } + (others ?? [])
    }
    public var isFlattening: Bool { first.isFlattening || second?.isFlattening ?? false }
    public var isReconciling: Bool { first.isReconciling || second?.isReconciling ?? false }
    /// A flatten has to wait for the market in some account.
    public var isBlocked: Bool { Self.isBlocked(first) || second.map(Self.isBlocked) ?? false }

    private static func isBlocked(_ gateway: ExecutionGateway) -> Bool {
        gateway.isFlattening && gateway.flattening.isBlocked
    }

    // MARK: Inputs

    /// Takes the best prices of the traded contract. Wanted before any other input of a step, unless idle.
    public mutating func follow(_ update: MarketUpdate) {
        first.follow(update)
        if areTwo { second?.follow(update) }
    }

    /// Moves the clocks on. Costs next to nothing while idle.
    public mutating func advance(_ clock: TradingClock) {
        if !areTwo { return first.advance(clock) }
        if isIdleNow { return }
        step(both: clock) { $0.advance(clock) }
    }

    /// What was due before the venue said something at `time`, where `clock` stands behind it, as between two records
    /// of a replay.
    public mutating func checkStops(at time: Timestamp, _ clock: TradingClock) {
        if !areTwo { return first.checkStops(at: time, clock) }
        step(both: clock) { $0.checkStops(at: time, clock) }
    }

    /// Takes what the venue says: it is of one account.
    public mutating func apply(_ event: VenueEvent, _ clock: TradingClock) {
        if !areTwo { return first.apply(event, clock) }
        step(event.account, clock) { $0.apply(event, clock) }
    }

    public mutating func apply(_ change: StateChange, _ clock: TradingClock) {
        if !areTwo { return first.apply(change, clock) }
        step(both: clock) { $0.apply(change, clock) }
    }

    public mutating func apply(_ command: OperatorCommand, _ clock: TradingClock) {
        if !areTwo { return first.apply(command, clock) }
        step(both: clock) { $0.apply(command, clock) }
    }

    /// Takes an approval: it goes to the account that holds, or is to hold, its side.
    public mutating func accept(_ approval: Approval, _ clock: TradingClock) {
        if !areTwo { return first.accept(approval, clock) }
        let opensNothing = isFlattening || isReconciling
        step(account(of: approval.intent), clock) { $0.accept(approval, opensNothing: opensNothing, clock) }
    }

    private func account(of intent: OrderIntent) -> VenueAccount {
        switch intent.action {
        case .open: VenueAccount.holding(intent.isReduceOnly ? intent.side.opposite : intent.side)
        case .modify, .cancel: second?.index(of: intent.id) == nil ? .first : .second
        case .close: second?.bookQuantity(of: intent.strategy) ?? .zero == .zero ? .first : .second
        }
    }
}

extension ExecutionAccounts: PersistentState {
    public mutating func persist(_ archive: inout StateArchive) throws(StateArchive.Failure) {
        try first.persist(&archive)
        guard var other = second else { return }
        second = nil
        try other.persist(&archive)
        second = other
        try archive.field(&awaitsProof)
    }
}
