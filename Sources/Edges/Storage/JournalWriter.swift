import Platform

/// Appends to a journal: the inputs a fold took, or the messages it produced, in their order.
public struct JournalWriter: ~Copyable {
    public let path: String
    /// Bytes behind the last whole frame that `resume` cut off: what a killed process was writing.
    public let cutByteCount: Int
    private var file: AppendFile
    private var frameCount: UInt64
    private var sequence: UInt64

    /// Makes a new journal, which must not exist yet.
    public static func create(_ path: String) throws(JournalError) -> JournalWriter {
        let file = try JournalError.file { () throws(SystemCallError) in
            let file = try PosixFile(path, .create)
            try file.write(JournalFrame.magic, at: 0)
            return file
        }
        let end = JournalFrame.magic.count
        return JournalWriter(AppendFile(file, at: end, existingEnd: end), path, .start, cut: 0)
    }

    /// Continues a journal. With a position, the frames behind it stay, and each that is appended again is compared
    /// with them byte for byte before the journal grows; without one it continues at its end. A torn last frame is cut
    /// off.
    ///
    /// Reads all frames behind the position. Throws when one of them is damaged.
    public static func resume(
        _ path: String, at position: JournalPosition? = nil
    ) throws(JournalError) -> JournalWriter {
        try completeMagic(path)
        var reader = try JournalReader(path, from: position ?? .start)
        while try reader.next({ _, _ in }) {}
        let end = Int(reader.position.byteOffset)
        let cut = reader.tornByteCount
        let file = try JournalError.file { () throws(SystemCallError) in
            let file = try PosixFile(path, .update)
            if cut > 0 { try file.truncate(to: end) }
            return file
        }
        let start = position ?? reader.position
        return JournalWriter(
            AppendFile(file, at: Int(start.byteOffset), existingEnd: end), path, start, cut: cut)
    }

    /// A process that is killed while it makes a journal leaves a part of the magic, or nothing of it.
    private static func completeMagic(_ path: String) throws(JournalError) {
        try JournalError.file { () throws(SystemCallError) in
            let file = try PosixFile(path, .update)
            let size = try file.size()
            guard size < JournalFrame.magic.count else { return }
            guard try JournalFrame.magic.starts(with: file.read(at: 0, count: size)) else { return }
            try file.write(JournalFrame.magic, at: 0)
        }
    }

    private init(_ file: consuming AppendFile, _ path: String, _ position: JournalPosition, cut: Int) {
        self.file = file
        self.path = path
        frameCount = position.frameCount
        sequence = position.sequence
        cutByteCount = cut
    }

    /// It will soon be handed to the system without a `flush`: 32 KB of frames wait.
    public var isHalfFull: Bool { file.isHalfFull }

    /// Whether the next frame is one the file has already.
    public var isComparing: Bool { file.isComparing }

    /// From here on there is always space for `count` more bytes, as long as the disk has any.
    public mutating func keepReserve(_ count: Int) { file.keepReserve(count) }
    /// The disk has no more space to set aside: only the reserve is left.
    public var isLow: Bool { file.isLow }

    /// Nothing is handed to the system: what was appended since stays in memory, as if the disk took nothing.
    public var isHeld: Bool {
        get { file.isHeld }
        set { file.isHeld = newValue }
    }

    /// The disk takes nothing: what was appended since is in memory alone, and is tried again with every flush.
    public var isUnwritten: Bool { file.failure != nil }
    /// What the disk said; nil when it has all that it was given.
    public var failure: SystemCallError? { file.failure }
    /// The disk may have lost what it had taken, and it cannot be written again: `failure` stays.
    public var hasLost: Bool { file.hasLost }

