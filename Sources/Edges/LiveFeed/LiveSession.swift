import Compression
import DBN
import Units

/// What the next bytes of a session are.
public enum LiveStep {
    /// Nothing whole yet: bring more bytes.
    case needMore
    /// The gateway has named itself and waits for the answer to `LiveSession.challenge`.
    case challenged
    /// The gateway has taken us (`LiveSession.sessionID`): subscriptions and the start may follow.
    case accepted
    /// The gateway will not have us (`LiveSession.refusal`): nothing follows.
    case refused
    /// The stream has begun (`LiveSession.metadata`).
    case started
    /// A record of data, version 3, without its send time: valid until the next call of the session.
    case record(RecordView, sendTime: Timestamp)
    /// A `system`, `error` or `symbol_mapping` record, likewise.
    case message(RecordView, sendTime: Timestamp)
    /// A record of a type that nobody here knows.
    case skipped(rtype: UInt8)
}

/// The gateway's side of one connection as a state machine: bytes in, steps out. It reads, writes and times nothing.
///
///     lines: lsg_version=…, cram=…  ->  challenged
///     line:  success=…              ->  accepted or refused
///     then metadata and records, plain or in zstd frames, whatever was asked for: the first bytes tell
///
/// Whoever has bytes asks for `room`, says how many were `added`, and calls `next` until it needs more. Records come
/// out where they lie in the buffer; only those of older versions that an upgrade changes are copied. After an error
/// the session is of no use.
public struct LiveSession: ~Copyable {
    private enum Phase { case greeting, answer, sniffing, plain, compressed, over }

    public private(set) var challenge = ""
    public private(set) var sessionID = ""
    public private(set) var refusal = ""

    private var phase = Phase.greeting
    private var decoder = DBNDecoder()
    private var input: ReceiveBuffer
    /// What was decompressed and is not decoded yet.
    private var plain: ReceiveBuffer
    private var decompressor: ZstdDecompressor?
    /// What must be in the input buffer, unread bytes included, before there can be another step.
    private var wanted = 1

    /// The longest line that is taken.
    static let lineByteCountMax = 64 << 10
    /// The longest metadata that is taken: a live stream's lists nothing.
    static let metadataByteCountMax = 16 << 20

    /// - Parameter bufferByteCount: how much is received, and decompressed, at once; grows when a line or the metadata
    ///   does not fit.
    public init(bufferByteCount: Int = 256 << 10) {
        input = ReceiveBuffer(byteCount: bufferByteCount)
        plain = ReceiveBuffer(byteCount: bufferByteCount)
    }

    /// Where the next bytes belong: at least one. Ends the validity of the last record.
    public mutating func room() -> UnsafeMutableRawBufferPointer { input.makeRoom(for: wanted) }

    /// So many bytes were put into the room.
    public mutating func added(_ count: Int) { input.added(count) }

    /// What the stream says of itself; nil before it has begun. The version is that of the records handed out.
    public var metadata: DBNMetadata? { decoder.metadata }
    /// The version that the gateway writes.
    public var sourceVersion: UInt8? { decoder.sourceVersion }
    public var isCompressed: Bool { phase == .compressed }
    /// Records of unknown types so far.
    public var skippedCount: UInt64 { decoder.skippedCount }

    /// Takes the next step. Constant time for a record.
    @inline(__always)
    public mutating func next() throws(LiveSessionError) -> LiveStep {
        switch phase {
        case .plain: try nextPlain()
        case .compressed: try nextCompressed()
        case .over: .needMore
        default: try nextOfHandshake()
        }
    }

    /// The input ended: throws when it ended inside of something.
    public mutating func finish() throws(LiveSessionError) {
        let rest = phase == .compressed ? plain.unread.count : input.unread.count
        guard rest == 0 else { throw .truncated(bytes: rest) }
    }

    // MARK: Lines

    private mutating func nextOfHandshake() throws(LiveSessionError) -> LiveStep {
        while true {
            if phase == .sniffing { return try sniff() }
            guard let line = try nextLine() else { return .needMore }
            if phase == .greeting {
                guard let challenge = line["cram"] else { continue }
                guard !challenge.isEmpty else { throw .unexpectedLine(line.excerpt) }
                self.challenge = challenge
                phase = .answer
                return .challenged
            }
            switch HandshakeAnswer(line) {
            case .accepted(let id):
                sessionID = id
                phase = .sniffing
                return .accepted
            case .refused(let reason):
                refusal = reason
                phase = .over
                return .refused
            case .unknown:
                throw .unexpectedLine(line.excerpt)
            }
        }
    }

