import ZeroMQ

/// Where streams are published for other machines.
public struct OutsideEndpoints: Equatable, Sendable {
    public var feed: ZeroMQEndpoint
    public var snapshots: ZeroMQEndpoint
    /// Without it only loopback is taken.
    public var security: ZeroMQSecurity

    /// TCP: the feed on `port`, snapshots on the next.
    ///
    /// - Precondition: there is a next port.
    public init(address: String, port: UInt16, security: ZeroMQSecurity) {
        precondition(port < .max, "two ports are needed")
        feed = .tcp(address: address, port: port)
        snapshots = .tcp(address: address, port: port + 1)
        self.security = security
    }
}

/// The sockets there. The library's security is that of a socket, so those for this machine are others.
final class OutsideSockets {
    let feed: ZeroMQSocket
    var requests: SnapshotServer

    init(
        _ context: ZeroMQContext, _ endpoints: OutsideEndpoints, run: UInt64, _ options: StreamPublisher.Options
    ) throws(ZeroMQError) {
        var socketOptions = ZeroMQSocketOptions()
        socketOptions.sendHighWaterMark = options.highWaterMark
        socketOptions.linger = StreamPublisher.linger
        socketOptions.messageByteCountMax = SnapshotServer.messageByteCountMax
        socketOptions.security = endpoints.security
        var options = options
        options.security = endpoints.security
        feed = try .bound(context, .publisher, to: endpoints.feed, socketOptions)
        requests = try SnapshotServer(context, endpoints.snapshots, run: run, options)
    }
}
