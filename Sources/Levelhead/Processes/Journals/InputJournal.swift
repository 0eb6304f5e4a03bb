import Determinism
import Foundation
import Orders
import Pipeline
import Platform
import Storage
import Units

/// What a stage took besides the records: every message, with its place between the records and the message clock.
///
/// Frames of a journal file: the type is the number of the channel (`InputSource`), the time is the message clock, and
/// the payload is the position in the ring (UInt64), the sequence in the channel (UInt64) and the message.
struct InputJournal: ~Copyable {
    struct Entry {
        let source: InputSource
        /// Records taken before it.
        let position: UInt64
        /// In its channel; 0 for what came through none.
        let sequence: UInt64
        let time: Timestamp
        let message: StageMessage

        /// The order that it says was not sent, if it is about one.
        var withheld: ClientOrderID? {
            guard case .request(let command) = message else { return nil }
            return command.request == .withheld || command.request == .expired ? command.target : nil
        }
    }

    private var writer: JournalWriter
    private var count: UInt64

    static let headerByteCount = 16

    /// Opens the journal at its end, whatever a killed process had not finished cut off.
    static func open(_ path: String) throws -> InputJournal {
        guard PosixFile.exists(path) else { return InputJournal(try JournalWriter.create(path), count: 0) }
        var writer = try JournalWriter.resume(path)
        let count = try writer.checkpoint().sequence
        return InputJournal(writer, count: count)
    }

    private init(_ writer: consuming JournalWriter, count: UInt64) {
        self.writer = writer
        self.count = count
    }

    var cutByteCount: Int { writer.cutByteCount }

    mutating func append(_ entry: Entry) throws {
        count += 1
        let payload = try Self.payload(entry)
        let frame = JournalFrame(type: entry.source.rawValue, sequence: count, time: entry.time.nanoseconds)
        try writer.append(frame, payload)
    }

    /// Does what `append` does, and takes nothing.
    func rehearse(_ entry: Entry) throws {
        writer.rehearse(
            JournalFrame(type: entry.source.rawValue, sequence: count, time: entry.time.nanoseconds),
            try Self.payload(entry))
    }

    private static func payload(_ entry: Entry) throws -> [UInt8] {
        var archive = StateArchive(reserving: headerByteCount + StageMessage.usualByteCount)
        var (position, sequence) = (entry.position, entry.sequence)
        try archive.field(&position)
        try archive.field(&sequence)
        try entry.message.save(into: &archive)
        return archive.finish()
    }

    /// From here on a killed process does not lose what was appended.
    mutating func flush() throws { try writer.flush() }
    /// From here on not even a power cut does.
    mutating func sync() throws { try writer.sync() }
    mutating func keepReserve(_ count: Int) { writer.keepReserve(count) }
    /// The disk is full, and only the reserve is left.
    var isLow: Bool { writer.isLow }
    /// What the disk said, for people; nil when it has all that it was given.
    var trouble: String? { writer.trouble }
    /// The disk takes nothing: what was appended since is in memory alone.
    var isUnwritten: Bool { writer.isUnwritten }
    mutating func position() throws -> JournalPosition { try writer.checkpoint() }
    mutating func finish() throws { try writer.finish() }

    /// Every entry behind a position, in order.
    static func read(_ path: String, from position: JournalPosition = .start) throws -> [Entry] {
        guard PosixFile.exists(path) else { return [] }
        var reader = try JournalReader(path, from: position)
        var entries: [Entry] = []
        var failure: (any Error)?
        while failure == nil {
            let isMore = try reader.next { frame, payload in
                do { entries.append(try entry(frame, payload)) } catch { failure = error }
            }
            if !isMore { break }
        }
        if let failure { throw failure }
        return entries
    }

    private static func entry(_ frame: JournalFrame, _ payload: UnsafeRawBufferPointer) throws -> Entry {
        guard payload.count > headerByteCount, let source = InputSource(rawValue: frame.type) else {
            throw InputJournalError(frame: frame.sequence)
        }
        return Entry(
            source: source, position: UInt64(littleEndian: payload.loadUnaligned(as: UInt64.self)),
            sequence: UInt64(littleEndian: payload.loadUnaligned(fromByteOffset: 8, as: UInt64.self)),
            time: Timestamp(nanoseconds: frame.time),
            message: try StageMessage(bytes: Array(payload.dropFirst(headerByteCount))))
    }
}

/// Where an input came from. The numbers are in journals.
enum InputSource: UInt16, Sendable {
    case signals = 1
    case approvals, fills, commands, events
    /// An operator.
    case control = 64
    /// The process's own message clock.
    case clock = 65
    /// The venue's second client.
    case visitor = 66

    init?(channel: StageChannel) {
        switch channel.name {
        case StageChannel.signals.name: self = .signals
        case StageChannel.approvals.name: self = .approvals
        case StageChannel.fills.name: self = .fills
        case StageChannel.commands.name: self = .commands
        case StageChannel.events.name: self = .events
        default: return nil
        }
    }
}

struct InputJournalError: Error, CustomStringConvertible {
    let frame: UInt64
    var description: String { "frame \(frame) of the input journal is not one that this program wrote" }
}
