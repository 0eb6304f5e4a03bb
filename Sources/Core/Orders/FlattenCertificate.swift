import Determinism
import Units

/// Who asked for a flatten and why, and what came of it.
@frozen public struct FlattenCertificate: Hashable, BitwiseCopyable, Sendable {
    /// The operator's command; 0 when a limit or the gateway itself asked.
    public var command: UInt64
    /// Of the lock word that the closing orders went with.
    public var epoch: UInt64
    public var sender: ShortText
    public var reason: ShortText
    /// Event time and message time of the start.
    public var start, startMessage: Timestamp
    /// Message times at which the two proving reads of the venue were sent; undefined until then.
    public var firstProof, secondProof: Timestamp
    /// Message time at which the second one was answered.
    public var proven: Timestamp
    /// Fills and contracts since the start.
    public var fills: UInt32
    public var contracts: Quantity
    /// What those contracts cost against the best price at the start that they could have been closed at; positive is
    /// worse than that.
    public var slippage: Money
    /// The best bid and offer at the start; zero where there was none.
    public var bid, ask: Ticks

    public init() {
        command = 0
        epoch = 0
        sender = ShortText()
        reason = ShortText()
        start = .undefined
        startMessage = .undefined
        firstProof = .undefined
        secondProof = .undefined
        proven = .undefined
        fills = 0
        contracts = .zero
        slippage = .zero
        bid = .zero
        ask = .zero
    }

    /// Adds a fill, against the best price at the start at which it could have been made.
    public mutating func add(_ quantity: Quantity, _ side: Side, at price: Ticks, moneyPerTick: Money) {
        fills += 1
        contracts += quantity
        let mark = side == .sell ? bid : ask
        guard mark > .zero else { return }
        slippage += moneyPerTick.times((price - mark).count, side.sign * quantity.contracts)
    }
}

extension FlattenCertificate: PersistentState {
    public mutating func persist(_ archive: inout StateArchive) throws(StateArchive.Failure) {
        try archive.field(&command)
        try archive.field(&epoch)
        try archive.field(&sender)
        try archive.field(&reason)
        try archive.field(&start)
        try archive.field(&startMessage)
        try archive.field(&firstProof)
        try archive.field(&secondProof)
        try archive.field(&proven)
        try archive.field(&fills)
        try archive.field(&contracts)
        try archive.field(&slippage)
        try archive.field(&bid)
        try archive.field(&ask)
    }
}
