import Configuration
import Control
import Foundation
import MarketData
import Orders
import PaperVenue
import Pipeline
import Platform
import Signals
import Storage
import Tape
import Units

/// Folds a finished run again from its tape and its journals and compares everything that it put out (promise 1).
///
/// Engine: features and signals from the tape. Risk gateway, execution gateway, paper venue: what each put out, from
/// the tape and the inputs that it journaled. Channels: what was sent is what was taken, in order, the last messages on
/// their way excepted when the run was cut short.
struct RunVerification {
    let site: RunSite
    private let history: String?
    /// The run's own tape, or another place where it is kept.
    let tape: RunTape

    private(set) var differences: [String] = []
    private(set) var compared: [(String, UInt64)] = []
    private var results: RunResults
    /// What the summary has from the processes that ended in order.
    private var summary: [(String, String)] = []
    /// Of the tape; where ingest died, those that the engine had got from it.
    private var recordCount: UInt64 = 0

    /// - Parameter history: nil for what the run keeps.
    init(_ site: RunSite, tape: RunTape, history: String?) {
        self.site = site
        self.history = history
        self.tape = tape
        results = RunResults(site)
    }

    mutating func run() throws {
        let configuration = try site.configuration()
        let file = try RunRecord(path: site.runFile)
        try NamedFiles.check(file, configuration)
        let paths = try tape.parts().map(\.path)
        guard let first = paths.first else { throw NoTape(path: tape.directory) }
        differences = try RunInputs.differences(paths, [file.ownTape])
        let setup = try MarketSetup(
            configuration: configuration, tape: try MergedTape.open([first]), history: history ?? file.history(site))
        differences += RunInputs.differences(setup, file)
        // Of other inputs other results are no news.
        guard differences.isEmpty else { return }
        try verifyEngine(setup)
        var tally = OrderTally()
        var audit = try AuditComparison(site.auditFile, terms: setup.plan.tradedSpecification)
        try verify(
            HostedRisk.self, setup,
            observe: { message, fold in
                tally.count(message)
                tally.digest(message)
                try audit.observe(message, fold)
            },
            results: { HostedRisk.members(symbol: $0.tradedSymbol, gate: $0.read { $0.gate }) })
        take(.risk, tally.members)
        try audit.finish(isWhole: results.exists(.risk))
        if let difference = audit.difference { add(difference) }
        compared.append(("audit lines", audit.lineCount))
        try verify(HostedExecution.self, setup, results: { HostedExecution.members($0.read { $0.accounts }) })
        try verify(
            HostedPaper.self, setup,
            results: { [("working_orders", JSONText.integer($0.read { $0.accounts.orderCount }))] })
        results.compareSummary(summary, records: recordCount)
        results.compareRunFile(file, summary)
        differences += results.differences
        compared.append(("results", results.count))
        for channel in StageChannel.all { try verify(channel) }
    }

    // MARK: Folds

    private mutating func verifyEngine(_ setup: MarketSetup) throws {
        let trading = try setup.trading()
        var pipeline = EnginePipeline(
            plan: setup.plan, features: setup.features, trading: trading,
            output: EngineLedger(mode: setup.configuration.digest))
        var expected = try OutputRecord(site.journal("engine-out"))
        var records = try tape.reader(at: 0)
        var count: UInt64 = 0
        let (end, hasResult) = (results.end(of: .engine), results.exists(.engine))
        while let (record, sequence) = try records.next() {
            recordCount = sequence + 1
            // One that was killed had not seen all of the tape.
            guard sequence < end, hasResult || expected.hasMore else { continue }
            pipeline.take(record, sequence: sequence)
            count = sequence + 1
            for (signal, _) in pipeline.withOutput({ $0.takeSignals() }) {
                if let difference = try expected.compare(.signal(signal)) { add("engine: \(difference)") }
            }
        }
        if results.isDead(.ingest), !results.isDead(.engine), !results.hasFailed, hasResult {
            // It had written a batch, and died before all of it was in the ring.
            if recordCount > count + UInt64(IngestRun.batchCount) {
                add("engine: it took \(count) of \(recordCount) records, and ingest died within the next ones")
            }
            recordCount = count
        }
        compared.append(("engine outputs", expected.count))
        compared.append(("records", count))
        if expected.hasMore { add("engine: the journal has \(expected.left) signals more than its tape gives") }
        let market = MarketTally(pipeline.market)
        let (rows, made) = pipeline.withOutput { ($0.featureRows, $0.finish(records: count, market)) }
        take(.engine, made)
        compared.append(("feature rows", rows))
    }

    /// Compares what a process that ended in order came to, and keeps it for the summary.
    private mutating func take(_ role: ProcessRole, _ made: [(String, String)]) {
        guard results.exists(role) else { return }
        results.compare(role, made)
        // Orders are counted by the execution gateway, records by ingest.
        summary += made.filter { pair in
            pair.0 != "records" && (pair.0 != "orders" || role == .execution)
        }
    }

