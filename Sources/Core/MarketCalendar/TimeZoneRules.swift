public import Units

/// The offsets of one time zone from UTC, read from a compiled zone file (TZif, RFC 8536, versions 1 to 4): a table of
/// transitions, and a POSIX rule for the time after the last one.
public struct TimeZoneRules: Sendable {
    /// Seconds since 1970 from which `offsets[i]` holds; ascending.
    let transitions: [Int64]
    let offsets: [Int32]
    /// What holds before the first transition.
    let initialOffset: Int32
    /// What holds after the last transition; without it the last offset stays.
    let footer: PosixTimeZone?

    /// - Throws: what is wrong with the bytes and where.
    public init(tzif bytes: [UInt8]) throws(TimeZoneError) {
        self = try TZifReader.read(bytes)
    }

    /// A zone that follows one rule for all time, such as "EST5EDT,M3.2.0,M11.1.0", New York's since 2007. For tests
    /// and tools; programs read the system's file, which knows the past.
    /// - Throws: `.invalidFooter` with offset 0 when the text is not a POSIX rule.
    public init(posixRule text: String) throws(TimeZoneError) {
        guard let rule = PosixTimeZone(Array(text.utf8)) else { throw .invalidFooter(text: text, offset: 0) }
        self.init(transitions: [], offsets: [], initialOffset: rule.standardOffset, footer: rule)
    }

    init(transitions: [Int64], offsets: [Int32], initialOffset: Int32, footer: PosixTimeZone?) {
        self.transitions = transitions
        self.offsets = offsets
        self.initialOffset = initialOffset
        self.footer = footer
    }

    /// Seconds to add to UTC for local time; negative west of Greenwich. Cost: one binary search.
    public func utcOffset(at time: Timestamp) -> Int64 {
        utcOffset(atUnixSeconds: Int64(time.nanoseconds / 1_000_000_000))
    }

    func utcOffset(atUnixSeconds seconds: Int64) -> Int64 {
        if let footer, seconds >= transitions.last ?? .min { return Int64(footer.utcOffset(atUnixSeconds: seconds)) }
        var low = 0
        var high = transitions.count
        while low < high {
            let middle = (low + high) / 2
            if transitions[middle] <= seconds { low = middle + 1 } else { high = middle }
        }
        return Int64(low == 0 ? initialOffset : offsets[low - 1])
    }

    /// The instant of a local time. A time that occurs twice (clocks set back) means the first of the two; one that
    /// does not occur (clocks set forward) is read with the offset in force before the change. What a `Timestamp`
    /// cannot hold is clamped: before 1970 to 0, after 2554 to `.undefined`.
    public func timestamp(_ date: CivilDate, hour: Int, minute: Int, second: Int) -> Timestamp {
        let local = Int64(date.daysSinceEpoch) * 86_400 + Int64(hour * 3_600 + minute * 60 + second)
        let (nanoseconds, overflow) = UInt64(max(0, unixSeconds(local: local)))
            .multipliedReportingOverflow(by: 1_000_000_000)
        return overflow ? .undefined : Timestamp(nanoseconds: nanoseconds)
    }

    /// The instant of a local time of day.
    public func timestamp(_ date: CivilDate, _ time: TimeOfDay) -> Timestamp {
        timestamp(date, hour: time.hour, minute: time.minute, second: time.second)
    }

    /// Assumes at most one transition within a day of `local`, which holds for every zone in the database.
    private func unixSeconds(local: Int64) -> Int64 {
        let before = utcOffset(atUnixSeconds: local - 86_400)
        let after = utcOffset(atUnixSeconds: local + 86_400)
        if before == after || utcOffset(atUnixSeconds: local - before) == before { return local - before }
        if utcOffset(atUnixSeconds: local - after) == after { return local - after }
        return local - before
    }

    /// The local date and the seconds since local midnight.
    public func local(_ time: Timestamp) -> (date: CivilDate, time: TimeOfDay) {
        let seconds = Int64(time.nanoseconds / 1_000_000_000)
        let local = seconds + utcOffset(atUnixSeconds: seconds)
        let day = local >= 0 ? local / 86_400 : (local - 86_399) / 86_400
        return (CivilDate(daysSinceEpoch: Int32(day)), TimeOfDay(seconds: Int32(local - day * 86_400)))
    }
}
