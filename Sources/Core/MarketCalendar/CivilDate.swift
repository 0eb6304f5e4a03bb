/// A day of the proleptic Gregorian calendar, without a time zone. 1970-01-01 is day 0.
@frozen public struct CivilDate: Comparable, Hashable, BitwiseCopyable, Sendable {
    public let daysSinceEpoch: Int32

    @inlinable public init(daysSinceEpoch: Int32) { self.daysSinceEpoch = daysSinceEpoch }
    @inlinable public static func < (a: CivilDate, b: CivilDate) -> Bool { a.daysSinceEpoch < b.daysSinceEpoch }

    /// The day `days` later; earlier when negative.
    @inlinable public func adding(days: Int) -> CivilDate {
        CivilDate(daysSinceEpoch: Int32(Int(daysSinceEpoch) + days))
    }

    /// The number of days from `a` to `b`.
    @inlinable public static func - (b: CivilDate, a: CivilDate) -> Int {
        Int(b.daysSinceEpoch) - Int(a.daysSinceEpoch)
    }

    /// - Precondition: the date exists. Dates from outside go through `init?(validYear:month:day:)`.
    public init(year: Int, month: Int, day: Int) {
        guard let date = CivilDate(validYear: year, month: month, day: day) else {
            preconditionFailure("no such date: \(year)-\(month)-\(day)")
        }
        self = date
    }

    /// Nil when there is no such date, or the year is outside 0...9999.
    public init?(validYear year: Int, month: Int, day: Int) {
        guard (0...9_999).contains(year), (1...12).contains(month), day >= 1,
            day <= CivilDate.days(inMonth: month, year: year)
        else { return nil }
        // Years are counted from 1 March, so that the leap day is the last of its year and the months before it have a
        // fixed pattern of lengths: day of the year = (153 m + 2) / 5 for m = 0 in March.
        let shifted = month > 2 ? year : year - 1
        let era = (shifted >= 0 ? shifted : shifted - 399) / 400
        let yearOfEra = shifted - era * 400
        let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
        let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
        // 719 468 days lie between 0000-03-01 and 1970-01-01; an era of 400 years has 146 097.
        daysSinceEpoch = Int32(era * 146_097 + dayOfEra - 719_468)
    }

    public static func isLeap(_ year: Int) -> Bool {
        year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
    }

    /// - Precondition: `month` is 1...12.
    public static func days(inMonth month: Int, year: Int) -> Int {
        switch month {
        case 2: isLeap(year) ? 29 : 28
        case 4, 6, 9, 11: 30
        default: 31
        }
    }

    public var year: Int { components.year }
    public var month: Int { components.month }
    public var day: Int { components.day }

    public var components: (year: Int, month: Int, day: Int) {
        let days = Int(daysSinceEpoch) + 719_468
        let era = (days >= 0 ? days : days - 146_096) / 146_097
        let dayOfEra = days - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shiftedMonth = (5 * dayOfYear + 2) / 153
        let month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
        let year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
        return (year, month, dayOfYear - (153 * shiftedMonth + 2) / 5 + 1)
    }

    public var weekday: Weekday {
        // 1970-01-01 was a Thursday.
        let index = (Int(daysSinceEpoch) + 3) % 7
        return Weekday(rawValue: Int8(index < 0 ? index + 7 : index)) ?? .monday
    }

    /// Decimal digits as one number: 2026-11-20 is 20 261 120.
    public var yyyymmdd: Int {
        let (year, month, day) = components
        return year * 10_000 + month * 100 + day
    }

    /// Nil when the digits are not a date.
    public init?(yyyymmdd: Int) {
        self.init(validYear: yyyymmdd / 10_000, month: yyyymmdd / 100 % 100, day: yyyymmdd % 100)
    }

    /// The `n`-th given weekday of a month, counted from 1: the third Friday is `nth(3, .friday, …)`.
    /// - Precondition: 1...4, which every month has.
    public static func nth(_ n: Int, _ weekday: Weekday, year: Int, month: Int) -> CivilDate {
        precondition((1...4).contains(n), "every month has four of each weekday, not more")
        let first = CivilDate(year: year, month: month, day: 1)
        let offset = (Int(weekday.rawValue) - Int(first.weekday.rawValue) + 7) % 7
        return first.adding(days: offset + 7 * (n - 1))
    }

    /// The last given weekday of a month.
    public static func last(_ weekday: Weekday, year: Int, month: Int) -> CivilDate {
        let end = CivilDate(year: year, month: month, day: days(inMonth: month, year: year))
        return end.adding(days: -((Int(end.weekday.rawValue) - Int(weekday.rawValue) + 7) % 7))
    }
}

/// Monday is 0, as in `day_of_week_code`.
@frozen public enum Weekday: Int8, Hashable, BitwiseCopyable, Sendable, CaseIterable {
    case monday, tuesday, wednesday, thursday, friday, saturday, sunday

    @inlinable public var isWeekend: Bool { self == .saturday || self == .sunday }
}

extension CivilDate: CustomStringConvertible {
    /// ISO 8601: "2026-11-20".
    public var description: String {
        let (year, month, day) = components
        return padded(year, 4) + "-" + padded(month, 2) + "-" + padded(day, 2)
    }

    /// Reads "2026-11-20". Nil for any other form and for dates that do not exist.
    public init?(_ text: some StringProtocol) {
        let bytes = Array(text.utf8)
        guard bytes.count == 10, bytes[4] == UInt8(ascii: "-"), bytes[7] == UInt8(ascii: "-"),
            let year = decimal(bytes[0..<4]), let month = decimal(bytes[5..<7]), let day = decimal(bytes[8..<10])
        else { return nil }
        self.init(validYear: year, month: month, day: day)
    }
}

/// A number with leading zeros.
func padded(_ value: Int, _ width: Int) -> String {
    let digits = String(value)
    return String(repeating: "0", count: max(0, width - digits.count)) + digits
}

/// The value of one to nine decimal digits; nil for anything else.
func decimal(_ bytes: ArraySlice<UInt8>) -> Int? {
    guard (1...9).contains(bytes.count) else { return nil }
    var value = 0
    for byte in bytes {
        guard byte >= UInt8(ascii: "0"), byte <= UInt8(ascii: "9") else { return nil }
        value = value * 10 + Int(byte - UInt8(ascii: "0"))
    }
    return value
}
