import Determinism
import Orders
import Units

/// How one strategy stands, beside its book.
@frozen public struct StrategyStatus: Hashable, BitwiseCopyable, Sendable {
    /// ACTIVE, REDUCING (paused) or LOCKED (by its own loss).
    public internal(set) var state = TradingState.active
    /// Opening orders approved since 18:00 ET.
    public internal(set) var tradesToday = 0
    var dayStartEquity = Money.zero
    /// Trade date of the loss that locked it.
    public internal(set) var lockDate: Int32 = 0

    init() {}
}

extension StrategyStatus: PersistentState {
    public mutating func persist(_ archive: inout StateArchive) throws(StateArchive.Failure) {
        try archive.code(&state)
        try archive.field(&tradesToday)
        try archive.field(&dayStartEquity)
        try archive.field(&lockDate)
    }
}

/// The statuses of one account's strategies. Their memory is taken at the start.
public struct StrategyStatuses: Sendable {
    private var all = [StrategyStatus](repeating: StrategyStatus(), count: StrategyID.capacity)

    init() {}

    public internal(set) subscript(_ strategy: StrategyID) -> StrategyStatus {
        get { all[Int(strategy.rawValue)] }
        set { all[Int(strategy.rawValue)] = newValue }
    }
}

extension StrategyStatuses: PersistentState {
    public mutating func persist(_ archive: inout StateArchive) throws(StateArchive.Failure) {
        for index in all.indices { try all[index].persist(&archive) }
    }
}
