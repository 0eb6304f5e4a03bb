public import Units

extension TradingCalendar {
    /// Roots of index options that are settled by the opening prices of the day they expire. Their definitions do not
    /// say so; those of other roots (SPXW, XSP, NDXP, RUTW) are settled by closing prices.
    private static let settledAtTheOpen: Set<String> = ["SPX", "NDX", "RUT", "DJX"]

    /// Whether options of an index's root are worth what the opening prices of their last day make of them.
    public static func isSettledAtTheOpen(root: String) -> Bool { settledAtTheOpen.contains(root) }

    /// When an index option expires by the stamp of its definition.
    ///
    /// OPRA's definitions give the date alone, as 00:00 UTC of it: that is 16:00 ET of the date, 13:00 on an early
    /// close of the stock exchanges, or 09:30 for those that the opening prices settle. Any other stamp is the instant
    /// itself.
    ///
    /// - Parameter isSettledAtTheOpen: see `isSettledAtTheOpen(root:)`.
    public func indexOptionExpiration(_ stamp: Timestamp, isSettledAtTheOpen: Bool) -> Timestamp {
        let (day, rest) = stamp.nanoseconds.quotientAndRemainder(dividingBy: Timestamp.nanosecondsPerDay)
        guard rest == 0 else { return stamp }
        let date = CivilDate(daysSinceEpoch: Int32(day))
        if isSettledAtTheOpen { return zone.timestamp(date, TimeOfDay(hour: 9, minute: 30)) }
        return equityClose(on: date)
    }
}
