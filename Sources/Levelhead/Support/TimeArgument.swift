import ArgumentParser
import MarketCalendar
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
