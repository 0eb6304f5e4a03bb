import MarketCalendar
import Testing
import Units

enum Fixture {
    /// New York since 2007 as a slim zone file: no transitions, the rule alone.
    static let newYorkSince2007 = zoneFile(rule: "EST5EDT,M3.2.0,M11.1.0")

    /// A file of version 2 or later with one type (EST) and a rule.
    static func zoneFile(rule: String, version: Character = "2") -> [UInt8] {
        let head = header(version: version, times: 0, types: 1, nameBytes: 4)
        let block = type(-18_000) + Array("EST\0".utf8)
        return head + block + head + block + Array("\n\(rule)\n".utf8)
    }

    static func header(version: Character, times: UInt8, types: UInt8, nameBytes: UInt8, leaps: UInt8 = 0) -> [UInt8] {
        let counts: [UInt8] = [0, 0, leaps, times, types, nameBytes]
        let versionByte = version == "1" ? 0 : version.asciiValue ?? 0
        return Array("TZif".utf8) + [versionByte] + [UInt8](repeating: 0, count: 15)
            + counts.flatMap { [0, 0, 0, $0] as [UInt8] }
    }

    static func type(_ offset: Int32) -> [UInt8] { bigEndian(UInt64(UInt32(bitPattern: offset)), 4) + [0, 0] }

    static func bigEndian(_ value: UInt64, _ width: Int) -> [UInt8] {
        (0..<width).map { UInt8(truncatingIfNeeded: value >> UInt64(8 * (width - 1 - $0))) }
    }

    static func calendar(_ windows: SessionWindows = .regular) throws -> TradingCalendar {
        .cmeEquityIndex(zone: try TimeZoneRules(tzif: newYorkSince2007), windows: windows)
    }

    static func date(_ text: String) throws -> CivilDate { try #require(CivilDate(text)) }

    /// "2026-03-08T07:00" or with seconds, in UTC.
    static func utc(_ text: String) throws -> Timestamp {
        let date = try #require(CivilDate(text.prefix(10)))
        let time = try #require(TimeOfDay(text.dropFirst(11)))
        return Timestamp(nanoseconds: UInt64(Int64(date.daysSinceEpoch) * 86_400 + Int64(time.seconds)) * 1_000_000_000)
    }
}
