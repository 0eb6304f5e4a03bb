import Configuration
import Control
import Foundation
import Orders
import Pipeline
import Platform
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
    /// The run's own tape, or another place where it is kept.
    let tape: RunTape

    private(set) var differences: [String] = []
    private(set) var compared: [(String, UInt64)] = []

    init(_ site: RunSite, tape: RunTape) {
        self.site = site
        self.tape = tape
    }

    mutating func run() throws {
        let configuration = try site.configuration()
        try NamedFiles.check("\(site.directory)/run.json", configuration)
        guard let first = try tape.parts().first else { throw NoTape(path: tape.directory) }
        let setup = try MarketSetup(
            configuration: configuration, tape: try MergedTape.open([first.path]), history: site.history)
        try verifyEngine(setup)
        try verify(HostedRisk.self, setup)
        try verify(HostedExecution.self, setup)
        try verify(HostedPaper.self, setup)
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
        while let (record, sequence) = try records.next() {
            pipeline.take(record, sequence: sequence)
            count = sequence + 1
            for signal in pipeline.withOutput({ $0.takeSignals() }) {
                if let difference = try expected.compare(.signal(signal)) { add("engine: \(difference)") }
            }
        }
        compared.append(("engine outputs", expected.count))
        compared.append(("records", count))
        guard let result = Self.json(site.result(.engine)) else {
            if expected.hasMore { add("engine: the journal has \(expected.left) signals more than its tape gives") }
            return
        }
        if expected.hasMore { add("engine: the journal has \(expected.left) signals more than its tape gives") }
        let rows = pipeline.withOutput { $0.featureRows }
        let digests = pipeline.withOutput { ($0.finish(), $0.signalDigest) }
        check("engine: records", result["records"] as? NSNumber, count)
        check("engine: feature_rows", result["feature_rows"] as? NSNumber, rows)
        check("engine: feature_sha256", result["feature_sha256"] as? String, digests.0)
        check("engine: signal_sha256", result["signal_sha256"] as? String, digests.1)
        compared.append(("feature rows", rows))
    }

    private mutating func verify<Hosted: HostedStage & ~Copyable>(_ type: Hosted.Type, _ setup: MarketSetup) throws {
        let name = Hosted.role.rawValue
        let trading = try setup.trading()
        var fold = StageFold(plan: setup.plan, features: setup.features, trading: trading, stage: Hosted.stage(trading))
        var expected = try OutputRecord(site.journal("\(name)-out"))
        let entries = try InputJournal.read(site.journal("\(name)-in"))
        var records = try tape.reader(at: 0)
        var position: UInt64 = 0
        for entry in entries {
            while position < entry.position, let (record, sequence) = try records.next() {
                fold.take(record, sequence: sequence)
                position = sequence + 1
                try compare(&fold, &expected, name)
            }
            if position < entry.position {
                add("\(name): its journal goes on at record \(entry.position), the tape ends before \(position)")
                return
            }
            fold.take(entry.message, at: entry.time)
            try compare(&fold, &expected, name)
        }
        while let (record, sequence) = try records.next() {
            // A run that was cut short had not seen all of the tape.
            if !expected.hasMore { break }
            fold.take(record, sequence: sequence)
            try compare(&fold, &expected, name)
        }
        if expected.hasMore { add("\(name): the journal has \(expected.left) messages more than it gives again") }
        compared.append(("\(name) inputs", UInt64(entries.count)))
        compared.append(("\(name) outputs", expected.count))
    }

    private mutating func compare<Stage: TradingStage>(
        _ fold: inout StageFold<Stage>, _ expected: inout OutputRecord, _ name: String
    ) throws {
        var messages: [StageMessage] = []
        fold.drain { messages.append($0) }
        for message in messages where expected.hasMore {
            if let difference = try expected.compare(message) { add("\(name): \(difference)") }
        }
    }

    // MARK: Channels

    private mutating func verify(_ channel: StageChannel) throws {
        let sent = try OutputRecord.messages(site.journal("\(channel.from.rawValue)-out"), channel.kinds)
        let source = InputSource(channel: channel)
        let taken = try InputJournal.read(site.journal("\(channel.to.rawValue)-in")).filter { $0.source == source }
        for (index, entry) in taken.enumerated() {
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

    /// The message itself, or the question that left in place of an order that could open and might not any more.
    private static func isTaken(_ message: StageMessage, for sent: [UInt8]) throws -> Bool {
        if try message.bytes == sent { return true }
        guard case .command(let command) = try StageMessage(bytes: sent), command.opens else { return false }
        return try message.bytes == StageMessage.command(command.asQuestion).bytes
    }

    // MARK: Notes

    private mutating func check(_ what: String, _ found: NSNumber?, _ expected: UInt64) {
        guard let found else { return add("\(what): missing from the results") }
        if found.uint64Value != expected { add("\(what): \(found) in the results, \(expected) from the tape") }
    }

    private mutating func check(_ what: String, _ found: String?, _ expected: String) {
        if found != expected { add("\(what): \(found ?? "nothing") in the results, \(expected) from the tape") }
    }

    private mutating func add(_ difference: String) { differences.append(difference) }

    private static func json(_ path: String) -> [String: Any]? {
        guard let bytes = try? PosixFile.contents(of: path) else { return nil }
        return (try? JSONSerialization.jsonObject(with: Data(bytes))) as? [String: Any]
    }
}

struct NoTape: Error, CustomStringConvertible {
    let path: String
    var description: String { "\(path): no tape of a run" }
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
