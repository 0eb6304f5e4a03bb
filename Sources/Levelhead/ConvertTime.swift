import ArgumentParser
import Tape
import Units

/// An instant on the command line: nanoseconds since 1970, or ISO 8601, UTC unless it names an offset.
struct TimeArgument: ExpressibleByArgument {
    let time: Timestamp

    init?(argument: String) {
        guard let time = UInt64(argument).map(Timestamp.init(nanoseconds:)) ?? TimeText.parse(argument) else { return nil }
        self.time = time
    }
}

/// Instants as ISO 8601 text.
enum TimeText {
    /// "2026-11-20T14:30:00.000000001Z".
    static func iso8601(_ nanoseconds: UInt64) -> String {
        let date = UTCDay.civil(nanoseconds / UTCDay.nanoseconds)
        let rest = nanoseconds % UTCDay.nanoseconds
        let seconds = rest / 1_000_000_000
        let day = padded(date.year, 4) + "-" + padded(date.month, 2) + "-" + padded(date.day, 2)
        let clock = padded(seconds / 3_600, 2) + ":" + padded(seconds / 60 % 60, 2) + ":" + padded(seconds % 60, 2)
        return day + "T" + clock + "." + padded(rest % 1_000_000_000, 9) + "Z"
    }

    /// "2026-11-20", "2026-11-20T14:30", "2026-11-20T14:30:00.5", each with "Z" or an offset such as "-05:00" behind a time.
    /// Nil for anything else, for dates that do not exist and for times before 1970.
    static func parse(_ text: String) -> Timestamp? {
        var scanner = Scanner(text)
        guard let year = scanner.digits(4), scanner.skip("-"), let month = scanner.digits(2), scanner.skip("-"),
            let dayOfMonth = scanner.digits(2), let day = UTCDay.day(year: year, month: month, day: dayOfMonth)
        else { return nil }
        guard !scanner.isAtEnd else { return timestamp(day: day, nanoseconds: 0, offsetMinutes: 0) }
        guard scanner.skip("T") || scanner.skip("t") || scanner.skip(" ") else { return nil }
        guard let hour = scanner.digits(2), hour < 24, scanner.skip(":"), let minute = scanner.digits(2), minute < 60 else {
            return nil
        }
        var nanoseconds = (hour * 60 + minute) * 60_000_000_000
        if scanner.skip(":") {
            guard let second = scanner.digits(2), second < 60 else { return nil }
            nanoseconds += second * 1_000_000_000
            if scanner.skip(".") {
                guard let fraction = scanner.fraction() else { return nil }
                nanoseconds += fraction
            }
        }
        guard let offset = scanner.offsetMinutes(), scanner.isAtEnd else { return nil }
        return timestamp(day: day, nanoseconds: nanoseconds, offsetMinutes: offset)
    }

    private static func timestamp(day: UInt64, nanoseconds: UInt64, offsetMinutes: Int64) -> Timestamp? {
        let (days, overflow) = day.multipliedReportingOverflow(by: UTCDay.nanoseconds)
        let (local, carry) = days.addingReportingOverflow(nanoseconds)
        guard !overflow, !carry, let signed = Int64(exactly: local) else { return nil }
        let (utc, borrow) = signed.subtractingReportingOverflow(offsetMinutes * 60_000_000_000)
        guard !borrow, utc >= 0 else { return nil }
        return Timestamp(nanoseconds: UInt64(utc))
    }

    private static func padded(_ value: UInt64, _ width: Int) -> String {
        let text = String(value)
        return String(repeating: "0", count: max(0, width - text.count)) + text
    }

    private struct Scanner {
        private var rest: Substring.UTF8View

        init(_ text: String) { rest = text[...].utf8 }

        var isAtEnd: Bool { rest.isEmpty }

        mutating func skip(_ character: Unicode.Scalar) -> Bool {
            guard let first = rest.first, UInt32(first) == character.value else { return false }
            rest.removeFirst()
            return true
        }

        /// Exactly `count` digits.
        mutating func digits(_ count: Int) -> UInt64? {
            var value: UInt64 = 0
            for _ in 0..<count {
                guard let byte = rest.first, (0x30...0x39).contains(byte) else { return nil }
                value = value * 10 + UInt64(byte - 0x30)
                rest.removeFirst()
            }
            return value
        }

        /// One to nine digits after the point, as nanoseconds.
        mutating func fraction() -> UInt64? {
            var count = 0
            var value: UInt64 = 0
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
            let total = Int64(hours * 60 + minutes)
            return isNegative ? -total : total
        }
    }
}
