import DBN
import MarketCalendar
import Units

/// Whether a contract trades, by the status records on the tape, or by the calendar where there are none.
@frozen public struct TradingStatus: BitwiseCopyable, Sendable {
    /// Who decides.
    @frozen public enum Source: UInt8, BitwiseCopyable, Sendable {
        /// No status record was on the tape yet, or none since status records are missing.
        case calendar
        case status
    }

    public private(set) var source = Source.calendar
    /// Last `action` of a status record (PROTOCOL: 7 is trading, 8 halt, 12 close).
    public private(set) var action: UInt16 = 0

    public static let tradingAction: UInt16 = 7
    public static let haltAction: UInt16 = 8

    public init() {}

    /// Takes the `action` of a status record. Short-sale restrictions and the like (14) change nothing.
    public mutating func apply(action: UInt16) {
        guard action != 0, action != 14 else { return }
        source = .status
        self.action = action
    }

    /// Status records are missing, those after `from` and before `to`, ns, when `session` is under way or was last.
    /// What the last one said of another session is over; a halt of this one is not taken for its end.
    public mutating func lose(from: UInt64, to: UInt64, in session: SessionTimes) {
        guard from < session.open.nanoseconds || to >= session.close.nanoseconds else { return }
        self = TradingStatus()
    }

    /// A status record says that the contract does not trade and that its session is not over: a halt, a pause, or the
    /// way out of one. 11 to 13 are the close, 15 is not available.
    public var isHalt: Bool {
        switch (source, action) {
        case (.calendar, _), (.status, Self.tradingAction), (.status, 11...13), (.status, 15): false
        case (.status, _): true
        }
    }

    public func isOpen(byCalendar calendarOpen: Bool) -> Bool {
        switch source {
        case .calendar: calendarOpen
        case .status: action == Self.tradingAction
        }
    }
}
