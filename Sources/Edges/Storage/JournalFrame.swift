import Platform

/// One entry of a journal without its payload. Little-endian on disk:
///
///     0        4      6       8           16        24
///     | length | type | flags | sequence  | time    | payload … | crc32c |
///       u32      u16    u16     u64         u64       length B    u32
///
/// `length` counts the payload only; the checksum covers everything before it. A file starts with the eight bytes
/// `LHJRNL01`.
public struct JournalFrame: BitwiseCopyable, Equatable, Sendable {
    public static let headerByteCount = 24
    public static let checksumByteCount = 4
    /// Longer payloads are a bug of the writer; a reader that finds one has found damage.
    public static let payloadByteCountMax = 1 << 20
    static let magic: [UInt8] = Array("LHJRNL01".utf8)

    /// What the payload is: the numbers belong to the fold whose journal it is.
    public var type: UInt16
    public var flags: UInt16
    /// Place in the order in which the fold took its inputs: each greater than the one before it.
    public var sequence: UInt64
    /// When it was taken, in the clock of the fold: ns.
    public var time: UInt64

    public init(type: UInt16, flags: UInt16 = 0, sequence: UInt64, time: UInt64) {
        self.type = type
        self.flags = flags
        self.sequence = sequence
        self.time = time
    }
}

/// Where a journal stood: everything a snapshot must hold to continue it.
public struct JournalPosition: BitwiseCopyable, Equatable, Sendable {
    public var byteOffset: UInt64
    public var frameCount: UInt64
    /// Sequence of the last frame, 0 before the first.
    public var sequence: UInt64

    public static let start = JournalPosition(
        byteOffset: UInt64(JournalFrame.magic.count), frameCount: 0, sequence: 0)

    public init(byteOffset: UInt64, frameCount: UInt64, sequence: UInt64) {
        self.byteOffset = byteOffset
        self.frameCount = frameCount
        self.sequence = sequence
    }
}

/// What is wrong with a journal. Offsets are bytes of the file.
public enum JournalError: Error, Equatable, Sendable {
    case file(SystemCallError)
    /// The file does not start like a journal of this version.
    case notAJournal(path: String, found: [UInt8])
    /// A snapshot continues behind the end of the journal.
    case shorter(path: String, size: Int, expected: Int)
    /// A frame that is not the last one is damaged; `nextValid` is the next frame that is whole, as far as it was
    /// looked for.
    case damaged(path: String, offset: Int, nextValid: Int?)
    /// A whole frame whose sequence is not greater than that of the one before it.
    case outOfOrder(path: String, offset: Int, previous: UInt64, found: UInt64)
    /// The run that is resumed produced another frame than the run before it.
    case differs(path: String, offset: Int, frame: UInt64, existing: [UInt8], produced: [UInt8])
    /// The run that is resumed ended before it had produced the frames that are there.
    case notProduced(path: String, offset: Int, bytes: Int)

    static func file<Result: ~Copyable>(
        _ body: () throws(SystemCallError) -> Result
    ) throws(JournalError) -> Result {
        do throws(SystemCallError) { return try body() } catch { throw .file(error) }
    }
}

extension JournalError: CustomStringConvertible {
    public var description: String {
        switch self {
        case .file(let error): error.description
        case .notAJournal(let path, let found): "\(path): byte 0: not a journal: starts with \(hexadecimal(found))"
        case .shorter(let path, let size, let expected):
            "\(path): \(size) bytes, but the snapshot continues at byte \(expected)"
        case .damaged(let path, let offset, let next):
            "\(path): byte \(offset): damaged frame" + (next.map { ", the next whole one is at byte \($0)" } ?? "")
        case .outOfOrder(let path, let offset, let previous, let found):
            "\(path): byte \(offset): sequence \(found) after \(previous)"
        case .differs(let path, let offset, let frame, let existing, let produced):
            "\(path): byte \(offset): frame \(frame) was produced again and differs: there \(hexadecimal(existing)), "
                + "now \(hexadecimal(produced))"
        case .notProduced(let path, let offset, let bytes):
            "\(path): the resumed run ended before byte \(offset): \(bytes) bytes were not produced again"
        }
    }
}

/// At most 64 bytes of it, for an error's text.
private func hexadecimal(_ bytes: [UInt8]) -> String {
    let digits = bytes.prefix(64).map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    return bytes.count > 64 ? "\(digits)… (\(bytes.count) bytes)" : digits
}
