import Configuration
import Foundation
import MarketCalendar
import TestSupport
import Testing
import Units

private func committed(_ name: String) throws -> ResolvedConfiguration {
    try ConfigurationSources(file: PackageFolder.file("configs/\(name)")).resolve()
}

@Suite struct ConfigurationFilesTests {
    @Test func `every committed file resolves`() throws {
        let folder = PackageFolder.file("configs")
        let names = try FileManager.default.contentsOfDirectory(atPath: folder)
        #expect(!names.isEmpty)
        for name in names where name.hasSuffix(".toml") {
            #expect(throws: Never.self, "\(name)") { try committed(name) }
        }
    }

    @Test func `level dot toml names every key and changes none`() throws {
        let configuration = try committed("level.toml")
        #expect(configuration.canonicalText == (try ConfigurationSources().resolve().canonicalText))
        #expect(configuration.settings.filter { $0.origin == .standard }.map(\.key) == [])
    }

    @Test func `the evening file places its windows in the first hour of the trade date`() throws {
        let configuration = try committed("esh4-evening.toml")
        let calendar = TradingCalendar.cmeEquityIndex(zone: try ZoneData.newYork(), windows: configuration.sessions)
        let session = try #require(calendar.session(CivilDate(year: 2023, month: 12, day: 26)))
        let open = session.open
        #expect(open == Timestamp(nanoseconds: 1_703_545_200_000_000_000))  // 2023-12-25 23:00 UTC
        #expect(session.premarketStart - open == .minutes(30))
        #expect(session.premarketEnd - open == .minutes(35))
        #expect(session.openingRangeStart - open == .minutes(35))
        #expect(session.openingRangeEnd - open == .minutes(40))
        let window = calendar.tradingWindow(configuration.policy.window, in: session)
        #expect(window.entryStart - open == .minutes(40))
        #expect(window.entryEnd - open == .minutes(57))
        #expect(window.flatBy - open == .minutes(59))
        let signal = try FuturesSymbol(configuration.instrument.signal, near: session.tradeDate)
        #expect(calendar.contract(signal, on: session.tradeDate)?.rawSymbol == "ESH4")
    }
}

@Suite struct ZoneDataTests {
    /// New York's rule since 2007. The system's file has a table of changes up to 2037 and the rule after it.
    @Test func `the system's New York has the offsets of the rule in every hour from 2008 to 2050`() throws {
        let zone = try ZoneData.newYork()
        func changes(_ year: Int) -> (UInt64, UInt64) {
            let march = CivilDate.nth(2, .sunday, year: year, month: 3)
            let november = CivilDate.nth(1, .sunday, year: year, month: 11)
            let midnights = (UInt64(march.daysSinceEpoch) * 86_400, UInt64(november.daysSinceEpoch) * 86_400)
            return (midnights.0 + 7 * 3_600, midnights.1 + 6 * 3_600)
        }
        for year in 2008...2050 {
            let (start, end) = changes(year)
            let first = UInt64(CivilDate(year: year, month: 1, day: 1).daysSinceEpoch) * 86_400
            for second in stride(from: first, to: first + 365 * 86_400, by: 3_600) {
                let expected: Int64 = second >= start && second < end ? -14_400 : -18_000
                guard zone.utcOffset(at: Timestamp(nanoseconds: second * 1_000_000_000)) == expected else {
                    Issue.record("second \(second) of \(year)")
                    return
                }
            }
            #expect(zone.utcOffset(at: Timestamp(nanoseconds: start * 1_000_000_000 - 1)) == -18_000)
            #expect(zone.utcOffset(at: Timestamp(nanoseconds: end * 1_000_000_000 - 1)) == -14_400)
        }
    }

    @Test func `the old rule held before 2007`() throws {
        let zone = try ZoneData.newYork()
        // 2006: from the first Sunday of April to the last Sunday of October.
        let offsets = ["2006-04-01": -18_000, "2006-04-03": -14_400, "2006-10-28": -14_400, "2006-10-30": -18_000]
        for (date, offset) in offsets {
            let day = try #require(CivilDate(date))
            let noon = Timestamp(nanoseconds: (UInt64(day.daysSinceEpoch) * 86_400 + 43_200) * 1_000_000_000)
            #expect(zone.utcOffset(at: noon) == Int64(offset))
        }
    }

    @Test func `a missing file says what to install`() {
        #expect("\(ZoneDataError.unreadable(path: "/x", reason: "No such file or directory"))"
            == "/x: No such file or directory; mend with: apt-get install tzdata")
        #expect(throws: ZoneDataError.unreadable(path: "/nowhere/zone", reason: "No such file or directory")) {
            try ZoneData.read("/nowhere/zone")
        }
    }

    @Test func `a file of another kind is refused with its path`() {
        let path = PackageFolder.file("Package.swift")
        #expect(throws: ZoneDataError.notAZone(path: path, .notTZif(offset: 0))) { try ZoneData.read(path) }
    }
}
