import ArgumentParser
import DBN
import Features
import Labels
import MarketCalendar
import MarketData
import Orders
import Pipeline
import Platform
import Tape
import Units

/// `levelhead labels`: what came after each test of a level, for training. The only place that knows labels.
struct LabelsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "labels",
        abstract: "Writes what came after each test of a level on a finished tape.",
        discussion: """
            One row per start of a test; the columns of the other levels are NaN. Over 120, 240 and 480 s: the outcome \
            (+1 break, -1 rejection, 0 neither) against barriers of one 14-minute ATR, at least 8 ticks, around the \
            level as it was then; the seconds to it; and how far price went beyond the level and back. A path that the \
            end of regular hours, of the session or of the tape cuts short is NaN.

            STEM.npy, STEM.ts.npy and STEM.columns.json are as those of `features`, whose --every touch rows have the \
            same sequences; STEM.known.npy holds Int64 rows × 3, from which receive time on the labels of 120, 240 \
            and 480 s are known (0: never). CSV and JSON lines hold known_120s, known_240s and known_480s behind \
            sequence. Labels look ahead: purge and embargo them, and never feed them to anything live.

            Example: levelhead labels --tape tape/ --out day-labels.npy
            """)

    @Option(
        parsing: .upToNextOption,
        help: ArgumentHelp("DBN files or directories of them; may be repeated.", valueName: "path"))
    var tape: [String]

    @Option(help: ArgumentHelp("Where to write, ending in .npy, .csv or .jsonl.", valueName: "stem.npy"))
    var out: String

    @OptionGroup var options: ConfigurationOptions

    @Flag(help: "One JSON object: rows, columns, sha256 of STEM.npy's values or of the text file.")
    var json = false

    func validate() throws {
        guard ExportFormat.split(out) != nil else {
            throw ValidationError("--out \(out): \(ExportFormat.expectation)")
        }
    }

    func run() throws {
        try reportingErrors { try write() }
    }

    private func write() throws {
        guard let (stem, format) = ExportFormat.split(out) else { return }
        var merged = try MergedTape.open(try TapePaths.expand(tape))
        let setup = try MarketSetup(configuration: try options.resolve(), tape: merged)
        var fold = MarketFold(plan: setup.plan, configuration: setup.features)
        var sink = TestFollower()
        var progress = ProgressBar("labels")
        var sequence: UInt64 = 0
        while let record = try merged.next() {
            fold.take(record, sequence: sequence, sink: &sink)
            if record.type == .status {
                let time = min(record.eventTime.nanoseconds, fold.clock)
                sink.follow(isOpen: fold.leaderQuality.isDisjoint(with: .notTrading), at: time, received: fold.clock)
            }
            sequence += 1
            guard sequence % 65_536 == 0 else { continue }
            let position = merged.position
            progress.update(done: position.bytesRead, of: position.byteCount, items: Int(sequence))
        }
        let file = ExportFile(
            stem: stem, format: format,
            columns: LabelSchema.columns.map { ExportColumn(name: $0.name, unit: $0.unit) },
            extra: LabelSchema.horizons.map { "known_\($0)s" })
        let result = try Self.write(sink.tracker.finish(), file)
        print(json ? result.json : result.text)
    }

    private static func write(_ rows: [LabelRow], _ file: ExportFile) throws -> ExportResult {
        try ExportSize(file, rows: UInt64(rows.count)).check()
        let writer = try file.writer()
        for row in rows {
            let stamps = [row.start.eventTime, row.start.received, row.start.sequence] + row.known
            try row.values.withUnsafeBufferPointer {
                try writer.append($0, stamps: stamps.map { Int64(bitPattern: $0) })
            }
        }
        return ExportResult(
            out: file.path, rows: rows.count, columns: file.columns.count, digest: try writer.commit())
    }
}

/// Gives the leading contract's trades and the starts of its levels' tests to the tracker.
private struct TestFollower: MarketSink {
    private(set) var tracker = LabelTracker()
    private var tests = TestStarts()
    private var hole: Range<UInt64>?
    /// Since when the market does not trade, by status: event time and receive clock, ns; nil while it does.
    private var stopped: (time: UInt64, received: UInt64)?
    private var sessionEnd = UInt64.max

    mutating func groupClosed(_ engine: borrowing ContractEngine) {
        let group = engine.group
        if let newest = engine.newestHole, newest != hole {
            hole = newest
            tracker.lose(newest)
        }
        sessionEnd = engine.session.close.nanoseconds
        // Status of the session's own leader may not have come since.
        if engine.isOpen { stopped = nil }
        if stopped == nil { tracker.pass(to: group.time, received: engine.clock) }
        // Prints of an auction, while the market is not open, are no path.
        if engine.isOpen {
            for trade in engine.trades { tracker.trade(price: trade.price, time: group.time) }
        }
        for kind in tests.begun(engine) { begin(kind, engine) }
    }

    /// What status says of the market. One that has stopped may go on in the same session, as behind a halt, and the
    /// paths under way with it; else that was their end.
    mutating func follow(isOpen: Bool, at time: UInt64, received: UInt64) {
        if !isOpen {
            guard stopped == nil else { return }
            tracker.pass(to: time, received: received)
            stopped = (time, received)
        } else {
            if time >= sessionEnd { endAtStop() }
            stopped = nil
        }
    }

    private mutating func endAtStop() {
        if let stopped { tracker.close(at: stopped.time, received: stopped.received) }
    }

    private mutating func begin(_ kind: LevelKind, _ engine: borrowing ContractEngine) {
        let level = engine.level(kind).pointee
        let (group, session) = (engine.group, engine.session)
        let time = Timestamp(nanoseconds: group.time)
        let isBeforeRegularEnd = session.hasRTH && time < session.rthClose
        let place = FeatureSchema.marketOffset + MarketFeature.averageTrueRange.rawValue
        tracker.begin(
            TestStart(
                level: kind, time: group.time, eventTime: group.eventTime, received: engine.clock,
                sequence: group.sequence, side: level.test.testSide, price: level.price,
                averageTrueRange: engine.vector[place],
                limit: (isBeforeRegularEnd ? session.rthClose : session.close).nanoseconds))
    }

    mutating func secondEnded(_ engine: borrowing ContractEngine, time: UInt64) {}
    mutating func sessionBegan(_ session: SessionTimes, leader: Int) {
        endAtStop()
        tests.forget()
    }
    mutating func tradedGroup(_ book: borrowing ContractBook) {}
    mutating func tradedStatus(_ status: TradingStatus, time: UInt64, clock: UInt64) {}
}
