import Platform

/// What a request gets.
public struct HTTPResponse: Sendable {
    public enum Status: String, Sendable {
        case ok = "200 OK"
        case badRequest = "400 Bad Request"
        case forbidden = "403 Forbidden"
        case notFound = "404 Not Found"
        case methodNotAllowed = "405 Method Not Allowed"
        case unavailable = "503 Service Unavailable"
    }

    public let status: Status
    public let type: String
    /// Beside those of type, length and connection.
    public var headers: [(name: String, value: String)]
    public let body: [UInt8]

    public init(
        _ status: Status, body: [UInt8], type: String = "text/plain; charset=utf-8",
        headers: [(name: String, value: String)] = []
    ) {
        self.status = status
        self.body = body
        self.type = type
        self.headers = headers
    }

    public init(_ status: Status, _ text: String, type: String = "text/plain; charset=utf-8") {
        self.init(status, body: Array(text.utf8), type: type)
    }

    /// Status line and headers, with the empty line behind them.
    /// - Parameter hasLength: the body is whole, and not the beginning of a stream.
    func head(hasLength: Bool = true) -> String {
        var lines = ["HTTP/1.1 \(status.rawValue)", "Content-Type: \(type)"]
        if hasLength { lines.append("Content-Length: \(body.count)") }
        lines += headers.map { "\($0.name): \($0.value)" } + ["Connection: close"]
        return lines.joined(separator: "\r\n") + "\r\n\r\n"
    }
}

/// What becomes of a request's connection.
public enum HTTPAnswer: Sendable {
    case whole(HTTPResponse)
    /// The response, and behind it whatever the function writes, until it returns or throws; on the connection's own
    /// thread. The client is one that reads to the end.
    case stream(HTTPResponse, @Sendable (HTTPStream) throws(SystemCallError) -> Void)

    var response: HTTPResponse {
        switch self {
        case .whole(let response), .stream(let response, _): response
        }
    }
}
