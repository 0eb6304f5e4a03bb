import Determinism
import Units

/// The times of one Globex session that policy and risk need, set at each session change (18:00 ET). Windows are
/// half-open.
@frozen public struct TradingDay: Hashable, BitwiseCopyable, Sendable {
    /// Before the first session: nothing is open.
    public static let none = TradingDay(
        tradeDate: 0, sessionOpen: .undefined, sessionClose: .undefined, entryOpen: .undefined, entryClose: .undefined,
        flatBy: .undefined)

    /// Year, month and day as one number, 20240305.
    public var tradeDate: Int32
    /// 18:00 ET of the day before, and 17:00.
    public var sessionOpen, sessionClose: Timestamp
    /// When a strategy may open positions.
    public var entryOpen, entryClose: Timestamp
    /// When a strategy's position must be closed.
    public var flatBy: Timestamp
    /// When a funded account's programme wants every position gone; `undefined` when it does not.
    public var programmeFlatBy: Timestamp
    /// When nothing may be held or worked any more, because another contract is traded from the next session on;
    /// `undefined` when the same one is.
    public var rollFlatBy: Timestamp
    /// When the session after this one opens; `undefined` when nobody knows.
    public var reopen: Timestamp

    public init(
        tradeDate: Int32, sessionOpen: Timestamp, sessionClose: Timestamp, entryOpen: Timestamp, entryClose: Timestamp,
        flatBy: Timestamp, programmeFlatBy: Timestamp = .undefined, rollFlatBy: Timestamp = .undefined,
        reopen: Timestamp = .undefined
    ) {
        self.tradeDate = tradeDate
        self.sessionOpen = sessionOpen
        self.sessionClose = sessionClose
        self.entryOpen = entryOpen
        self.entryClose = entryClose
        self.flatBy = flatBy
        self.programmeFlatBy = programmeFlatBy
        self.rollFlatBy = rollFlatBy
        self.reopen = reopen
    }

    @inlinable public func takesEntries(at time: Timestamp) -> Bool { time >= entryOpen && time < entryClose }
    @inlinable public func isOpen(at time: Timestamp) -> Bool { time >= sessionOpen && time < sessionClose }
    /// The contract's last minutes as the one that is traded.
    @inlinable public func isLastMinutes(at time: Timestamp) -> Bool { rollFlatBy.isDefined && time >= rollFlatBy }
    @inlinable public func mustBeFlat(at time: Timestamp) -> Bool { flatBy.isDefined && time >= flatBy }
}

extension TradingDay: PersistentState {
    public mutating func persist(_ archive: inout StateArchive) throws(StateArchive.Failure) {
        try archive.field(&tradeDate)
        try archive.field(&sessionOpen)
        try archive.field(&sessionClose)
        try archive.field(&entryOpen)
        try archive.field(&entryClose)
        try archive.field(&flatBy)
        try archive.field(&programmeFlatBy)
        try archive.field(&rollFlatBy)
        try archive.field(&reopen)
    }
}
