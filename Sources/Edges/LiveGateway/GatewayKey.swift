import Platform
import Security

/// The key that clients must know. Never printed: its description says nothing about it.
public struct GatewayKey: Sendable, CustomStringConvertible, CustomReflectable {
    /// Characters at the end of a key that are sent in the clear, so that a gateway can find the key.
    static let bucketLength = 5

    private let text: String

    /// - Throws: the key has no room for its bucket, or holds what a control line cannot.
    public init(_ text: String) throws(GatewayKeyError) {
        let isPlain = text.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F && $0 != UInt8(ascii: "|") }
        guard text.utf8.count > Self.bucketLength, isPlain else { throw .malformed }
        self.text = text
    }

    /// Reads a file that only its owner may read.
    public init(file path: String) throws(GatewayKeyError) {
        let bytes: [UInt8]
        do throws(PrivatePathError) { bytes = try PrivatePath.key(in: path) } catch { throw .file(error) }
        let text = String(decoding: bytes, as: UTF8.self)
        try self.init(String(text.drop(while: \.isWhitespace).prefix { !$0.isWhitespace }))
    }

    public var description: String { "(key)" }
    public var customMirror: Mirror { Mirror(self, children: [:]) }

    /// Whether `answer` is what a client with this key answers to `challenge`:
    /// 64 hexadecimal digits of SHA-256 over `challenge|key`, a dash, and the last five characters of the key.
    func verifies(_ answer: String, to challenge: String) -> Bool {
        // The first dash: the end of a key may hold another.
        guard let dash = answer.firstIndex(of: "-"), let digest = SHA256Digest(hexadecimal: String(answer[..<dash]))
        else { return false }
        let expected = SHA256Digest(of: Array("\(challenge)|\(text)".utf8))
        let isSame = MessageAuthentication.isEqual(digest, expected)
        return isSame && answer[answer.index(after: dash)...] == text.suffix(Self.bucketLength)
    }
}

/// Why there is no key to be had. Says where, never what.
public enum GatewayKeyError: Error, CustomStringConvertible {
    case malformed
    case file(PrivatePathError)

    public var description: String {
        switch self {
        case .malformed: "the key is not one: expected at least six printable characters without bars, as in db-…"
        case .file(let error): error.description
        }
    }
}
