import ArgumentParser
import MarketCalendar
import Tape
import Units

/// An instant on the command line: nanoseconds since 1970, or ISO 8601, UTC unless it names an offset.
struct TimeArgument: ExpressibleByArgument {
    let time: Timestamp

    init?(argument: String) {
        let nanoseconds = UInt64(argument).map(Timestamp.init(nanoseconds:))
        guard let time = nanoseconds ?? Timestamp(iso8601: argument) else { return nil }
        self.time = time
    }
}

/// Instants as ISO 8601 text.
enum TimeText {
    /// "2026-11-20T14:30:00.000000001Z".
    static func iso8601(_ nanoseconds: UInt64) -> String {
        let date = UTCDay.date(of: Timestamp(nanoseconds: nanoseconds))
        let rest = nanoseconds % Timestamp.nanosecondsPerDay
        let seconds = rest / 1_000_000_000
        let clock = padded(seconds / 3_600, 2) + ":" + padded(seconds / 60 % 60, 2) + ":" + padded(seconds % 60, 2)
        return "\(date)T" + clock + "." + padded(rest % 1_000_000_000, 9) + "Z"
    }

    private static func padded(_ value: UInt64, _ width: Int) -> String {
        let text = String(value)
        return String(repeating: "0", count: max(0, width - text.count)) + text
    }
}
