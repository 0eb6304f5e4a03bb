import Security
import Units

/// A command or an answer, decoded. Its bytes, little-endian:
///
/// | offset | size | |
/// |---|---|---|
/// | 0 | 4 | the letters `LHCM` |
/// | 4 | 1 | version, 1 |
/// | 5 | 1 | kind: 1 command, 2 answer |
/// | 6 | 1 | verb (`ControlVerb`) |
/// | 7 | 1 | outcome (`ControlOutcome`); 0 in a command |
/// | 8 | 16 | command id |
/// | 24 | 16 | nonce: random in a command; that of the command it answers in an answer |
/// | 40 | 8 | wall time of sending, nanoseconds since 1970 |
/// | 48 | 16 | name of the sender, UTF-8, filled up with zeros |
/// | 64 | 64 | run of the sender, UTF-8, filled up with zeros; empty when it has none |
/// | 128 | 4 | in an answer, its number among the answers to this command; 0 in a command |
/// | 132 | 4 | length of the payload, n |
/// | 136 | n | payload: one JSON object |
/// | 136 + n | 32 | HMAC-SHA256 of everything before, under the control key |
public struct ControlMessage: Equatable, Sendable {
    public enum Kind: UInt8, Sendable {
        case command = 1
        case answer = 2
    }

    public var kind: Kind
    public var verb: ControlVerb
    /// Nil in a command.
    public var outcome: ControlOutcome?
    public var id: CommandID
    public var nonce: CommandID
    public var time: Timestamp
    public var sender: String
    public var run: String
    public var number: UInt32
    public var payload: [UInt8]

    public static let version: UInt8 = 1
    /// A message never has more: 64 KiB.
    public static let largestBytes = 65_536
    public static let largestPayloadBytes = largestBytes - headerBytes - SHA256Digest.byteCount
    public static let largestSenderBytes = 16
    public static let largestRunBytes = 64

    static let headerBytes = 136
    static let magic = Array("LHCM".utf8)
    static let smallestBytes = headerBytes + SHA256Digest.byteCount

    public init(
        kind: Kind, verb: ControlVerb, outcome: ControlOutcome? = nil, id: CommandID, nonce: CommandID,
        time: Timestamp, sender: String, run: String = "", number: UInt32 = 0, payload: [UInt8] = []
    ) {
        self.kind = kind
        self.verb = verb
        self.outcome = outcome
        self.id = id
        self.nonce = nonce
        self.time = time
        self.sender = sender
        self.run = run
        self.number = number
        self.payload = payload
    }

    /// The bytes under `key`. Names that are too long are cut at their field's end; a payload over
    /// `largestPayloadBytes` is the caller's bug.
    public func encoded(key: SecretKey) -> [UInt8] {
        precondition(payload.count <= Self.largestPayloadBytes, "a payload of at most 64 KiB")
        var bytes = Self.magic
        bytes.reserveCapacity(Self.smallestBytes + payload.count)
        bytes += [Self.version, kind.rawValue, verb.rawValue, outcome?.rawValue ?? 0]
        for value in [id.high, id.low, nonce.high, nonce.low, time.nanoseconds] { Self.append(value, to: &bytes) }
        Self.append(sender, width: Self.largestSenderBytes, to: &bytes)
        Self.append(run, width: Self.largestRunBytes, to: &bytes)
        Self.append(number, to: &bytes)
        Self.append(UInt32(payload.count), to: &bytes)
        bytes += payload
        let code = bytes.withUnsafeBytes { key.code(of: $0) }
        code.withBytes { bytes += $0 }
        return bytes
    }

    private static func append(_ value: some FixedWidthInteger, to bytes: inout [UInt8]) {
        withUnsafeBytes(of: value.littleEndian) { bytes += $0 }
    }

    private static func append(_ text: String, width: Int, to bytes: inout [UInt8]) {
        var kept = text[...]
        while kept.utf8.count > width { kept.removeLast() }
        bytes += kept.utf8
        bytes += [UInt8](repeating: 0, count: width - kept.utf8.count)
    }
}
