import Determinism
import Orders
import Risk
import Units

/// The life of every order, and the orders that protect and close a position.
///
/// A fold over approvals, venue events, changes of the trading state, operators' commands, the lock word as it is told,
/// the best prices and the clock. Outputs collect in `commands` (to the venue, in order), `fills`, `updates` and
/// `notices`; the reader empties them after each step and hands fills on before updates. Nothing allocates.
///
/// A fill of an opening order gets its bracket in the same step: a protective stop, then a target, linked at the venue.
/// Every fill has a bracket of its own, at distances from its own price. Orders without an approval pass `mayShrink`.
public struct ExecutionGateway: Sendable {
    public let configuration: ExecutionConfiguration

    public var commands = TradingLimits.Outputs<VenueCommand>()
    public var fills = TradingLimits.Outputs<Fill>()
    public var updates = TradingLimits.Outputs<OrderUpdate>()
    public var notices = TradingLimits.FewOutputs<ExecutionNotice>()

    /// The sum of the fills.
    public internal(set) var position = Position()
    /// What the venue holds beyond that, and nothing explains.
    public internal(set) var unexplained = Quantity.zero
    public internal(set) var live = TradingLimits.LiveOrders<LiveOrder>()
    /// How the last orders ended, for what may still come of them.
    var ended = TradingLimits.EndedOrders<LiveOrder>()
    public internal(set) var brackets = TradingLimits.Brackets<Bracket>()

    /// The lock word as this fold was told it.
    public internal(set) var epoch: UInt64 = 1
    public internal(set) var isLocked = false
    /// Sequence of the last approval taken: none is good twice.
    var lastApproval: UInt64 = 0

    /// Everything is being cancelled and closed.
    public internal(set) var isFlattening = false
    public internal(set) var flattening = FlattenProgress()
    /// What is live and open is being compared with the venue; nothing opens.
    public internal(set) var isReconciling = false
    var read = VenueRead()
    /// Message time before which no read begins.
    var readFrom = Timestamp(nanoseconds: 0)
    /// Reads in a row that found a position that the fills do not explain.
    var positionDifferences: UInt8 = 0
    var quote = ExecutionQuote()

    var identities: ClientOrderIDSequence
    var updateCount: UInt64 = 0
    var fillCount: UInt64 = 0
    var queryCount: UInt64 = 0
    /// Sequence of the last venue event.
    var venueSequence: UInt64 = 0
    /// Steps of the venue that could not be: each has led to a flatten.
    public internal(set) var contradictions: UInt64 = 0
    /// Words of the venue that it had said before.
    public internal(set) var repetitions: UInt64 = 0
    /// Fills of orders that had ended.
    public internal(set) var lateFills: UInt64 = 0
    /// Orders sent so far.
    public internal(set) var sentCount: UInt64 = 0
    /// Approvals that were void.
    public internal(set) var voidCount: UInt64 = 0

    /// - Parameter epoch: of the identities of the orders that it issues. Later than any before, if some may have been
    ///   lost.
    public init(_ configuration: ExecutionConfiguration, epoch: UInt16) {
        self.configuration = configuration
        identities = ClientOrderIDSequence(epoch: epoch, issuer: .execution)
    }

    /// What is open at the venue, as far as is known.
    public var openQuantity: Quantity { position.quantity + unexplained }

    /// Nothing live, nothing open, nothing under way.
    public var isIdle: Bool {
        live.isEmpty && openQuantity == .zero && !isFlattening && !isReconciling && !read.isUnderWay
            && !(configuration.netsBooks && !brackets.isEmpty)
    }

    /// Only the market, or an operator, can end what is under way: a flatten that the market blocks.
    public var awaitsMarket: Bool { isFlattening && flattening.isBlocked && live.isEmpty }

    // MARK: Inputs

    /// Takes the lock word as of this step; one that is older than the last says nothing.
    public mutating func hold(epoch: UInt64, isLocked: Bool) {
        guard epoch >= self.epoch else { return }
        self.epoch = epoch
        self.isLocked = isLocked
    }

    /// Takes the best prices of the traded contract. Wanted before any other input of a step, unless idle.
    public mutating func follow(_ update: MarketUpdate) {
        let wasTrading = quote.isTrading
        quote = ExecutionQuote(update)
        // A market that opens takes what it has refused.
        guard !wasTrading, quote.isTrading else { return }
        let atOnce = Timestamp(nanoseconds: 0)
        for i in brackets.indices where brackets[i].isCloseWanted { brackets[i].closeFrom = atOnce }
    }

    /// Takes a change of the trading state: FLATTENING cancels and closes everything, REDUCING and HALTED cancel what
    /// could open.
    public mutating func apply(_ change: StateChange, _ clock: TradingClock) {
        if change.scope != .account { return apply(ofOneStrategy: change, clock) }
        switch change.to {
        case .flattening: flatten(change, clock)
        case .reducing, .halted: cancelEntries(of: nil, clock)
        case .active, .locked: break
        }
    }

    /// Takes what an operator, or the gateway's own process, asks of it.
    public mutating func apply(_ command: OperatorCommand, _ clock: TradingClock) {
        switch command.request {
        case .flatten:
            hold(epoch: command.epoch, isLocked: true)
            flatten(command, clock)
        case .arm:
            hold(epoch: command.epoch, isLocked: false)
            flattening.voidProof()
        case .cancel:
            if command.target == .none { cancelEntries(of: nil, clock) } else { _ = cancel(command.target, clock) }
        case .withheld: withhold(command.target, .staleEpoch, clock)
        case .expired: withhold(command.target, .notSent, clock)
        case .reconcile: reconcile(clock)
        case .identities: identities.begin(epoch: command.target.epoch)
        // Nobody watches the limits that were there when it was approved.
        case .peerSilent: cancelEntries(of: nil, clock)
        case .pause, .resume, .halt, .order, .modify, .peerHeard: break
        }
    }

    /// Moves the clocks on: time stops, missing answers, closes to be sent again. Call it at every event group and
    /// clock tick; costs next to nothing while idle.
    public mutating func advance(_ clock: TradingClock) {
        if live.isEmpty, brackets.isEmpty, !isFlattening, !isReconciling, !read.isUnderWay { return }
        checkTimers(clock)
        checkAnswers(clock)
        proceed(clock)
    }

    /// Does what is next of a flatten or a reconciliation.
    mutating func proceed(_ clock: TradingClock) {
        if isFlattening {
            continueFlatten(clock)
        } else if isReconciling {
            continueReconciliation(clock)
        }
    }

    /// Cancels one order on an operator's behalf. A protective stop is not cancelled alone: the position would be bare.
    public mutating func cancel(_ id: ClientOrderID, _ clock: TradingClock) -> CancelOutcome {
        guard let index = index(of: id) else { return .notLive }
        if live[index].order.role == .protectiveStop { return .protectsPosition }
        cancel(index, clock)
        return .sent
    }

    func index(of id: ClientOrderID) -> Int? { live.indices.first { live[$0].order.id == id } }
}
