import ArgumentParser
import Features
import MarketCalendar
import MarketData
import Pipeline
import Platform
import Storage
import Tape

/// `levelhead history`: past sessions, which the time-of-day rows and the micro-price compare with.
struct HistoryCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "history",
        abstract: "Collects past sessions, or prints what they give for a trade date.",
        discussion: """
            With --tape, reads the days in order and keeps each session of the leading contract that is over: 276 \
            five-minute buckets and the moves of the best prices. The same session gives the same bytes, so days may \
            be read again. Without --tape, prints the profile (the last 20 complete regular sessions before --date, at \
            least 5) and the micro-price table (the last 5 sessions). replay and features read it with --history; a \
            session is compared with earlier ones only.

            Example: levelhead history --tape tape/ --history history/
            Example: levelhead history --history history/ --date 2026-03-10 --json
            """)

    @Option(
        parsing: .upToNextOption,
        help: ArgumentHelp("DBN files or directories of them; may be repeated.", valueName: "path"))
    var tape: [String] = []

    @Option(help: ArgumentHelp("Directory of the history; made when sessions are added.", valueName: "dir"))
    var history: String

    @Option(help: ArgumentHelp("Print what is in force on this trade date.", valueName: "YYYY-MM-DD"))
    var date: CivilDate?

    @Option(help: ArgumentHelp("Print this root; by default the only one, else ES.", valueName: "root"))
    var root: String?

    @OptionGroup var options: ConfigurationOptions

    @Flag(help: "One JSON object.")
    var json = false

    func validate() throws {
        if !tape.isEmpty, date != nil || root != nil {
            throw ValidationError("--date and --root are for printing: leave --tape out.")
        }
    }

    func run() throws {
        try reportingErrors { try tape.isEmpty ? dump() : add() }
    }

    private func dump() throws {
        let root = try root ?? RunHistory.defaultRoot(path: history)
        let dump = HistoryDump(try RunHistory(path: history, root: root), date: date)
        print(json ? dump.json : dump.text)
    }

    private func add() throws {
        var merged = try MergedTape.open(try TapePaths.expand(tape))
        let setup = try MarketSetup(configuration: try options.resolve(), tape: merged)
        var features = setup.features
        features.collectsSessions = true
        var store = try HistoryStore(history, version: SessionRecord.formatVersion, makes: true)
        var addition = HistoryAddition(root: setup.plan.signalSpecification.root, calendar: setup.calendar)
        var fold = MarketFold(plan: setup.plan, configuration: features)
        var sink = SessionSink()
        var progress = ProgressBar("history")
        var sequence: UInt64 = 0
        while let record = try merged.next() {
            fold.take(record, sequence: sequence, sink: &sink)
            sequence += 1
            guard sequence % 65_536 == 0 else { continue }
            let position = merged.position
            progress.update(done: position.bytesRead, of: position.byteCount, items: Int(sequence))
            for session in fold.takeEndedSessions(keepsLast: true) { try addition.add(session, to: &store) }
        }
        fold.endTape(sink: &sink)
        for session in fold.takeEndedSessions() { try addition.add(session, to: &store) }
        print(json ? addition.json : addition.text)
    }
}

/// Looks at no row: the sessions are collected in the engines.
private struct SessionSink: MarketSink {
    mutating func groupClosed(_ engine: borrowing ContractEngine) {}
    mutating func secondEnded(_ engine: borrowing ContractEngine, time: UInt64) {}
    mutating func tradedGroup(_ book: borrowing ContractBook) {}
    mutating func tradedStatus(_ status: TradingStatus, time: UInt64, clock: UInt64) {}
    mutating func sessionBegan(_ session: SessionTimes, leader: Int) {}
}
