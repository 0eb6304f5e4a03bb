import ArgumentParser
import DBN
import MarketCalendar
import Platform
import Synthesis
import Units

/// `levelhead synth`: writes a synthetic session.
struct SynthCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "synth",
        abstract: "Writes a realistic synthetic session of ES, MES and ES options as DBN files.",
        discussion: """
            The same parameters give the same bytes. Files are named synthetic-DATE.… and appear when they are \
            complete. Those of the same names are replaced; when the directory has one of that date that this session \
            does not write, nothing is.

            Example:
              levelhead synth --date 2026-11-20 --seed 7 --out tapes/synthetic
              levelhead synth --date 2026-11-20 --seed 7 --rate 0.02 --out tapes/small --json
            """)

    @Option(help: "The trade date, YYYY-MM-DD: its session opens at 18:00 ET the evening before.")
    var date: CivilDate

    @Option(help: "Any whole number from 0: another one is another day.")
    var seed: UInt64

    @Option(help: "The directory to write to; created if it does not exist.")
    var out: String

    @Option(name: .customLong("from"), help: "First time of day, HH:MM ET; 18:00 to 23:59 is the evening before.")
    var start = TimeOfDayArgument(time: TimeOfDay(hour: 18, minute: 0))

    @Option(name: .customLong("to"), help: "End, exclusive, HH:MM ET.")
    var end = TimeOfDayArgument(time: TimeOfDay(hour: 17, minute: 0))

    @Option(help: "Scales the number of records, not the price path: 1 is a busy day of about 10 million ES records.")
    var rate = 1.0

    @Option(help: "A halt, HH:MM-HH:MM ET; may be given repeatedly.")
    var halt: [SpanArgument] = []

    @Option(
        help: "A time, HH:MM ET, at which the feed is lost and comes back with a snapshot; may be given repeatedly.")
    var reconnect: [TimeOfDayArgument] = []

    @Flag(name: .customLong("no-mes"), help: "Leave the MES book out. The ES book stays the same.")
    var withoutMicro = false

    @Flag(
        inversion: .prefixedNo,
        help: ArgumentHelp(
            """
            Write options on ES: definitions, quotes, trades and open interest of about ten expiries; fewer contracts \
            below a rate of 0.25. The books stay the same.
            """))
    var options = true

    @Flag(help: "Print one JSON object.")
    var json = false

    func validate() throws {
        // The stamps of DBN end in 2554, and rules of the exchange change before.
        guard (2_000...2_200).contains(date.year) else { throw ValidationError("--date must lie in 2000 to 2200") }
        guard rate > 0, rate <= 100 else { throw ValidationError("--rate must be above 0 and at most 100") }
        guard window.start >= -21_600, window.start < window.end, window.end <= 61_200 else {
            throw ValidationError("--from must lie before --to, within 18:00 to 17:00 ET")
        }
        guard halt.allSatisfy({ $0.span.start < $0.span.end }) else {
            throw ValidationError("--halt must begin before it ends")
        }
        let halts = halt.map(\.span).sorted { $0.start < $1.start }
        guard zip(halts, halts.dropFirst()).allSatisfy({ $0.end <= $1.start }) else {
            throw ValidationError("--halt must end before the next one begins")
        }
        let inside = halt.allSatisfy { $0.span.start >= window.start && $0.span.end <= window.end }
        guard inside, reconnect.allSatisfy({ window.contains(SynthSession.daySecond($0.time)) }) else {
            throw ValidationError("--halt and --reconnect must lie between --from and --to")
        }
    }

    private var window: DaySpan {
        DaySpan(start: SynthSession.daySecond(start.time), end: SynthSession.daySecond(end.time))
    }

    func run() throws {
        try reportingErrors { try write() }
    }

    private func write() throws {
        var session = try SynthSession(date: date, seed: seed, withTraded: !withoutMicro, withOptions: options)
        session.parameters.rate = rate
        session.parameters.window = window
        session.parameters.halts = halt.map(\.span).sorted { $0.start < $1.start }
        session.parameters.reconnects = reconnect.map { SynthSession.daySecond($0.time) }.sorted()
        let started = MonotonicClock.now()
        let written = try SynthWriter.write(session, to: out)
        let seconds = (MonotonicClock.now() - started).seconds
        report(written, seconds: seconds)
    }

    private func report(_ written: [SynthWriter.Written], seconds: Double) {
        let records = written.reduce(0) { $0 + $1.records }
        let perSecond = Int(Double(records) / max(seconds, 1e-9))
        guard json else {
            for file in written { Terminal.writeOutput("\(file.path)  \(file.records) records\n") }
            Terminal.writeError("\(records) records in \(Double(Int(seconds * 100)) / 100) s, \(perSecond) a second")
            return
        }
        let files = written.map { JSONText.string($0.path) }
        let counts = written.map { JSONText.object(["file": JSONText.string($0.path), "records": "\($0.records)"]) }
        let report = JSONText.object([
            "files": JSONText.array(files), "records": "\(records)", "by_file": JSONText.array(counts),
            "date": JSONText.string("\(date)"), "seed": "\(seed)", "rate": "\(rate)", "wall_s": "\(seconds)",
            "records_per_s": "\(perSecond)",
        ])
        Terminal.writeOutput(report + "\n")
    }
}

/// A time of day on the command line.
struct TimeOfDayArgument: ExpressibleByArgument {
    let time: TimeOfDay

    init(time: TimeOfDay) { self.time = time }

    init?(argument: String) {
        guard let time = TimeOfDay(argument) else { return nil }
        self.time = time
    }

    var defaultValueDescription: String { time.description }
}

/// Two times of day on the command line.
struct SpanArgument: ExpressibleByArgument {
    let span: DaySpan

    init?(argument: String) {
        let parts = argument.split(separator: "-", omittingEmptySubsequences: false)
        guard parts.count == 2, let start = TimeOfDay(parts[0]), let end = TimeOfDay(parts[1]) else { return nil }
        span = DaySpan(start: SynthSession.daySecond(start), end: SynthSession.daySecond(end))
    }
}
