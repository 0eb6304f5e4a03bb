/// The head of a request. Bodies are never read: what is served here takes none.
public struct HTTPRequest: Sendable {
    /// As it was sent: methods are in capitals.
    public let method: String
    /// The target without its query.
    public let path: String
    /// Names in lower case, in the order in which they came; a name that came twice is there twice.
    public let headers: [(name: String, value: String)]

    /// A request as a client would send it.
    public init(method: String, path: String, headers: [(name: String, value: String)]) {
        self.method = method
        self.path = path
        self.headers = headers
    }

    /// Reads everything up to the empty line. Nil for what is no request of HTTP/1.
    public init?(head: some Collection<UInt8>) {
        let lines = head.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
            .map { $0.last == UInt8(ascii: "\r") ? $0.dropLast() : $0 }
        guard let first = lines.first, let line = String(validating: first, as: UTF8.self) else { return nil }
        let words = line.split(separator: " ", omittingEmptySubsequences: false)
        guard words.count == 3, words[2].hasPrefix("HTTP/1."), !words[0].isEmpty, words[1].hasPrefix("/") else {
            return nil
        }
        var headers: [(name: String, value: String)] = []
        for bytes in lines.dropFirst() where !bytes.isEmpty {
            guard let text = String(validating: bytes, as: UTF8.self), let header = Self.header(text) else {
                return nil
            }
            headers.append(header)
        }
        method = String(words[0])
        path = String(words[1].prefix { $0 != "?" })
        self.headers = headers
    }

    /// The value of a header that came once; nil when it is not there, or there twice.
    public func header(_ name: String) -> String? {
        let values = headers.filter { $0.name == name }
        return values.count == 1 ? values[0].value : nil
    }

    private static func header(_ line: String) -> (name: String, value: String)? {
        guard let colon = line.firstIndex(of: ":") else { return nil }
        let name = line[..<colon]
        guard !name.isEmpty, !name.contains(where: \.isWhitespace) else { return nil }
        let value = line[line.index(after: colon)...].drop { $0 == " " || $0 == "\t" }
        let end = value.lastIndex { $0 != " " && $0 != "\t" }
        return (name.lowercased(), end.map { String(value[...$0]) } ?? "")
    }
}
