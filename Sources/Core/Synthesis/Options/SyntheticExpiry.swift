import MarketCalendar
import Units

/// One expiry of the options on the leading ES contract.
public struct SyntheticExpiry: Hashable, Sendable {
    /// What precedes the strike in its contracts' symbols, such as `E3BH6` or `ESH6`.
    public var symbol: String
    /// The product, such as `E3B`.
    public var root: String
    /// The stock exchanges' close for a weekly, 09:30 ET for a quarterly.
    public var expiration: Timestamp
    public var date: CivilDate
    /// Quarterlies are American, weeklies European.
    public var isQuarterly: Bool
    /// Trade dates until it expires: 0 on its last day.
    public var tradeDatesLeft: Int

    /// Options that expire later than this after the trade date are not listed; a day less than the horizon of the
    /// features, as a session begins the evening before.
    static let horizonDays = 44

    /// The weeklies of the trade date and the next four, of the two Fridays after those, of the Friday about 30 days
    /// away and of the last day of the horizon, and the quarterly of the lead contract when it expires within; by
    /// expiration.
    public static func list(on date: CivilDate, lead: FuturesContract, calendar: TradingCalendar) -> [SyntheticExpiry] {
        var days = calendar.isEquityMarketOpen(date) ? [date] : []
        var day = date
        while days.count < (days.first == date ? 5 : 4) {
            day = day.adding(days: 1)
            if calendar.isEquityMarketOpen(day) { days.append(day) }
        }
        let friday = day.adding(days: (Int(Weekday.friday.rawValue) - Int(day.weekday.rawValue) + 7) % 7)
        let first = friday == day ? friday.adding(days: 7) : friday
        // The Friday nearest to 30 days.
        let near = date.adding(days: 33)
        let month = near.adding(days: -((Int(near.weekday.rawValue) - Int(Weekday.friday.rawValue) + 7) % 7))
        for candidate in [first, first.adding(days: 7), month, date.adding(days: horizonDays)] {
            var open = candidate
            while !calendar.isEquityMarketOpen(open) { open = open.adding(days: -1) }
            if !days.contains(open) { days.append(open) }
        }
        var expiries = days.map { weekly($0, from: date, calendar) }
        if let end = calendar.expiry(of: lead), let time = calendar.lastTrade(of: lead), end - date <= horizonDays {
            expiries.append(
                SyntheticExpiry(
                    symbol: lead.rawSymbol, root: lead.root, expiration: time, date: end, isQuarterly: true,
                    tradeDatesLeft: calendar.tradingDays(after: date, through: end)))
        }
        return expiries.sorted { $0.expiration < $1.expiration }
    }

    /// `E3B` is the third Tuesday's, A to D being Monday to Thursday; `EW3` the third Friday's; `EW` the month's last.
    private static func weekly(
        _ day: CivilDate, from date: CivilDate, _ calendar: TradingCalendar
    ) -> SyntheticExpiry {
        let week = (day.day - 1) / 7 + 1
        let root: String
        if calendar.isLastTradeDateOfMonth(day) {
            root = "EW"
        } else if day.weekday == .friday {
            root = "EW\(week)"
        } else {
            let letter = Character(UnicodeScalar(UInt8(ascii: "A") + UInt8(day.weekday.rawValue)))
            root = "E\(week)\(letter)"
        }
        return SyntheticExpiry(
            symbol: FuturesContract(root: root, year: day.year, month: day.month).rawSymbol, root: root,
            expiration: calendar.equityClose(on: day), date: day, isQuarterly: false,
            tradeDatesLeft: calendar.tradingDays(after: date, through: day))
    }
}
