import ArgumentParser
import Configuration
import Foundation
import MarketCalendar
import Units

/// `levelhead calendar`: trade dates and session times of the CME's equity index futures.
struct CalendarCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "calendar",
        abstract: "Prints trade dates with the times of their sessions, and the lead contract.",
        discussion: """
            Both ends are included. Days on which the futures do not trade are left out. Times are New York's; with \
            --json they are nanoseconds since 1970, or null where a session has no regular hours.

            Example: levelhead calendar --from 2026-11-23 --to 2026-12-31
            """)

    @Option(help: ArgumentHelp("First date.", valueName: "YYYY-MM-DD"))
    var from: CivilDate

    @Option(help: ArgumentHelp("Last date.", valueName: "YYYY-MM-DD"))
    var to: CivilDate

    @OptionGroup var options: ConfigurationOptions

    @Flag(help: "One JSON array, one object per trade date.")
    var json = false

    func validate() throws {
        guard from <= to else { throw ValidationError("--from \(from) is after --to \(to)") }
        let years = TradingCalendar.checkedYears
        guard years.contains(from.year), years.contains(to.year) else {
            throw ValidationError("the calendar is checked from \(years.lowerBound) to \(years.upperBound) only")
        }
    }

    func run() throws {
        let configuration = try options.resolve()
        let calendar = TradingCalendar.cmeEquityIndex(zone: try ZoneData.newYork(), windows: configuration.sessions)
        let days = calendar.tradeDates(from: from, to: to).compactMap { date in
            calendar.session(date).map { CalendarDay(session: $0, calendar: calendar) }
        }
        if json {
            let encoder = JSONEncoder()
            encoder.outputFormatting = .sortedKeys
            print(String(decoding: try encoder.encode(days), as: UTF8.self))
        } else {
            print("trade date  day  globex         regular hours  lead  note")
            for day in days { print(day.line(calendar)) }
        }
    }
}

/// One trade date as it is printed.
private struct CalendarDay: Encodable {
    let session: SessionTimes
    let lead: String?

    init(session: SessionTimes, calendar: TradingCalendar) {
        self.session = session
        lead = calendar.leadContract(root: "ES", on: session.tradeDate)?.rawSymbol
    }

    private enum Key: String, CodingKey {
        case tradeDate = "trade_date"
        case open, close
        case rthOpen = "rth_open"
        case rthClose = "rth_close"
        case earlyClose = "early_close"
        case premarketStart = "premarket_start"
        case premarketEnd = "premarket_end"
        case openingRangeStart = "opening_range_start"
        case openingRangeEnd = "opening_range_end"
        case initialBalanceEnd = "initial_balance_end"
        case lead
    }

    func encode(to encoder: any Encoder) throws {
        var object = encoder.container(keyedBy: Key.self)
        func encode(_ time: Timestamp, _ key: Key) throws {
            guard time.isDefined else { return try object.encodeNil(forKey: key) }
            try object.encode(time.nanoseconds, forKey: key)
        }
        try object.encode(session.tradeDate.description, forKey: .tradeDate)
        try encode(session.open, .open)
        try encode(session.close, .close)
        try encode(session.rthOpen, .rthOpen)
        try encode(session.rthClose, .rthClose)
        try object.encode(session.isEarlyClose, forKey: .earlyClose)
        try encode(session.premarketStart, .premarketStart)
        try encode(session.premarketEnd, .premarketEnd)
        try encode(session.openingRangeStart, .openingRangeStart)
        try encode(session.openingRangeEnd, .openingRangeEnd)
        try encode(session.initialBalanceEnd, .initialBalanceEnd)
        try object.encode(lead, forKey: .lead)
    }

    func line(_ calendar: TradingCalendar) -> String {
        func clock(_ time: Timestamp) -> String { calendar.zone.local(time).time.description }
        let day = "\(session.tradeDate.weekday)".prefix(3)
        let hours = session.hasRTH ? "\(clock(session.rthOpen))–\(clock(session.rthClose))" : "none       "
        let note = session.hasRTH ? (session.isEarlyClose ? "early close" : "") : "equity market shut"
        let text = "\(session.tradeDate)  \(day)  \(clock(session.open))–\(clock(session.close))    \(hours)    "
            + "\(lead ?? "")  \(note)"
        return String(text.reversed().drop { $0 == " " }.reversed())
    }
}

extension CivilDate: ExpressibleByArgument {
    public init?(argument: String) { self.init(argument) }
}
