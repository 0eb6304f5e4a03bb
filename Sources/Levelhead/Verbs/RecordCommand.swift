import ArgumentParser
import Configuration
import DBN
import Foundation
import MarketCalendar
import Platform
import Ring
import Tape
import Units

/// `levelhead record`: copies a run's ring to DBN files.
struct RecordCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "record",
        abstract: "Writes the records of the run in progress to DBN files of its own, one per trade date.",
        discussion: """
            Follows the run's ring until the run's input ends, the run is stopped, or SIGINT or SIGTERM comes. What \
            the ring has no more is read from the run's tape, so nothing is missing. The run itself is not slowed down.

            Example: levelhead record --out copy/ --from-start
            """)

    @Option(help: ArgumentHelp("The directory to write to: missing or empty.", valueName: "dir"))
    var out: String

    @Flag(help: "Begin with the run's first record instead of the next one.")
    var fromStart = false

    @OptionGroup var options: RunOptions

    @Flag(help: "One JSON object.")
    var json = false

    func run() throws {
        try reportingErrors {
            StopSignal.install()
            let site = try options.site()
            guard try site.tape.parts().isEmpty == false else { throw NoTape(path: site.tapeDirectory) }
            if PosixFile.exists(out), try !Directory.names(in: out).isEmpty {
                throw ValidationError("--out \(out): not empty")
            }
            let count = try copy(site)
            print(json ? "{\"records\": \(count), \"out\": \(JSONText.string(out))}" : "\(count) records in \(out)")
        }
    }

    private func copy(_ site: RunSite) throws -> UInt64 {
        let first = fromStart ? 0 : try Self.next(site)
        let parts = try site.tape.parts()
        guard let part = parts.last(where: { $0.firstSequence <= first }),
            let metadata = try TapeFile.open(part.path).metadata
        else { throw NoTape(path: site.tapeDirectory) }
        let calendar = TradingCalendar.cmeEquityIndex(zone: try ZoneData.newYork(), windows: .regular)
        var records = try RingRecords(site, from: first, isPacing: false)
        var tape = try RunTapeWriter.create(out, metadata: metadata)
        // What has no time, such as a mapping or a mark before the first record, is of the date that the run gave it.
        var (date, nextSession): (Int, UInt64) = (part.tradeDate, 1)
        let place = Self.place(site)
        var (isOver, isStopped) = (false, false)
        while !isOver {
            switch try records.next() {
            case .record(let record, _):
                let time = record.receiveTime
                if time.isDefined, time.nanoseconds >= nextSession, record.type != .symbolMapping {
                    date = calendar.sessionInForce(time).tradeDate.yyyymmdd
                    nextSession = calendar.nextSession(after: time).open.nanoseconds
                }
                try tape.append(record, tradeDate: date)
                if tape.recordCount % 1_024 == 0 { try tape.flush() }
            case .drained:
                try tape.flush()
                // What was shown before the ring was taken away is read, too.
                isOver = StopSignal.isRaised || isStopped
                isStopped = Self.place(site) != place
                if !isOver, !isStopped { records.wait(.park) }
            case .ended: isOver = true
            }
        }
        try tape.close()
        if isStopped, !StopSignal.isRaised {
            let more = "what it takes when it goes on is not in \(out)"
            Terminal.writeError("levelhead: \(site.directory): the run was stopped: \(more)")
        }
        return tape.recordCount
    }

    /// Which file the run's ring is: a run that is stopped takes it away, and makes another when it goes on.
    private static func place(_ site: RunSite) -> UInt64? {
        var found = stat()
        return stat(site.ringPath, &found) == 0 ? UInt64(found.st_ino) : nil
    }

    /// The number of the record that the run's ring shows next.
    private static func next(_ site: RunSite) throws -> UInt64 {
        let file = try SharedMemoryFile.open(path: site.ringPath, writableBytes: RingLayout.headerBytes)
        return try RingMemory(attaching: file.bytes, owner: file).nextSequence
    }
}
