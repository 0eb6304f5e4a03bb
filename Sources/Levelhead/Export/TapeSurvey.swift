import DBN
import Features
import MarketCalendar
import Pipeline
import Platform
import Tape
import Units

/// A first look at a tape: how many rows it can give at most.
struct TapeSurvey {
    private static let second: UInt64 = 1_000_000_000
    private static let week = Timestamp.nanosecondsPerWeek

    /// `mbp-10` records of the signal's contracts, and those among them that are trades.
    private(set) var records: UInt64 = 0
    private(set) var trades: UInt64 = 0
    private var first = UInt64.max
    private var last: UInt64 = 0
    private let calendar: TradingCalendar

    /// Reads the whole tape once.
    init(_ paths: [String], setup: MarketSetup) throws {
        calendar = setup.calendar
        let instruments = Set(setup.plan.signal.flatMap { $0.identities.map(\.instrument) })
        for path in paths {
            var file = try TapeFile.open(path)
            while let record = try file.next() {
                if record.type == .mbp10, instruments.contains(record.instrumentID) {
                    take(record)
                } else if record.type != .symbolMapping, record.type != .error {
                    // It may end seconds, behind the last book too.
                    hear(record)
                }
            }
        }
    }

    private mutating func take(_ record: RecordView) {
        records += 1
        if record.marketByPrice.action == .trade { trades += 1 }
        let received = record.receiveTime.nanoseconds, event = record.eventTime.nanoseconds
        // Stamps that no clock believes (`MarketFold`) make no time pass.
        guard received < Timestamp.latest.nanoseconds, event <= received &+ Self.week else { return }
        first = min(first, max(event, received &- min(received, Self.week)))
        last = max(last, received)
    }

    /// What another record than a book of the signal says of the time, as far as a clock that has heard one believes
    /// it: a gateway's own messages have its time, which may be another year's.
    private mutating func hear(_ record: RecordView) {
        let received = record.receiveTime.nanoseconds, event = record.eventTime.nanoseconds
        guard last > 0, received <= last &+ (record.type == .system ? 60 * Self.second : Self.week),
            event <= received &+ Self.week, received <= event &+ Self.week
        else { return }
        last = max(last, received)
    }

    /// Rows at most.
    func rows(_ choice: RowChoice) -> UInt64 {
        switch choice {
        case .tick: records
        case .touch: trades
        case .second: openSeconds
        case .quarterSecond: 4 * openSeconds
        }
    }

    /// Seconds of the sessions that the tape touches.
    private var openSeconds: UInt64 {
        guard first <= last else { return 0 }
        var seconds: UInt64 = 0
        var session = calendar.sessionInForce(Timestamp(nanoseconds: first))
        while session.open.nanoseconds <= last {
            let start = max(first, session.open.nanoseconds), end = min(last, session.close.nanoseconds)
            if end > start { seconds += (end - start) / Self.second + 1 }
            session = calendar.nextSession(after: session.open)
        }
        return seconds
    }
}

/// A file is not begun that the disk cannot hold.
struct ExportSize {
    let rows: UInt64
    let bytes: UInt64
    let free: UInt64
    let directory: String

    init(_ file: ExportFile, rows: UInt64) throws {
        self.rows = rows
        bytes = rows * file.rowBytes
        directory = file.directory
        free = try FreeSpace.bytes(in: directory, for: file.path)
    }

    struct TooLarge: Error, CustomStringConvertible {
        let directory: String
        let needed: UInt64
        let free: UInt64
        var description: String {
            "\(directory): up to \(ExportSize.text(needed)) (\(needed) bytes) are needed, "
                + "\(ExportSize.text(free)) (\(free) bytes) are free: choose another place, --columns or --every"
        }
    }

    /// Says the size, or throws when it does not fit.
    static func check(rows: UInt64, bytes: UInt64, free: UInt64, directory: String) throws {
        guard bytes <= free else { throw TooLarge(directory: directory, needed: bytes, free: free) }
        Terminal.writeError("levelhead: \(rows) rows at most, \(text(bytes)); \(directory) has \(text(free)) free")
    }

    func check() throws { try Self.check(rows: rows, bytes: bytes, free: free, directory: directory) }

    /// Decimal units, one digit behind the point.
    static func text(_ bytes: UInt64) -> String {
        let units = [(UInt64(1_000_000_000), "GB"), (1_000_000, "MB"), (1_000, "kB")]
        for (unit, name) in units where bytes >= unit { return "\(bytes / unit).\(bytes % unit * 10 / unit) \(name)" }
        return "\(bytes) B"
    }
}
