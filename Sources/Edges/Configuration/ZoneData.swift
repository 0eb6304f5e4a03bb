public import MarketCalendar
import Platform

/// The system's compiled time zone database.
public enum ZoneData {
    public static let newYorkPath = "/usr/share/zoneinfo/America/New_York"

    /// - Throws: when the file is missing (`apt-get install tzdata` brings it) or is not a zone file.
    public static func newYork() throws(ZoneDataError) -> TimeZoneRules { try read(newYorkPath) }

    public static func read(_ path: String) throws(ZoneDataError) -> TimeZoneRules {
        let bytes: [UInt8]
        do { bytes = try PosixFile.contents(of: path) } catch { throw .unreadable(path: path, reason: error.reason) }
        do { return try TimeZoneRules(tzif: bytes) } catch { throw .notAZone(path: path, error) }
    }
}

public enum ZoneDataError: Error, Equatable, Sendable {
    case unreadable(path: String, reason: String)
    case notAZone(path: String, TimeZoneError)
}

extension ZoneDataError: CustomStringConvertible {
    public var description: String {
        switch self {
        case .unreadable(let path, let reason): "\(path): \(reason); mend with: apt-get install tzdata"
        case .notAZone(let path, let error):
            "\(path): not a time zone file: \(error); mend with: apt-get install tzdata"
        }
    }
}
