public import Units

extension Timestamp {
    /// Reads "2026-11-20", "2026-11-20T14:30", "2026-11-20T14:30:00.5", each with "Z" or an offset such as "-05:00"
    /// behind a time; UTC without. Nil for anything else, for dates that do not exist and for times before 1970 or
    /// after 2262.
    ///
    /// - Parameter needsZone: a date alone, or a time without its zone, is nothing.
    public init?(iso8601 text: some StringProtocol, needsZone: Bool = false) {
        var scanner = InstantScanner(text)
        guard let year = scanner.digits(4), scanner.skip("-"), let month = scanner.digits(2), scanner.skip("-"),
            let day = scanner.digits(2), let date = CivilDate(validYear: Int(year), month: Int(month), day: Int(day))
        else { return nil }
        var (clock, offset) = (0 as Int64, 0 as Int64)
        if !scanner.isAtEnd || needsZone {
            guard scanner.skip("T") || scanner.skip("t") || scanner.skip(" "), let time = scanner.clock(),
                !needsZone || !scanner.isAtEnd, let minutes = scanner.offsetMinutes(), scanner.isAtEnd
            else { return nil }
            (clock, offset) = (time, minutes * 60_000_000_000)
        }
        let (midnight, isTooLate) = Int64(date.daysSinceEpoch).multipliedReportingOverflow(
            by: Int64(Self.nanosecondsPerDay))
        let (utc, isTooLateInDay) = midnight.addingReportingOverflow(clock - offset)
        guard !isTooLate, !isTooLateInDay, utc >= 0 else { return nil }
        self.init(nanoseconds: UInt64(utc))
    }

    /// "2026-11-20T14:30:00.000000001Z".
    public var iso8601Text: String {
        let date = CivilDate(daysSinceEpoch: Int32(nanoseconds / Self.nanosecondsPerDay))
        let rest = nanoseconds % Self.nanosecondsPerDay
        let seconds = rest / 1_000_000_000
        func padded(_ value: UInt64, _ width: Int) -> String {
            let text = String(value)
            return String(repeating: "0", count: max(0, width - text.count)) + text
        }
        let clock = [seconds / 3_600, seconds / 60 % 60, seconds % 60].map { padded($0, 2) }.joined(separator: ":")
        return "\(date)T\(clock).\(padded(rest % 1_000_000_000, 9))Z"
    }
}

/// The parts of an instant's text, from its front on.
private struct InstantScanner {
    private var rest: ArraySlice<UInt8>

    init(_ text: some StringProtocol) { rest = Array(text.utf8)[...] }

    var isAtEnd: Bool { rest.isEmpty }

    mutating func skip(_ character: Unicode.Scalar) -> Bool {
        guard let first = rest.first, UInt32(first) == character.value else { return false }
        rest.removeFirst()
        return true
    }

    /// Exactly `count` digits.
    mutating func digits(_ count: Int) -> Int64? {
        guard let value = decimal(rest.prefix(count)), rest.count >= count else { return nil }
        rest.removeFirst(count)
        return Int64(value)
    }

    /// "14:30", with seconds and their fraction or without, in nanoseconds.
    mutating func clock() -> Int64? {
        guard let hour = digits(2), hour < 24, skip(":"), let minute = digits(2), minute < 60 else { return nil }
        var nanoseconds = (hour * 60 + minute) * 60_000_000_000
        if skip(":") {
            guard let second = digits(2), second < 60 else { return nil }
            nanoseconds += second * 1_000_000_000
            if skip(".") {
                guard let fraction = fraction() else { return nil }
                nanoseconds += fraction
            }
        }
        return nanoseconds
    }

    /// One to nine digits after the point, as nanoseconds.
    private mutating func fraction() -> Int64? {
        var (count, value) = (0, 0 as Int64)
        while count < 9, let digit = digits(1) {
            value = value * 10 + digit
            count += 1
        }
        guard count > 0 else { return nil }
        for _ in count..<9 { value *= 10 }
        return value
    }

    /// Nothing or "Z" is 0, "-05:00" and "-0500" are −300. Nil for anything else.
    mutating func offsetMinutes() -> Int64? {
        if isAtEnd || skip("Z") || skip("z") { return 0 }
        let isNegative = skip("-")
        guard isNegative || skip("+"), let hours = digits(2), hours < 24 else { return nil }
        _ = skip(":")
        let minutes = isAtEnd ? 0 : digits(2)
        guard let minutes, minutes < 60 else { return nil }
        let total = hours * 60 + minutes
        return isNegative ? -total : total
    }
}
