import MarketCalendar
import Units

/// Days of UTC as DBN writes them.
public enum UTCDay {
    /// The day of an instant as YYYYMMDD.
    public static func yyyymmdd(of time: Timestamp) -> UInt32 { UInt32(date(of: time).yyyymmdd) }

    /// The first day that begins at or after an instant as YYYYMMDD: an exclusive end.
    public static func after(_ time: Timestamp) -> UInt32 {
        let date = date(of: time)
        return UInt32((time.nanoseconds % Timestamp.nanosecondsPerDay == 0 ? date : date.adding(days: 1)).yyyymmdd)
    }

    /// 00:00 of a day written as YYYYMMDD; 0 for one before 1970. Nil when there is no such day, or when it is too late
    /// for a timestamp.
    public static func begin(of yyyymmdd: UInt32) -> Timestamp? {
        guard let date = CivilDate(yyyymmdd: Int(yyyymmdd)) else { return nil }
        let (begin, isTooLate) = UInt64(max(0, date.daysSinceEpoch)).multipliedReportingOverflow(
            by: Timestamp.nanosecondsPerDay)
        return isTooLate ? nil : Timestamp(nanoseconds: begin)
    }

    public static func date(of time: Timestamp) -> CivilDate {
        CivilDate(daysSinceEpoch: Int32(time.nanoseconds / Timestamp.nanosecondsPerDay))
    }
}
