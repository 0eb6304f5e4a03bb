import Network
import Platform
import Synchronization
import Units

/// Serves `GET /metrics` on a loopback port, from a thread of its own: one connection at a time, one request each.
public final class MetricsServer: Sendable {
    private final class Flag: Sendable {
        let value = Atomic<Bool>(false)
    }

    /// What a scraper gets for its request.
    private struct Response {
        let status: String
        let body: String
        var type = "text/plain; charset=utf-8"
    }

    private static let largestRequestBytes = 8_192
    /// Prometheus sends its request at once; whoever does not is let go, so that it does not keep others waiting.
    private static let patience = Nanoseconds.seconds(1)
    private static let idle = Nanoseconds.milliseconds(200)

    /// `127.0.0.1:PORT`.
    public let address: String
    private let listener: TCPListener
    private let isStopping: Flag
    private let thread: Mutex<JoinableThread?>

    /// Listens and starts the thread.
    /// - Parameters:
    ///   - port: 0 for any.
    ///   - text: the exposition, made for each request on the server's thread.
    public init(port: UInt16, text: @escaping @Sendable () -> String) throws(SystemCallError) {
        let listener = try TCPListener(port: port)
        let isStopping = Flag()
        self.listener = listener
        self.isStopping = isStopping
        address = listener.address
        let started = try JoinableThread {
            while !isStopping.value.load(ordering: .acquiring) {
                guard let connection = try? listener.accept(timeout: Self.idle) else { continue }
                try? Self.serve(connection, text: text)
            }
        }
        thread = Mutex(started)
    }

    deinit { stop() }

    /// Ends the thread and waits for it.
    public func stop() {
        isStopping.value.store(true, ordering: .releasing)
        guard let thread = thread.withLock({ $0.take() }) else { return }
        listener.stop()
        thread.join()
    }

    private static func serve(_ connection: TCPConnection, text: () -> String) throws(SystemCallError) {
        let response: Response
        if let line = try requestLine(connection) {
            response = answer(line, text: text)
        } else {
            response = Response(status: "400 Bad Request", body: "expected GET /metrics\n")
        }
        let head =
            "HTTP/1.1 \(response.status)\r\nContent-Type: \(response.type)\r\n"
            + "Content-Length: \(response.body.utf8.count)\r\nConnection: close\r\n\r\n"
        try connection.write(head + response.body, timeout: patience)
        connection.finishWriting()
    }

    private static func answer(_ requestLine: String, text: () -> String) -> Response {
        let words = requestLine.split(separator: " ", omittingEmptySubsequences: false)
        guard words.count == 3, words[2].hasPrefix("HTTP/1.") else {
            return Response(status: "400 Bad Request", body: "expected GET /metrics\n")
        }
        guard words[1] == "/metrics" || words[1].hasPrefix("/metrics?") else {
            return Response(status: "404 Not Found", body: "only /metrics is here\n")
        }
        guard words[0] == "GET" else { return Response(status: "405 Method Not Allowed", body: "only GET\n") }
        return Response(status: "200 OK", body: text(), type: "text/plain; version=0.0.4; charset=utf-8")
    }

    /// The first line of the request, once its head is whole; nil for what is none, too long, or does not come.
    private static func requestLine(_ connection: TCPConnection) throws(SystemCallError) -> String? {
        let end = Array("\r\n\r\n".utf8)
        let deadline = MonotonicClock.now() + patience
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: largestRequestBytes, alignment: 1)
        defer { buffer.deallocate() }
        var count = 0
        while count < largestRequestBytes {
            let left = deadline - MonotonicClock.now()
            guard left > .zero else { return nil }
            let rest = UnsafeMutableRawBufferPointer(rebasing: buffer[count...])
            guard case .bytes(let more) = try connection.read(into: rest, timeout: left) else { return nil }
            count += more
            if buffer[..<count].suffix(end.count).elementsEqual(end) {
                let line = buffer[..<count].prefix { $0 != UInt8(ascii: "\r") }
                return String(validating: line, as: UTF8.self)
            }
        }
        return nil
    }
}
