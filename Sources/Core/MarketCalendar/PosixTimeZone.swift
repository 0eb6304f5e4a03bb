/// A POSIX `TZ` rule such as `EST5EDT,M3.2.0,M11.1.0`, with the hours −167…167 that RFC 8536 §3.3.1 allows.
struct PosixTimeZone: Sendable {
    /// Seconds east of UTC.
    let standardOffset: Int32
    let daylight: Daylight?

    struct Daylight: Sendable {
        let offset: Int32
        /// The changes to and from daylight time; `seconds` on the local clock in force before the change.
        let start, end: Change
    }

    struct Change: Sendable {
        let day: Day
        let seconds: Int32
    }

    enum Day: Sendable {
        /// `Mm.w.d`: week 5 means the last; weekday 0 is Sunday.
        case weekday(month: Int, week: Int, weekday: Int)
        /// `Jn`, 1…365, 29 February never counted.
        case withoutLeapDay(Int)
        /// `n`, 0…365.
        case ofYear(Int)
    }

    func utcOffset(atUnixSeconds seconds: Int64) -> Int32 {
        guard let daylight else { return standardOffset }
        let local = seconds + Int64(standardOffset)
        let day = local >= 0 ? local / 86_400 : (local - 86_399) / 86_400
        // Undefined stamps lie in the year 2554, and a caller's arithmetic may pass it; the rule is asked up to 9999.
        let year = CivilDate(daysSinceEpoch: Int32(clamping: min(max(day, -719_162), 2_932_532))).year
        let start = daylight.start.unixSeconds(year: year, offset: standardOffset)
        let end = daylight.end.unixSeconds(year: year, offset: daylight.offset)
        let isDaylight = start < end ? seconds >= start && seconds < end : seconds >= start || seconds < end
        return isDaylight ? daylight.offset : standardOffset
    }
}

extension PosixTimeZone.Change {
    func unixSeconds(year: Int, offset: Int32) -> Int64 {
        Int64(date(year: year).daysSinceEpoch) * 86_400 + Int64(seconds) - Int64(offset)
    }

    private func date(year: Int) -> CivilDate {
        switch day {
        case .weekday(let month, let week, let weekday):
            let named = Weekday(rawValue: Int8((weekday + 6) % 7)) ?? .sunday
            return week == 5
                ? CivilDate.last(named, year: year, month: month)
                : CivilDate.nth(week, named, year: year, month: month)
        case .withoutLeapDay(let number):
            let skipped = CivilDate.isLeap(year) && number >= 60 ? 1 : 0
            return CivilDate(year: year, month: 1, day: 1).adding(days: number - 1 + skipped)
        case .ofYear(let number):
            return CivilDate(year: year, month: 1, day: 1).adding(days: number)
        }
    }
}

extension PosixTimeZone {
    /// Nil when the text is not a rule.
    init?(_ text: [UInt8]) {
        var cursor = Cursor(text: text[...])
        guard cursor.name(), let west = cursor.time(hours: 24) else { return nil }
        standardOffset = -west
        if cursor.text.isEmpty {
            daylight = nil
            return
        }
        guard cursor.name() else { return nil }
        // Without its own offset daylight time is one hour ahead.
        var offset = -west + 3_600
        if cursor.text.first != UInt8(ascii: ",") {
            guard let west = cursor.time(hours: 24) else { return nil }
            offset = -west
        }
        guard let start = cursor.change(), let end = cursor.change(), cursor.text.isEmpty else { return nil }
        daylight = Daylight(offset: offset, start: start, end: end)
    }

    private struct Cursor {
        var text: ArraySlice<UInt8>

        mutating func take(_ byte: UInt8) -> Bool {
            guard text.first == byte else { return false }
            text.removeFirst()
            return true
        }

        /// Three or more letters, or anything of letters, digits and signs in angle brackets.
        mutating func name() -> Bool {
            if take(UInt8(ascii: "<")) {
                guard let end = text.firstIndex(of: UInt8(ascii: ">")), end - text.startIndex >= 3 else { return false }
                text = text[(end + 1)...]
                return true
            }
            let letters = text.prefix { ($0 | 0x20) >= UInt8(ascii: "a") && ($0 | 0x20) <= UInt8(ascii: "z") }
            text = text[letters.endIndex...]
            return letters.count >= 3
        }

        mutating func number(_ range: ClosedRange<Int>) -> Int? {
            let digits = text.prefix { $0 >= UInt8(ascii: "0") && $0 <= UInt8(ascii: "9") }
            guard let value = decimal(digits), range.contains(value) else { return nil }
            text = text[digits.endIndex...]
            return value
        }

        /// `[+-]hh[:mm[:ss]]` in seconds.
        mutating func time(hours: Int) -> Int32? {
            let negative = take(UInt8(ascii: "-"))
            if !negative { _ = take(UInt8(ascii: "+")) }
            guard var seconds = number(0...hours).map({ $0 * 3_600 }) else { return nil }
            for unit in [60, 1] where take(UInt8(ascii: ":")) {
                guard let part = number(0...59) else { return nil }
                seconds += part * unit
            }
            return Int32(negative ? -seconds : seconds)
        }

        mutating func change() -> Change? {
            guard take(UInt8(ascii: ",")), let day = day() else { return nil }
            guard take(UInt8(ascii: "/")) else { return Change(day: day, seconds: 2 * 3_600) }
            return time(hours: 167).map { Change(day: day, seconds: $0) }
        }

        private mutating func day() -> Day? {
            if take(UInt8(ascii: "J")) { return number(1...365).map(Day.withoutLeapDay) }
            guard take(UInt8(ascii: "M")) else { return number(0...365).map(Day.ofYear) }
            guard let month = number(1...12), take(UInt8(ascii: ".")), let week = number(1...5),
                take(UInt8(ascii: ".")), let weekday = number(0...6)
            else { return nil }
            return .weekday(month: month, week: week, weekday: weekday)
        }
    }
}