    /// - Parameters:
    ///   - observe: sees what the stage has taken and puts out, in order.
    ///   - read: the results that follow from where the stage stands at the end.
    private mutating func verify<Hosted: HostedStage & ~Copyable>(
        _ type: Hosted.Type, _ setup: MarketSetup,
        observe: (StageMessage, borrowing StageFold<Hosted.Stage>) throws -> Void = { _, _ in },
        results read: (borrowing StageFold<Hosted.Stage>) -> [(String, String)]
    ) throws {
        let name = Hosted.role.rawValue
        let trading = try setup.trading()
        var fold = StageFold(plan: setup.plan, features: setup.features, trading: trading, stage: Hosted.stage(trading))
        var expected = try OutputRecord(site.journal("\(name)-out"))
        let entries = try InputJournal.read(site.journal("\(name)-in"))
        var records = try tape.reader(at: 0)
        let hasResult = results.exists(Hosted.role)
        let end = results.end(of: Hosted.role)
        var position: UInt64 = 0
        for entry in entries {
            while position < entry.position, let (record, sequence) = try records.next() {
                fold.take(record, sequence: sequence)
                position = sequence + 1
                try compare(&fold, &expected, name, isWhole: hasResult, observe)
            }
            if position < entry.position {
                add("\(name): its journal goes on at record \(entry.position), the tape ends before \(position)")
                return
            }
            fold.take(entry.message, at: entry.time)
            try observe(entry.message, fold)
            try compare(&fold, &expected, name, isWhole: hasResult, observe)
        }
        while position < end, let (record, sequence) = try records.next() {
            // A run that was cut short had not seen all of the tape.
            if !expected.hasMore, !hasResult { break }
            fold.take(record, sequence: sequence)
            position = sequence + 1
            try compare(&fold, &expected, name, isWhole: hasResult, observe)
        }
        if expected.hasMore { add("\(name): the journal has \(expected.left) messages more than it gives again") }
        take(Hosted.role, read(fold) + [("records", JSONText.integer(position))])
        compared.append(("\(name) inputs", UInt64(entries.count)))
        compared.append(("\(name) outputs", expected.count))
    }

    /// - Parameter isWhole: the journal has all that the process put out.
    private mutating func compare<Stage: TradingStage>(
        _ fold: inout StageFold<Stage>, _ expected: inout OutputRecord, _ name: String, isWhole: Bool,
        _ observe: (StageMessage, borrowing StageFold<Stage>) throws -> Void
    ) throws {
        var messages: [StageMessage] = []
        fold.drain { messages.append($0) }
        for message in messages { try observe(message, fold) }
        for message in messages where isWhole || expected.hasMore {
            if let difference = try expected.compare(message) { add("\(name): \(difference)") }
        }
    }

    // MARK: Channels

    private mutating func verify(_ channel: StageChannel) throws {
        let sent = try OutputRecord.messages(site.journal("\(channel.from.rawValue)-out"), channel.kinds)
        let source = InputSource(channel: channel)
        let taken = try InputJournal.read(site.journal("\(channel.to.rawValue)-in")).filter { $0.source == source }
        for (index, entry) in taken.enumerated() {
            // Who was killed may have sent what it had not written down yet.
            if index == sent.count, results.isDead(channel.from), !results.exists(channel.from) { break }
            guard entry.sequence == index, index < sent.count else {
                add(
                    "channel \(channel.name): message \(entry.sequence) was taken as number \(index) of "
                        + "\(sent.count) sent")
                return
            }
            if try !Self.isTaken(entry.message, for: sent[index]) {
                add("channel \(channel.name): message \(index) differs")
            }
        }
        compared.append(("channel \(channel.name)", UInt64(taken.count)))
    }

    /// The message itself, the question that left in place of an order that could open and might not any more, or a
    /// signal that came late.
    private static func isTaken(_ message: StageMessage, for sent: [UInt8]) throws -> Bool {
        if try message.bytes == sent { return true }
        switch try StageMessage(bytes: sent) {
        case .command(let command) where command.opens:
            return try message.bytes == StageMessage.command(command.asQuestion).bytes
        case .signal(let signal): return try message.bytes == StageMessage.signal(signal.late).bytes
        default: return false
        }
    }

    private mutating func add(_ difference: String) { differences.append(difference) }
}

/// The run has written no record: it waits for its first, or was stopped before it.
struct NoTape: Error, CustomStringConvertible {
    let path: String
    var description: String { "\(path): no record of this run" }
}

/// An output journal to compare with.
struct OutputRecord {
    private let frames: [(kind: UInt16, bytes: [UInt8])]
    private var next = 0

    init(_ path: String) throws { frames = try Self.frames(path) }

    var count: UInt64 { UInt64(next) }
    var hasMore: Bool { next < frames.count }
    var left: Int { frames.count - next }

    /// What differs, if anything, between a message and the next one of the journal.
    mutating func compare(_ message: StageMessage) throws -> String? {
        guard hasMore else { return "\(message.kind) \(next) is not in the journal" }
        let frame = frames[next]
        next += 1
        let isSame = try frame.bytes == message.bytes
        return isSame ? nil : "output \(next - 1), \(message.kind), differs from the journal's"
    }

    /// The messages of some kinds, in order.
    static func messages(_ path: String, _ kinds: Set<StageMessage.Kind>) throws -> [[UInt8]] {
        let numbers = Set(kinds.map { UInt16($0.rawValue) })
        return try frames(path).filter { numbers.contains($0.kind) }.map(\.bytes)
    }

    private static func frames(_ path: String) throws -> [(kind: UInt16, bytes: [UInt8])] {
        guard PosixFile.exists(path) else { return [] }
        var reader = try JournalReader(path)
        var frames: [(kind: UInt16, bytes: [UInt8])] = []
        while try reader.next({ frame, payload in frames.append((frame.type, Array(payload))) }) {}
        return frames
    }
}