    /// Adds one frame. Costs a copy and its checksum; the system is called once per 64 KB.
    /// Throws `.differs` when the journal has another frame in this place.
    public mutating func append(
        _ frame: JournalFrame, _ payload: UnsafeRawBufferPointer
    ) throws(JournalError) {
        precondition(payload.count <= JournalFrame.payloadByteCountMax, "a payload has at most 1 MiB")
        precondition(frameCount == 0 || frame.sequence > sequence, "sequences grow")
        let count = Self.byteCount(payload)
        var produced: [UInt8] = []
        let comparing = file.isComparing
        let offset = file.offset
        let existing: [UInt8]?
        do throws(SystemCallError) {
            existing = try file.append(count: count) { bytes in
                Self.write(frame, payload, into: bytes)
                if comparing { produced = Array(bytes) }
            }
        } catch { throw .file(error) }
        if let existing {
            throw .differs(path: path, offset: offset, frame: frameCount + 1, existing: existing, produced: produced)
        }
        frameCount += 1
        sequence = frame.sequence
    }

    private static func byteCount(_ payload: UnsafeRawBufferPointer) -> Int {
        JournalFrame.headerByteCount + payload.count + JournalFrame.checksumByteCount
    }

    private static func write(
        _ frame: JournalFrame, _ payload: UnsafeRawBufferPointer, into bytes: UnsafeMutableRawBufferPointer
    ) {
        let end = JournalFrame.headerByteCount + payload.count
        bytes.storeBytes(of: UInt32(payload.count).littleEndian, as: UInt32.self)
        bytes.storeBytes(of: frame.type.littleEndian, toByteOffset: 4, as: UInt16.self)
        bytes.storeBytes(of: frame.flags.littleEndian, toByteOffset: 6, as: UInt16.self)
        bytes.storeBytes(of: frame.sequence.littleEndian, toByteOffset: 8, as: UInt64.self)
        bytes.storeBytes(of: frame.time.littleEndian, toByteOffset: 16, as: UInt64.self)
        UnsafeMutableRawBufferPointer(rebasing: bytes[JournalFrame.headerByteCount..<end]).copyMemory(from: payload)
        let checksum = CRC32C.checksum(UnsafeRawBufferPointer(rebasing: bytes[..<end]))
        bytes.storeBytes(of: checksum.littleEndian, toByteOffset: end, as: UInt32.self)
    }

    /// Writes a frame where the next one will be collected; the journal does not have it.
    public func rehearse(_ frame: JournalFrame, _ payload: [UInt8]) {
        payload.withUnsafeBytes { payload in
            file.rehearse(count: Self.byteCount(payload)) { Self.write(frame, payload, into: $0) }
        }
    }

    public mutating func append(_ frame: JournalFrame, _ payload: [UInt8]) throws(JournalError) {
        try payload.span.bytes.withUnsafeBytes { (raw) throws(JournalError) in try append(frame, raw) }
    }

    /// Hands all frames to the system: from then on a killed process does not lose them.
    public mutating func flush() throws(JournalError) {
        do throws(SystemCallError) { try file.flush() } catch { throw .file(error) }
    }

    /// Flushes, then waits for the disk.
    public mutating func sync() throws(JournalError) {
        do throws(SystemCallError) { try file.sync() } catch { throw .file(error) }
    }

    /// Flushes and says where the journal stands, for the snapshot that is about to be taken.
    public mutating func checkpoint() throws(JournalError) -> JournalPosition {
        try flush()
        try checkWritten()
        return JournalPosition(byteOffset: UInt64(file.offset), frameCount: frameCount, sequence: sequence)
    }

    /// Ends the run: syncs, and throws `.notProduced` when the journal has frames that this run did not produce again.
    public mutating func finish() throws(JournalError) {
        try sync()
        try checkWritten()
        do throws(SystemCallError) { try file.releaseReserve() } catch { throw .file(error) }
        guard !file.isComparing else {
            throw .notProduced(path: path, offset: file.offset, bytes: file.existingEnd - file.offset)
        }
    }

    private func checkWritten() throws(JournalError) {
        if let failure = file.failure { throw .file(failure) }
        if file.isHeld { throw .file(file.heldError) }
    }
}
