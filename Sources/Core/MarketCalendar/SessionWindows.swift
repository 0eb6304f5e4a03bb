/// The windows inside a Globex session, as times of day in New York. A time from 18:00 on belongs to the evening before
/// the trade date, where the session begins; so 18:30 comes before 09:30. All windows are half-open.
public struct SessionWindows: Equatable, Sendable {
    public let premarketStart: TimeOfDay
    public let premarketEnd: TimeOfDay
    public let openingRangeStart: TimeOfDay
    public let openingRangeMinutes: Int
    public let rthOpen: TimeOfDay
    public let rthClose: TimeOfDay
    /// Counted from the RTH open.
    public let initialBalanceMinutes: Int

    /// Pre-market 04:00–09:30, opening range 09:30–09:45, RTH 09:30–16:00, initial balance 09:30–10:30.
    public static let regular = SessionWindows()

    private init() {
        premarketStart = TimeOfDay(hour: 4, minute: 0)
        premarketEnd = TimeOfDay(hour: 9, minute: 30)
        openingRangeStart = TimeOfDay(hour: 9, minute: 30)
        openingRangeMinutes = 15
        rthOpen = TimeOfDay(hour: 9, minute: 30)
        rthClose = TimeOfDay(hour: 16, minute: 0)
        initialBalanceMinutes = 60
    }

    /// - Throws: the first window that is empty, or that lies in the maintenance hour (17:00–18:00).
    public init(
        premarketStart: TimeOfDay, premarketEnd: TimeOfDay, openingRangeStart: TimeOfDay, openingRangeMinutes: Int,
        rthOpen: TimeOfDay, rthClose: TimeOfDay, initialBalanceMinutes: Int
    ) throws(SessionWindowError) {
        self.premarketStart = premarketStart
        self.premarketEnd = premarketEnd
        self.openingRangeStart = openingRangeStart
        self.openingRangeMinutes = openingRangeMinutes
        self.rthOpen = rthOpen
        self.rthClose = rthClose
        self.initialBalanceMinutes = initialBalanceMinutes
        try SessionWindows.check(.premarket, premarketStart.secondsIntoSession, premarketEnd.secondsIntoSession)
        try SessionWindows.check(.openingRange, from: openingRangeStart, minutes: openingRangeMinutes)
        try SessionWindows.check(.regularHours, rthOpen.secondsIntoSession, rthClose.secondsIntoSession)
        try SessionWindows.check(.initialBalance, from: rthOpen, minutes: initialBalanceMinutes)
    }

    private static func check(
        _ window: SessionWindowError.Window, from start: TimeOfDay, minutes: Int
    ) throws(SessionWindowError) {
        let end = start.secondsIntoSession + Int32(clamping: min(max(minutes, -1_440), 1_440) * 60)
        try check(window, start.secondsIntoSession, end)
    }

    private static func check(
        _ window: SessionWindowError.Window, _ start: Int32, _ end: Int32
    ) throws(SessionWindowError) {
        guard TimeOfDay(secondsIntoSession: start) != nil, TimeOfDay(secondsIntoSession: end) != nil else {
            throw .outsideSession(window)
        }
        guard start < end else { throw .empty(window) }
    }

    var openingRangeEnd: TimeOfDay { SessionWindows.time(openingRangeStart, plusMinutes: openingRangeMinutes) }
    var initialBalanceEnd: TimeOfDay { SessionWindows.time(rthOpen, plusMinutes: initialBalanceMinutes) }

    private static func time(_ start: TimeOfDay, plusMinutes minutes: Int) -> TimeOfDay {
        TimeOfDay(seconds: (start.seconds + Int32(minutes * 60)) % 86_400)
    }
}

public enum SessionWindowError: Error, Equatable, Sendable {
    public enum Window: String, Sendable { case premarket, openingRange, regularHours, initialBalance }

    /// The window does not end after it starts, on the session's clock (18:00 first, 17:00 last).
    case empty(Window)
    /// The window starts or ends between 17:00 and 18:00, or runs past 17:00.
    case outsideSession(Window)
}
