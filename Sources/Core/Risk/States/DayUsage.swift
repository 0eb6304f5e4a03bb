import Determinism
import Orders
import Units

/// What an account has used up of one trade date, and the lock that it is under. A live run leaves it behind, and the
/// next one of the same trade date begins with it.
@frozen public struct DayUsage: BitwiseCopyable, Equatable, Sendable {
    /// What one strategy has.
    @frozen public struct Strategy: BitwiseCopyable, Hashable, Sendable {
        public var profit = Money.zero
        /// Opening orders approved since 18:00 ET.
        public var trades: Int = 0
        /// Trade date of the loss that locked it; 0 when it is not locked.
        public var lockDate: Int32 = 0

        public init() {}
    }

    /// When it was left, by the wall clock: tells two of them apart and means nothing else.
    public var stamp: UInt64 = 0
    /// 0 before the first session: then there is only the lock.
    public var tradeDate: Int32 = 0
    /// Since 18:00 ET, fees and what was open included.
    public var profit = Money.zero
    /// Below the highest equity; and below the high of the funded account's programme.
    public var drawdown = Money.zero
    public var programmeDrawdown = Money.zero
    /// Opening orders approved since 18:00 ET.
    public var trades: Int = 0
    /// Why the account is being flattened or locked, and the trade date of that; `armed` for no lock.
    public var lockReason = StateReason.armed
    public var lockDate: Int32 = 0
    /// By `StrategyID.rawValue`.
    private var strategies = InlineArray<16, Strategy>(repeating: Strategy())

    public init() {}

    public subscript(_ strategy: StrategyID) -> Strategy {
        get { strategies[Int(strategy.rawValue)] }
        set { strategies[Int(strategy.rawValue)] = newValue }
    }

    public var isLocked: Bool { lockReason != .armed }

    public static func == (a: DayUsage, b: DayUsage) -> Bool {
        a.stamp == b.stamp && a.hasSameContents(as: b)
    }

    /// They differ in their stamps at most.
    public func hasSameContents(as other: DayUsage) -> Bool {
        guard tradeDate == other.tradeDate, profit == other.profit, drawdown == other.drawdown else { return false }
        guard programmeDrawdown == other.programmeDrawdown, trades == other.trades else { return false }
        guard lockReason == other.lockReason, lockDate == other.lockDate else { return false }
        return strategies.indices.allSatisfy { strategies[$0] == other.strategies[$0] }
    }
}

extension DayUsage: BoundedElement {
    public static var blank: DayUsage { DayUsage() }

    public mutating func persist(_ archive: inout StateArchive) throws(StateArchive.Failure) {
        try archive.field(&stamp)
        try archive.field(&tradeDate)
        try archive.field(&profit)
        try archive.field(&drawdown)
        try archive.field(&programmeDrawdown)
        try archive.field(&trades)
        try archive.code(&lockReason)
        try archive.field(&lockDate)
        for index in strategies.indices {
            try archive.field(&strategies[index].profit)
            try archive.field(&strategies[index].trades)
            try archive.field(&strategies[index].lockDate)
        }
    }
}
