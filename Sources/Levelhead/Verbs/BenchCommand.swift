import ArgumentParser
import Features
import Histogram
import MarketCalendar
import Observability
import Platform
import Tape
import Units

/// `levelhead bench`: what the feature engine costs on this machine, event by event.
struct BenchCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "bench",
        abstract: "Measures the feature engine alone: all columns, at every event group, over records in memory.",
        discussion: """
            Folds the tape up to where the measured part begins (--from, or the first record at which all five levels \
            are active), then folds that part in several rounds from the same state, on one thread. Prints the best \
            and the median round by the time that passed, and by the time that the thread was on a core, which leaves \
            out what other processes took; and from one more round the time of each record: those percentiles include \
            what others took and a look at the clock, which is printed too.

            Examples:
              levelhead bench --tape tape/
              levelhead bench --tape ES.mbp-10.dbn --from 2026-03-10T14:30Z --records 2000000 --rounds 9 --json
            """)

    @Option(
        parsing: .upToNextOption,
        help: ArgumentHelp("DBN files or directories of them; may be repeated.", valueName: "path"))
    var tape: [String]

    @Option(help: "Measure from the first record received at this time or later.")
    var from: TimeArgument?

    @Option(help: "Measure so many records, of all kinds; they are held in memory.")
    var records = 1_000_000

    @Option(help: "How often to measure.")
    var rounds = 5

    @OptionGroup var options: ConfigurationOptions

    @Flag(help: "One JSON object.")
    var json = false

    func validate() throws {
        guard records > 0 else { throw ValidationError("--records is at least 1, not \(records).") }
        guard rounds > 0 else { throw ValidationError("--rounds is at least 1, not \(rounds).") }
    }

    func run() throws {
        try reportingErrors { try measure() }
    }

    private func measure() throws {
        let merged = try MergedTape.open(try TapePaths.expand(tape))
        let setup = try MarketSetup(configuration: try options.resolve(), tape: merged)
        var bench = try EngineBench(merged, setup: setup, from: from?.time, capacity: records)
        var spent: [(elapsed: Int64, onCore: Int64)] = []
        for _ in 0..<rounds { spent.append(try bench.round()) }
        let (books, others) = (LatencyRecorder(), LatencyRecorder())
        try bench.timedRound(books: books, others: others)
        let report = BenchReport(
            records: bench.records, bookRecords: bench.bookRecords, groups: bench.groups, began: bench.began,
            elapsed: spent.map(\.elapsed).sorted(), onCore: spent.map(\.onCore).sorted(),
            clock: EngineBench.clock(), books: Spread(books), others: Spread(others))
        Terminal.writeOutput((json ? report.json : report.text) + "\n")
    }
}

/// Percentiles of nanoseconds.
private struct Spread {
    let count: UInt64
    let percentiles: [(name: String, value: UInt64)]

    init(_ recorder: LatencyRecorder) {
        let histogram = recorder.histogram()
        count = histogram.totalCount
        percentiles = [("p50", 50), ("p90", 90), ("p99", 99), ("p99_9", 99.9), ("max", 100)].map {
            ($0.0, histogram.valueAtPercentile($0.1))
        }
    }

    var json: String { JSONText.object([("count", "\(count)")] + percentiles.map { ($0.name, "\($0.value)") }) }
    var text: String { percentiles.map { "\($0.name) \($0.value)" }.joined(separator: ", ") + " ns" }
}

private struct BenchReport {
    let records: Int
    let bookRecords: Int
    let groups: Int
    /// Receive time of the first record, ns.
    let began: UInt64
    /// Nanoseconds of each round, sorted: those that passed, and those on a core.
    let elapsed: [Int64]
    let onCore: [Int64]
    let clock: Int64
    let books: Spread
    let others: Spread

    /// Of the best and of the median round.
    private func rates(_ count: Int, _ rounds: [Int64]) -> (best: Int, median: Int) {
        func rate(_ nanoseconds: Int64) -> Int { Int(Double(count) / Double(max(nanoseconds, 1)) * 1e9) }
        return (rate(rounds[0]), rate(rounds[rounds.count / 2]))
    }

    var json: String {
        var members = [
            ("book_record_ns", books.json), ("clock_ns", "\(clock)"), ("columns", "\(FeatureSchema.columns.count)"),
            ("event_groups", "\(groups)"), ("from", "\(began)"), ("mbp10", "\(bookRecords)"),
            ("other_record_ns", others.json), ("records", "\(records)"), ("rounds", "\(elapsed.count)"),
        ]
        for (ending, rounds) in [("", elapsed), ("_on_core", onCore)] {
            for (name, count) in [("mbp10", bookRecords), ("records", records)] {
                let (best, median) = rates(count, rounds)
                members.append(("\(name)_per_s\(ending)", "\(best)"))
                members.append(("\(name)_per_s_median\(ending)", "\(median)"))
            }
        }
        return JSONText.object(members)
    }

    var text: String {
        func line(_ name: String, _ rounds: [Int64]) -> String {
            let (books, all) = (rates(bookRecords, rounds), rates(records, rounds))
            return "\(name): best of \(rounds.count) rounds \(books.best) mbp-10 records a second "
                + "(\(all.best) of all kinds), median \(books.median) (\(all.median))"
        }
        return """
            \(records) records from \(Timestamp(nanoseconds: began).iso8601Text), \(bookRecords) of them mbp-10; \
            \(FeatureSchema.columns.count) columns current at \(groups) event groups
            \(line("by time passed", elapsed))
            \(line("by time on a core", onCore))
            a record of the book: \(books.text)
            another record: \(others.text)
            a look at the clock: \(clock) ns, in each of these
            """
    }
}
