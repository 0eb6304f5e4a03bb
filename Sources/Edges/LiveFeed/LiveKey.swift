import Platform

/// A key to the gateway. Nothing that prints, dumps or describes it shows it; only the handshake reads it.
public struct LiveKey: Sendable {
    /// The environment's variable that holds it.
    public static let variable = "DATABENTO_API_KEY"

    let text: String

    /// - Parameter address: Databento's own gateways take 32 characters that begin with `db-`; one on this machine
    ///   takes anything that is not blank.
    public init(_ text: String, for address: GatewayAddress) throws(LiveKeyError) {
        self = try LiveKey(text, source: "the key", address)
    }

    /// The key of the environment, else of a file.
    /// - Parameters:
    ///   - environment: what `DATABENTO_API_KEY` holds; nil when it is not set.
    ///   - path: a file that nobody but its owner may read, holding the key and nothing else.
    public static func read(
        environment: String?, file path: String?, for address: GatewayAddress
    ) throws(LiveKeyError) -> LiveKey {
        if let environment, !environment.isEmpty { return try LiveKey(environment, source: variable, address) }
        guard let path else { throw .missing }
        let bytes: [UInt8]
        do throws(PrivatePathError) { bytes = try PrivatePath.key(in: path) } catch { throw .file(error) }
        return try LiveKey(String(decoding: bytes, as: UTF8.self), source: path, address)
    }

    private init(_ text: String, source: String, _ address: GatewayAddress) throws(LiveKeyError) {
        let bytes = Self.trim(text)
        guard !bytes.isEmpty else { throw .blank(source: source) }
        guard bytes.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else { throw .notPrintable(source: source) }
        let isDatabento = bytes.count == 32 && bytes.starts(with: "db-".utf8)
        guard isDatabento || address.isLoopback else { throw .wrongForm(source: source, count: bytes.count) }
        self.text = String(decoding: bytes, as: UTF8.self)
    }

    /// Without the blanks and line ends around it.
    private static func trim(_ text: String) -> [UInt8] {
        let bytes = text.utf8.drop { $0 <= 0x20 }
        let count = bytes.reversed().drop { $0 <= 0x20 }.count
        return Array(bytes.prefix(count))
    }
}

extension LiveKey: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    public var description: String { "(a key that is not shown)" }
    public var debugDescription: String { description }
    public var customMirror: Mirror { Mirror(self, children: []) }
}

/// Why there is no key. None of these says what was found in its place.
public enum LiveKeyError: Error, Equatable, Sendable {
    case missing
    case blank(source: String)
    case notPrintable(source: String)
    case wrongForm(source: String, count: Int)
    case file(PrivatePathError)
}

extension LiveKeyError: CustomStringConvertible {
    public var description: String {
        switch self {
        case .missing: "no key: set \(LiveKey.variable), or name a file of mode 0600 that holds it"
        case .blank(let source): "\(source): blank; expected a Databento key"
        case .notPrintable(let source): "\(source): holds other than printable ASCII; expected a Databento key"
        case .wrongForm(let source, let count):
            "\(source): \(count) characters; expected the 32 of a Databento key, which begin with db-"
        case .file(let error): error.description
        }
    }
}
