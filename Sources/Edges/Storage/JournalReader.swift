import Platform

/// Reads a journal from its start, or from where a snapshot stood, frame by frame.
public struct JournalReader: ~Copyable {
    public let path: String
    /// Behind the last frame that was read.
    public private(set) var position: JournalPosition
    /// Bytes behind the last whole frame, known once `next` has returned false: what a killed process was writing.
    public private(set) var tornByteCount = 0
    private let file: PosixFile
    private let size: Int
    /// Bytes of the file from `windowStart` on.
    private var window: [UInt8] = []
    private var windowStart = 0

    /// Longest frame, and the farthest that is searched behind a damaged one. A torn end is shorter than one batch of
    /// the writer, which is one such frame at most.
    private static let frameByteCountMax =
        JournalFrame.headerByteCount + JournalFrame.payloadByteCountMax + JournalFrame.checksumByteCount

    public init(_ path: String, from position: JournalPosition = .start) throws(JournalError) {
        let file = try JournalError.file { () throws(SystemCallError) in try PosixFile(path, .read) }
        size = try Self.checkedSize(file, path, position)
        self.file = file
        self.path = path
        self.position = position
    }

    /// Reads one frame and lends its payload to `body`. False at the end; see `tornByteCount` then.
    /// Throws `.damaged` when the frame is not whole and the file goes on behind it.
    public mutating func next(
        _ body: (JournalFrame, UnsafeRawBufferPointer) -> Void
    ) throws(JournalError) -> Bool {
        let offset = Int(position.byteOffset)
        if offset == size { return false }
        try fill(from: offset)
        guard let (frame, payload) = frame(at: offset - windowStart) else {
            try checkEnd(offset)
            tornByteCount = size - offset
            return false
        }
        guard position.frameCount == 0 || frame.sequence > position.sequence else {
            throw .outOfOrder(path: path, offset: offset, previous: position.sequence, found: frame.sequence)
        }
        window.withUnsafeBytes { body(frame, UnsafeRawBufferPointer(rebasing: $0[payload])) }
        position.byteOffset = UInt64(windowStart + payload.upperBound + JournalFrame.checksumByteCount)
        position.frameCount += 1
        position.sequence = frame.sequence
        return true
    }

    /// Size of a file that starts like a journal and reaches to `position`.
    private static func checkedSize(
        _ file: borrowing PosixFile, _ path: String, _ position: JournalPosition
    ) throws(JournalError) -> Int {
        let size = try JournalError.file { () throws(SystemCallError) in try file.size() }
        let start = try JournalError.file { () throws(SystemCallError) in
            try file.read(at: 0, count: JournalFrame.magic.count)
        }
        // Its maker was killed before it had written the magic: there is nothing in it.
        if start.count < JournalFrame.magic.count, JournalFrame.magic.starts(with: start), position == .start {
            return JournalFrame.magic.count
        }
        guard start == JournalFrame.magic else { throw .notAJournal(path: path, found: start) }
        let offset = Int(clamping: position.byteOffset)
        guard offset <= size else { throw .shorter(path: path, size: size, expected: offset) }
        return size
    }

    /// Makes the window hold the longest possible frame at `offset`, as far as the file goes.
    private mutating func fill(from offset: Int) throws(JournalError) {
        let wanted = min(offset + Self.frameByteCountMax, size)
        guard offset < windowStart || wanted > windowStart + window.count else { return }
        let count = min(2 * Self.frameByteCountMax, size - offset)
        window = try JournalError.file { () throws(SystemCallError) in try file.read(at: offset, count: count) }
        windowStart = offset
    }

    /// The frame at a place of the window and where its payload lies, nil when it is not whole.
    private func frame(at start: Int) -> (JournalFrame, Range<Int>)? {
        window.withUnsafeBytes { bytes in
            let payloadStart = start + JournalFrame.headerByteCount
            guard payloadStart + JournalFrame.checksumByteCount <= bytes.count else { return nil }
            let length = Int(UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: start, as: UInt32.self)))
            let end = payloadStart + length
            guard length <= JournalFrame.payloadByteCountMax, end + JournalFrame.checksumByteCount <= bytes.count
            else { return nil }
            let checksum = UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: end, as: UInt32.self))
            guard checksum == CRC32C.checksum(UnsafeRawBufferPointer(rebasing: bytes[start..<end])) else { return nil }
            let frame = JournalFrame(
                type: UInt16(littleEndian: bytes.loadUnaligned(fromByteOffset: start + 4, as: UInt16.self)),
                flags: UInt16(littleEndian: bytes.loadUnaligned(fromByteOffset: start + 6, as: UInt16.self)),
                sequence: UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: start + 8, as: UInt64.self)),
                time: UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: start + 16, as: UInt64.self)))
            return (frame, payloadStart..<end)
        }
    }

    /// A frame at the end of the file that is not whole was torn by a kill. It is damage when a whole frame follows, or
    /// more bytes than a writer hands over at once.
    private func checkEnd(_ offset: Int) throws(JournalError) {
        let start = offset - windowStart
        let last = window.count - JournalFrame.headerByteCount - JournalFrame.checksumByteCount
        if start < last {
            for candidate in (start + 1)...last {
                // A whole frame's sequence follows the last one closely: this spares nearly every checksum.
                guard isWholeFrame(at: candidate) else { continue }
                throw .damaged(path: path, offset: offset, nextValid: windowStart + candidate)
            }
        }
        guard size - offset <= Self.frameByteCountMax else {
            throw .damaged(path: path, offset: offset, nextValid: nil)
        }
    }

    private func isWholeFrame(at start: Int) -> Bool {
        let sequence = window.withUnsafeBytes {
            UInt64(littleEndian: $0.loadUnaligned(fromByteOffset: start + 8, as: UInt64.self))
        }
        guard sequence > position.sequence, sequence - position.sequence < 1 << 40 else { return false }
        return frame(at: start) != nil
    }
}
