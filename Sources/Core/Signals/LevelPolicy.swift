import Determinism
import Orders
import Units

/// Sizes and distances of the default trading policy.
@frozen public struct LevelPolicyConfiguration: Hashable, BitwiseCopyable, Sendable {
    public var quantity = Quantity(1)
    /// From the fill, on the traded contract.
    public var stopDistance = Ticks(8)
    public var targetDistance = Ticks(16)
    public var timeStop = Nanoseconds.seconds(600)
    /// False: a test that is decided again after its position is gone may be entered again.
    public var entersTestOnce = true

    public init() {}
}

/// The default trading policy, `level`: one entry per test and level at the market, one position at a time, entries
/// inside the day's window, flat by its time.
///
/// It sees the account only through what it is told: verdicts, fills, then order updates, in this order within a step.
@frozen public struct LevelPolicy: Sendable {
    private var configuration: LevelPolicyConfiguration
    private var identities: ClientOrderIDSequence
    private var day = TradingDay.none
    /// Test of each level that has had its entry, 0 for none.
    private var entered = InlineArray<5, UInt32>(repeating: 0)
    /// The entry that is neither refused nor ended.
    private var entry = ClientOrderID.none
    /// Contracts of the account, and those of them that this policy opened.
    private var position = Quantity.zero
    @usableFromInline private(set) var ownPosition = Quantity.zero
    private var closeSent = false

    public init(_ configuration: LevelPolicyConfiguration = LevelPolicyConfiguration(), epoch: UInt16) {
        self.configuration = configuration
        identities = ClientOrderIDSequence(epoch: epoch, issuer: .strategy)
    }

    /// Starts a session: tests are numbered anew.
    public mutating func begin(_ day: TradingDay) {
        self.day = day
        entered = InlineArray(repeating: 0)
        closeSent = false
    }

    /// Identities are of this epoch from now on.
    public mutating func begin(identitiesOf epoch: UInt16) { identities.begin(epoch: epoch) }

    /// Time alone makes it ask for nothing.
    @inlinable public var holdsNothing: Bool { ownPosition == .zero }

    /// Turns a signal into an entry, if the policy allows one.
    public mutating func apply(_ signal: Signal, intents: inout TradingLimits.FewOutputs<OrderIntent>) {
        let level = Int(signal.level)
        guard day.takesEntries(at: signal.time), entry == .none, position == .zero else { return }
        guard entered[level] != signal.test || !configuration.entersTestOnce else { return }
        entered[level] = signal.test
        let intent = OrderIntent(
            id: identities.next(), time: signal.time, receiveTime: signal.receiveTime, action: .open,
            side: signal.direction, quantity: configuration.quantity, strategy: .level,
            stopDistance: configuration.stopDistance, targetDistance: configuration.targetDistance,
            timeStop: configuration.timeStop, signal: signal.sequence, quality: signal.quality)
        entry = intent.id
        intents.append(intent)
    }

    /// Asks for a close when the position must be gone. Call it after every event group and on every clock tick.
    @inlinable public mutating func advance(
        to time: Timestamp, receiveTime: Timestamp, intents: inout TradingLimits.FewOutputs<OrderIntent>
    ) {
        if mustClose(at: time) { close(time, receiveTime, &intents) }
    }

    @usableFromInline func mustClose(at time: Timestamp) -> Bool {
        ownPosition != .zero && !closeSent && day.mustBeFlat(at: time)
    }

    @usableFromInline mutating func close(
        _ time: Timestamp, _ receiveTime: Timestamp, _ intents: inout TradingLimits.FewOutputs<OrderIntent>
    ) {
        closeSent = true
        intents.append(
            OrderIntent(
                id: identities.next(), time: time, receiveTime: receiveTime, action: .close, strategy: .level))
    }

    /// Asks for a close of what it holds, whatever the time; once a position.
    public mutating func closeNow(
        _ time: Timestamp, receiveTime: Timestamp, intents: inout TradingLimits.FewOutputs<OrderIntent>
    ) {
        if ownPosition != .zero, !closeSent { close(time, receiveTime, &intents) }
    }

    public mutating func refused(_ intent: ClientOrderID) {
        if entry == intent { entry = .none }
    }

    public mutating func apply(_ fill: Fill) {
        position += fill.signedQuantity
        if fill.parent.issuer == .strategy { ownPosition += fill.signedQuantity }
        if position == .zero {
            ownPosition = .zero
            closeSent = false
        }
    }

    /// Where books net, the policy goes by its own book alone, as the risk gate has it after each fill.
    public mutating func follow(book quantity: Quantity) {
        position = quantity
        ownPosition = quantity
        if quantity == .zero { closeSent = false }
    }

    public mutating func apply(_ update: OrderUpdate) {
        if update.order.id == entry, update.state.isTerminal { entry = .none }
        // A close whose approval was void: it is asked for again.
        if update.state == .rejected, update.order.role == .close, update.order.id.issuer == .strategy {
            closeSent = false
        }
    }
}

extension LevelPolicy: PersistentState {
    public mutating func persist(_ archive: inout StateArchive) throws(StateArchive.Failure) {
        try archive.marker("level policy")
        try identities.persist(&archive)
        try day.persist(&archive)
        try archive.field(&entered)
        try archive.field(&entry)
        try archive.field(&position)
        try archive.field(&ownPosition)
        try archive.field(&closeSent)
    }
}
