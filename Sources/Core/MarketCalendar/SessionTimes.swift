public import Units

/// The instants of one Globex session. All windows are half-open: [start, end).
public struct SessionTimes: Equatable, BitwiseCopyable, Sendable {
    public let tradeDate: CivilDate
    /// 18:00 ET on the day before the trade date (Sunday for Monday).
    public let open: Timestamp
    /// 17:00 ET on the trade date, also on days on which trading is halted earlier.
    public let close: Timestamp
    /// `.undefined` on days on which the equity market is shut.
    public let rthOpen: Timestamp
    /// 16:00 ET, 13:00 ET on an early close that lies within the hours, `.undefined` when the equity market is shut.
    public let rthClose: Timestamp
    /// The stock exchanges close at 13:00 ET, whatever hours are configured.
    public let isEarlyClose: Bool
    public let premarketStart: Timestamp
    public let premarketEnd: Timestamp
    /// Defined on every trade date, also without regular hours: the futures trade.
    public let openingRangeStart: Timestamp
    public let openingRangeEnd: Timestamp
    /// `.undefined` when the equity market is shut.
    public let initialBalanceEnd: Timestamp

    /// False on days on which the equity market is shut.
    public var hasRTH: Bool { rthOpen.isDefined }
    /// Globex is open at `time`, in this session.
    public func contains(_ time: Timestamp) -> Bool { time >= open && time < close }
    /// A book of `time` may stand when the session opens: it is of the quarter of an hour before, in which the exchange
    /// takes orders and does not match them, or later.
    public func canBegin(withBookOf time: Timestamp) -> Bool { time + .minutes(15) >= open }
    /// False when there are no regular hours.
    public func isRTH(_ time: Timestamp) -> Bool { hasRTH && time >= rthOpen && time < rthClose }
}
