import Units

/// Days of UTC as DBN writes them.
public enum UTCDay {
    public static let nanoseconds: UInt64 = 86_400_000_000_000

    /// The day of an instant as YYYYMMDD.
    public static func yyyymmdd(of time: Timestamp) -> UInt32 { yyyymmdd(time.nanoseconds / nanoseconds) }

    /// The first day that begins at or after an instant as YYYYMMDD: an exclusive end.
    public static func after(_ time: Timestamp) -> UInt32 {
        yyyymmdd(time.nanoseconds / nanoseconds + (time.nanoseconds % nanoseconds == 0 ? 0 : 1))
    }

    private static func yyyymmdd(_ day: UInt64) -> UInt32 {
        let date = civil(day)
        return UInt32(date.year * 10_000 + date.month * 100 + date.day)
    }

    /// Days since 1970-01-01 to a date of the proleptic Gregorian calendar (Howard Hinnant, "chrono-compatible low-level date
    /// algorithms": eras of 400 years that begin on 1 March).
    public static func civil(_ day: UInt64) -> (year: UInt64, month: UInt64, day: UInt64) {
        let shifted = day + 719_468
        let era = shifted / 146_097
        let dayOfEra = shifted % 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shiftedMonth = (5 * dayOfYear + 2) / 153
        let month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
        let year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
        return (year, month, dayOfYear - (153 * shiftedMonth + 2) / 5 + 1)
    }

    /// A date to days since 1970-01-01; nil when there is no such date, or before 1970.
    public static func day(year: UInt64, month: UInt64, day: UInt64) -> UInt64? {
        guard (1970...9_999).contains(year), (1...12).contains(month), (1...31).contains(day) else { return nil }
        let shiftedYear = month <= 2 ? year - 1 : year
        let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
        let yearOfEra = shiftedYear % 400
        let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
        let count = shiftedYear / 400 * 146_097 + dayOfEra - 719_468
        // 31 February and its like come out as another date.
        return civil(count) == (year, month, day) ? count : nil
    }
}
