/// Where a socket binds or connects.
public enum ZeroMQEndpoint: Hashable, Sendable {
    /// A Unix socket. The path is absolute.
    case ipc(path: String)
    /// An IPv4 address in digits.
    case tcp(address: String, port: UInt16)
    /// Inside one context.
    case inproc(name: String)

    /// `sun_path` of a Unix socket without its closing zero.
    public static let pathByteCountMax = 107

    /// Reads `ipc:///path`, `tcp://127.0.0.1:5555` or `inproc://name`.
    public init(_ text: String) throws(ZeroMQError) {
        if let path = Self.rest(of: text, after: "ipc://"), path.hasPrefix("/") {
            self = .ipc(path: path)
        } else if let name = Self.rest(of: text, after: "inproc://") {
            self = .inproc(name: name)
        } else if let rest = Self.rest(of: text, after: "tcp://"), let colon = rest.lastIndex(of: ":"),
            let port = UInt16(rest[rest.index(after: colon)...]), Self.octets(rest[..<colon]) != nil
        {
            self = .tcp(address: String(rest[..<colon]), port: port)
        } else {
            throw .malformed(endpoint: text)
        }
    }

    /// The text the library takes.
    public var address: String {
        switch self {
        case .ipc(let path): "ipc://\(path)"
        case .tcp(let address, let port): "tcp://\(address):\(port)"
        case .inproc(let name): "inproc://\(name)"
        }
    }

    /// Refuses what may not be used: a path the system would cut short, a relative path, and an address that other
    /// machines could reach unless the socket is encrypted.
    public func check(isProtected: Bool) throws(ZeroMQError) {
        switch self {
        case .ipc(let path):
            guard path.hasPrefix("/"), path.utf8.allSatisfy({ $0 != 0 }) else { throw .malformed(endpoint: address) }
            let count = path.utf8.count
            guard count <= Self.pathByteCountMax else { throw .pathTooLong(path: path, byteCount: count) }
        case .tcp(let host, _):
            guard let octets = Self.octets(host[...]) else { throw .malformed(endpoint: address) }
            guard octets[0] == 127 || isProtected else { throw .unprotected(endpoint: address) }
        case .inproc(let name):
            guard !name.isEmpty else { throw .malformed(endpoint: address) }
        }
    }

    private static func rest(of text: String, after prefix: String) -> String? {
        guard text.hasPrefix(prefix), text.utf8.count > prefix.utf8.count else { return nil }
        return String(text.dropFirst(prefix.count))
    }

    /// The four numbers of an IPv4 address.
    private static func octets(_ text: Substring) -> [UInt8]? {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        let octets = parts.compactMap { UInt8($0) }
        return parts.count == 4 && octets.count == 4 ? octets : nil
    }
}

extension ZeroMQEndpoint: CustomStringConvertible {
    public var description: String { address }
}
