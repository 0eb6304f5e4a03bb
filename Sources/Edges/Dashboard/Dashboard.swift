import Network
import Platform
import Streams
import Units
import ZeroMQ

/// A web page of the run in progress, for the trader at the desk: reads streams and statuses, and owns nothing.
public final class Dashboard: Sendable {
    private let board = SnapshotBoard()
    private let reader: DashboardReader
    private let server: HTTPServer

    /// Connections at once: a browser holds one for each page that it shows.
    private static let connectionCount = 64

    /// `127.0.0.1:PORT`.
    public var address: String { server.address }

    /// Serves from here on.
    /// - Parameters:
    ///   - port: of 127.0.0.1; 0 for any.
    ///   - program: the version, for the page's foot.
    ///   - status: asks the processes how they are, once a second, on a thread of its own.
    ///   - failed: streams cannot be read any more; the page says so, and the owner should end.
    public init(
        port: UInt16, streams: StreamEndpoints, program: String,
        status: @escaping @Sendable () -> DashboardStatus, failed: @escaping @Sendable (ZeroMQError) -> Void
    ) throws {
        let board = board
        var limits = HTTPServer.Limits()
        limits.connectionCount = Self.connectionCount
        // What an ssh between opens here at once may have its request half a minute later.
        limits.silence = .seconds(30)
        let listener = try TCPListener(port: port)
        let site = DashboardSite(board: board, port: listener.port)
        server = try HTTPServer(listener, limits: limits) { site.answer($0) }
        reader = try DashboardReader(streams, board: board, program: program, status: status, failed: failed)
    }

    /// Ends every connection and both readers, at once but for a question to the processes that is under way.
    public func stop() {
        board.end()
        server.stop()
        reader.stop()
    }
}
