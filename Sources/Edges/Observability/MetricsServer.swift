import Network
import Platform
import Units

/// Serves `GET /metrics` on a loopback port, from a thread of its own: one connection at a time, one request each.
/// Prometheus sends its request at once; whoever does not is let go after a second, so that it keeps nobody waiting.
public final class MetricsServer: Sendable {
    private let server: HTTPServer

    /// `127.0.0.1:PORT`.
    public var address: String { server.address }

    /// Listens and starts the thread.
    /// - Parameters:
    ///   - port: 0 for any.
    ///   - text: the exposition, made for each request on the server's thread.
    public init(port: UInt16, text: @escaping @Sendable () -> String) throws(SystemCallError) {
        server = try HTTPServer(try TCPListener(port: port)) { .whole(Self.answer($0, text: text)) }
    }

    /// Ends the thread and waits for it.
    public func stop() { server.stop() }

    private static func answer(_ request: HTTPRequest, text: () -> String) -> HTTPResponse {
        guard request.path == "/metrics" else { return HTTPResponse(.notFound, "only /metrics is here\n") }
        guard request.method == "GET" else { return HTTPResponse(.methodNotAllowed, "only GET\n") }
        return HTTPResponse(.ok, text(), type: "text/plain; version=0.0.4; charset=utf-8")
    }
}