    private mutating func nextLine() throws(LiveSessionError) -> GatewayLine? {
        let bytes = input.unread
        guard let end = bytes.firstIndex(of: UInt8(ascii: "\n")) else {
            guard bytes.count < Self.lineByteCountMax else { throw .lineTooLong }
            wanted = bytes.count + 1
            return nil
        }
        guard end < Self.lineByteCountMax else { throw .lineTooLong }
        let line = GatewayLine(bytes[..<end])
        input.consume(end + 1)
        return line
    }

    // MARK: Stream

    /// Tells by the first bytes what the stream is, not by what was asked for.
    private mutating func sniff() throws(LiveSessionError) -> LiveStep {
        let bytes = input.unread
        guard bytes.count >= 4 else {
            wanted = 4
            return .needMore
        }
        if ZstdDecompressor.isCompressed(bytes) {
            do throws(ZstdError) {
                decompressor = try ZstdDecompressor(allowsSkippableStart: true)
            } catch {
                throw .compression(error)
            }
            phase = .compressed
            return try nextCompressed()
        }
        if !bytes.starts(with: "DBN".utf8), bytes[..<4].allSatisfy({ $0 >= 0x20 && $0 < 0x7F }) {
            let line = GatewayLine(bytes.prefix { $0 != UInt8(ascii: "\n") }.prefix(1_024))
            throw .text(line["error"]?.printable ?? line.excerpt)
        }
        phase = .plain
        return try nextPlain()
    }

    @inline(__always)
    private mutating func nextPlain() throws(LiveSessionError) -> LiveStep {
        switch try decode(input.unread) {
        case .record(let record, let consumed):
            input.consume(consumed)
            return finish(record)
        case .metadata(let consumed):
            input.consume(consumed)
            return .started
        case .skipped(let rtype, let consumed):
            input.consume(consumed)
            return .skipped(rtype: rtype)
        case .needMore(let bytes):
            wanted = try bounded(bytes)
            return .needMore
        }
    }

    @inline(__always)
    private mutating func nextCompressed() throws(LiveSessionError) -> LiveStep {
        while true {
            switch try decode(plain.unread) {
            case .record(let record, let consumed):
                plain.consume(consumed)
                return finish(record)
            case .metadata(let consumed):
                plain.consume(consumed)
                return .started
            case .skipped(let rtype, let consumed):
                plain.consume(consumed)
                return .skipped(rtype: rtype)
            case .needMore(let bytes):
                if try !decompress(upTo: try bounded(bytes)) { return .needMore }
            }
        }
    }

    @inline(__always)
    private mutating func decode(_ bytes: UnsafeRawBufferPointer) throws(LiveSessionError) -> DBNStep {
        do throws(DBNError) {
            return try decoder.decode(bytes)
        } catch {
            throw .format(error)
        }
    }

    private func bounded(_ bytes: Int) throws(LiveSessionError) -> Int {
        guard bytes <= Self.metadataByteCountMax else { throw .metadataTooLong(bytes) }
        return bytes
    }

    /// Decompresses what has come; false when that gives nothing.
    private mutating func decompress(upTo bytes: Int) throws(LiveSessionError) -> Bool {
        let room = plain.makeRoom(for: bytes)
        wanted = 1
        do throws(ZstdError) {
            guard let step = try decompressor?.decompress(input.unread, into: room) else { return false }
            input.consume(step.consumed)
            plain.added(step.produced)
            return step.produced > 0
        } catch {
            throw .compression(error)
        }
    }

    /// Takes the send time off: the record's length says what it is without.
    @inline(__always)
    private func finish(_ record: RecordView) -> LiveStep {
        var sendTime = Timestamp.undefined
        if decoder.hasSendTime {
            sendTime = record.sendTime
            // Both the buffers and the decoder's own memory are ours to write, and each record comes out once.
            let length = UInt8((record.byteCount - 8) / 4)
            UnsafeMutableRawPointer(mutating: record.bytes).storeBytes(of: length, as: UInt8.self)
        }
        switch record.type {
        case .system, .error, .symbolMapping: return .message(record, sendTime: sendTime)
        default: return .record(record, sendTime: sendTime)
        }
    }
}
