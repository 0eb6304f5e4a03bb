import CZeroMQ
import Units

/// How a socket behaves. Everything that matters is said here and set; nothing is left to the library's defaults.
public struct ZeroMQSocketOptions: Equatable, Sendable {
    /// Messages that may wait for one peer, 0 for any number. A publisher drops what is beyond, silently; other kinds
    /// answer `full`.
    public var sendHighWaterMark: Int32 = 1_000
    public var receiveHighWaterMark: Int32 = 1_000
    /// A publisher answers `full` when one of its subscribers can take no more, instead of dropping what is beyond.
    public var refusesWhenFull = false
    /// Only the newest message is kept, for a reader that wants the present and not the past. Single-part messages and
    /// one subscription only: of several, the last one made would win.
    public var conflates = false
    /// Messages wait for peers that are connected, never for those that may come.
    public var needsConnection = false
    /// A longer message ends the connection that it came over: bytes.
    public var messageByteCountMax: Int64 = 16 << 20
    /// First and longest pause before a connection is tried again.
    public var reconnectInterval = Nanoseconds.milliseconds(10)
    public var reconnectIntervalMax = Nanoseconds.milliseconds(100)
    /// How long the context's end waits for what is still to be sent to peers that are there.
    public var linger = Nanoseconds.zero
    public var security = ZeroMQSecurity.none

    public init() {}
}

/// CURVE: encryption and proof of identity by elliptic curves (CurveZMQ, ZeroMQ RFC 26). Keys are 40 characters of Z85.
///
/// A server is sure of nothing but that the client knows its public key: that key is then the secret that lets clients
/// in, and is given to nobody else.
public enum ZeroMQSecurity: Equatable, Sendable {
    case none
    /// The side that clients know by its public key; usually the one that binds.
    case server(secretKey: String)
    case client(publicKey: String, secretKey: String, serverKey: String)

    public var isProtected: Bool { self != .none }

    static let keyByteCount = 40

    /// A new pair of keys.
    public static func makeKeys() throws(ZeroMQError) -> (publicKey: String, secretKey: String) {
        var publicKey = [CChar](repeating: 0, count: keyByteCount + 1)
        var secretKey = publicKey
        guard zmq_curve_keypair(&publicKey, &secretKey) == 0 else {
            throw .call("zmq_curve_keypair", endpoint: "keys", code: zmq_errno())
        }
        return (text(publicKey), text(secretKey))
    }

    private static func text(_ key: [CChar]) -> String {
        String(decoding: key.prefix(keyByteCount).map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}
