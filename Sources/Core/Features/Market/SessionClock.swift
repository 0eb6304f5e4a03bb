import Determinism
import MarketCalendar
import Units

/// Where an instant lies in its session and in the day (FEATURES C-106…C-111).
struct SessionClock: BitwiseCopyable {
    /// Between two instants at which something about the session changes: [start, end).
    struct Phase: BitwiseCopyable {
        var start: UInt64 = 0
        var end: UInt64 = 0
        /// C-110.
        var segment: Double = -1
        /// In regular hours.
        var isRegular = false
        /// The regular open has come, and the session goes on until 18:00.
        var isAfterOpen = false
        /// The initial balance is over.
        var isAfterBalance = false

        func contains(_ time: UInt64) -> Bool { time >= start && time < end }
    }

    private static let second: UInt64 = 1_000_000_000
    private static let hour: UInt64 = 3_600_000_000_000
    private static let radiansPerSecond = 2 * Double.pi / 86_400

    private(set) var session: SessionTimes
    private(set) var phase = Phase()
    /// 11:30, 14:00 and 15:30 of the trade date, and the time of the regular open also where there is none, ns.
    private var lateMorning: UInt64
    private var afternoon: UInt64
    private var lastPart: UInt64
    private var usualOpen: UInt64
    /// The second for which the hands are known, ns (none at first: centuries from now), and their sine and cosine.
    private var handTime: UInt64 = 1 << 63
    private var handSine = 0.0
    private var handCosine = 0.0
    /// The hour of UTC in which midnight is known, ns; zones change on such hours. And that midnight by the wall clock.
    private var hourStart: UInt64 = 1 << 63
    private var midnight: UInt64 = 0

    init(session: SessionTimes, calendar: borrowing TradingCalendar) {
        func instant(_ hour: Int, _ minute: Int) -> UInt64 {
            calendar.instant(TimeOfDay(hour: hour, minute: minute), on: session.tradeDate).nanoseconds
        }
        self.session = session
        lateMorning = instant(11, 30)
        afternoon = instant(14, 0)
        lastPart = instant(15, 30)
        usualOpen = calendar.instant(calendar.windows.rthOpen, on: session.tradeDate).nanoseconds
    }

    // MARK: Phase

    /// Finds the phase of `time`.
    mutating func enter(_ time: UInt64) {
        var next = Phase(start: 0, end: .max)
        let instants: InlineArray<11, UInt64> = [
            session.open.nanoseconds, session.premarketStart.nanoseconds, usualOpen,
            session.openingRangeEnd.nanoseconds, lateMorning, afternoon, lastPart, session.rthOpen.nanoseconds,
            session.rthClose.nanoseconds, session.initialBalanceEnd.nanoseconds, session.close.nanoseconds,
        ]
        for index in instants.indices {
            if instants[index] <= time {
                next.start = max(next.start, instants[index])
            } else {
                next.end = min(next.end, instants[index])
            }
        }
        let stamp = Timestamp(nanoseconds: time)
        next.segment = segment(stamp)
        next.isRegular = session.isRTH(stamp)
        next.isAfterOpen = session.hasRTH && stamp >= session.rthOpen
        next.isAfterBalance = session.hasRTH && stamp >= session.initialBalanceEnd
        phase = next
    }

    private func segment(_ time: Timestamp) -> Double {
        guard session.contains(time) else { return -1 }
        guard time.nanoseconds >= usualOpen else { return time < session.premarketStart ? 0 : 1 }
        guard session.isRTH(time) else { return 7 }
        if time < session.openingRangeEnd { return 2 }
        if time.nanoseconds < lateMorning { return 3 }
        if time.nanoseconds < afternoon { return 4 }
        return time.nanoseconds < lastPart ? 5 : 6
    }

    // MARK: Hands

    /// C-106; NaN without regular hours.
    func minutesSinceOpen(_ time: UInt64) -> Double { minutes(from: session.rthOpen.nanoseconds, to: time) }

    /// C-107; NaN without regular hours.
    func minutesToClose(_ time: UInt64) -> Double { minutes(from: time, to: session.rthClose.nanoseconds) }

    private func minutes(from start: UInt64, to end: UInt64) -> Double {
        defined(session.hasRTH, Double(Int64(bitPattern: end &- start)) / 60e9)
    }

    /// The hands were moved to the second of `time`.
    func knowsHands(at time: UInt64) -> Bool { time &- handTime < Self.second }

    /// C-108 and C-109 at `time`, a few multiplications.
    ///
    /// - Precondition: the hands are known at that time.
    func hands(at time: UInt64) -> (sine: Double, cosine: Double) {
        // The angle since that second is below 7.3e-5: the first terms left out, d⁵/120 and d⁴/24, are below 2e-18.
        let angle = Double(time &- handTime) * 1e-9 * Self.radiansPerSecond
        let square = angle * angle
        let sine = angle * (1 - square / 6)
        let cosine = 1 - square * 0.5
        return (handSine * cosine + handCosine * sine, handCosine * cosine - handSine * sine)
    }

    /// Moves the hands to the second of `time`.
    mutating func moveHands(to time: UInt64, calendar: borrowing TradingCalendar) {
        if time &- hourStart >= Self.hour {
            hourStart = time / Self.hour * Self.hour
            let seconds = calendar.zone.local(Timestamp(nanoseconds: hourStart)).time.seconds
            midnight = hourStart &- UInt64(seconds) * Self.second
        }
        handTime = time / Self.second * Self.second
        let angle = Double((handTime &- midnight) / Self.second) * Self.radiansPerSecond
        handSine = DeterministicMath.sin(angle)
        handCosine = DeterministicMath.cos(angle)
    }
}
