import DBN
import Features
import MarketCalendar
import Tape
import TestSupport
import Testing
import Units

@preconcurrency import Glibc

/// Real market data beside the package; absent on other machines.
enum RealTape {
    /// `../shared/data/es` from the folder of Package.swift.
    static let folder = PackageFolder.sharedData + "/es/"

    static let evening = "ESH4_20231225.mbp-10.derived.dbn.zst"
    static let trades = "futures_trades_2024-07-01T23-58_2024-07-02T00-02.dbn.zst"
    static let bars = "futures_ohlcv-1m_2024-07-01T23-40_2024-07-02T00-10.dbn.zst"

    static var isPresent: Bool { [evening, trades, bars].allSatisfy { access(folder + $0, R_OK) == 0 } }

    /// Calls `body` with every record of a file of the folder.
    static func read(_ name: String, _ body: (RecordView) throws -> Void) throws {
        var file = try TapeFile.open(folder + name)
        while let record = try file.next() { try body(record) }
    }

    /// 2023-12-25, 23:00 UTC: the market opens at 18:00 in New York.
    static let eveningOpen: UInt64 = 1_703_545_200_000_000_000

    /// The windows of configs/esh4-evening.toml.
    static func eveningConfiguration() throws -> FeatureConfiguration {
        let windows = try SessionWindows(
            premarketStart: TimeOfDay(hour: 18, minute: 30), premarketEnd: TimeOfDay(hour: 18, minute: 35),
            openingRangeStart: TimeOfDay(hour: 18, minute: 35), openingRangeMinutes: 5,
            rthOpen: TimeOfDay(hour: 9, minute: 30), rthClose: TimeOfDay(hour: 16, minute: 0),
            initialBalanceMinutes: 60)
        return FeatureConfiguration(
            calendar: .cmeEquityIndex(zone: try newYork(), windows: windows), tickSize: TickSize(nanos: 250_000_000),
            averageBarMinutes: 2, averageLength: 5)
    }

    static func newYork() throws -> TimeZoneRules {
        guard let file = fopen("/usr/share/zoneinfo/America/New_York", "rb") else {
            throw TimeZoneError.notTZif(offset: 0)
        }
        defer { fclose(file) }
        var bytes = [UInt8](repeating: 0, count: 65_536)
        let count = fread(&bytes, 1, bytes.count, file)
        return try TimeZoneRules(tzif: Array(bytes[..<count]))
    }
}
