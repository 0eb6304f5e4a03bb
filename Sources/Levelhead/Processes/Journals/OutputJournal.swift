import Foundation
import Pipeline
import Platform
import Storage
import Units

/// What a stage put out, in its order: the kind as the frame's type, the position in the ring as its time, the message
/// as its payload. A stage that is folded again is compared with it.
struct OutputJournal: ~Copyable {
    private var writer: JournalWriter
    private var count: UInt64

    /// - Parameter position: where the journal stood when the state was saved from which the stage goes on; what lies
    ///   behind is compared with what is put out again.
    static func open(_ path: String, at position: JournalPosition) throws -> OutputJournal {
        PosixFile.exists(path)
            ? OutputJournal(try JournalWriter.resume(path, at: position), count: position.sequence)
            : OutputJournal(try JournalWriter.create(path), count: 0)
    }

    private init(_ writer: consuming JournalWriter, count: UInt64) {
        self.writer = writer
        self.count = count
    }

    mutating func append(_ message: StageMessage, at position: UInt64) throws {
        count += 1
        let frame = JournalFrame(type: UInt16(message.kind.rawValue), sequence: count, time: position)
        try writer.append(frame, try message.bytes)
    }

    /// It will soon be written without a `flush`.
    var isHalfFull: Bool { writer.isHalfFull }
    /// What is appended stays in memory, whatever is asked for.
    var isHeld: Bool {
        get { writer.isHeld }
        set { writer.isHeld = newValue }
    }
    mutating func flush() throws { try writer.flush() }
    /// From here on not even a power cut does.
    mutating func sync() throws { try writer.sync() }
    mutating func keepReserve(_ count: Int) { writer.keepReserve(count) }
    /// The disk is full, and only the reserve is left.
    var isLow: Bool { writer.isLow }
    /// What the disk said, for people; nil when it has all that it was given.
    var trouble: String? { writer.trouble }
    mutating func position() throws -> JournalPosition { try writer.checkpoint() }
    mutating func finish() throws { try writer.finish() }
    /// It has frames of an earlier life of the process that have not been put out again.
    var isComparing: Bool { writer.isComparing }
    /// Frames so far.
    var frameCount: UInt64 { count }
}
