import CZeroMQ
@preconcurrency import Glibc
import Units

/// One socket, owned by one thread from its making to its end. Nothing here waits, but for `wait`.
public struct ZeroMQSocket: ~Copyable {
    public enum Kind: Sendable {
        case publisher, subscriber, router, dealer, push, pull, pair

        var code: Int32 {
            switch self {
            case .publisher: ZMQ_PUB
            case .subscriber: ZMQ_SUB
            case .router: ZMQ_ROUTER
            case .dealer: ZMQ_DEALER
            case .push: ZMQ_PUSH
            case .pull: ZMQ_PULL
            case .pair: ZMQ_PAIR
            }
        }
    }

    public enum SendOutcome: Sendable {
        case sent
        /// The peer takes no more for now, or there is none yet.
        case full
        /// A router was given an address that nobody has.
        case unreachable
    }

    let handle: UnsafeMutableRawPointer
    private let context: ZeroMQContext
    private let security: ZeroMQSecurity
    /// The endpoint of errors: the last one bound or connected.
    public private(set) var name: String
    private var locks: [EndpointLock] = []
    private var boundPaths: [String] = []

    public init(
        _ context: ZeroMQContext, _ kind: Kind, _ options: ZeroMQSocketOptions = ZeroMQSocketOptions()
    ) throws(ZeroMQError) {
        let handle = try SocketHandle(context, kind)
        do throws(ZeroMQError) { try handle.apply(options, kind) } catch {
            zmq_close(handle.pointer)
            throw error
        }
        self.handle = handle.pointer
        self.context = context
        name = "\(kind)"
        security = options.security
    }

    deinit {
        zmq_close(handle)
        // The library leaves the names of its Unix sockets behind. They are ours as long as they are locked.
        for path in boundPaths { unlink(path) }
    }

    /// A socket that is bound.
    public static func bound(
        _ context: ZeroMQContext, _ kind: Kind, to endpoint: ZeroMQEndpoint,
        _ options: ZeroMQSocketOptions = ZeroMQSocketOptions()
    ) throws(ZeroMQError) -> ZeroMQSocket {
        var socket = try ZeroMQSocket(context, kind, options)
        try socket.bind(endpoint)
        return socket
    }

    /// A socket that connects.
    public static func connected(
        _ context: ZeroMQContext, _ kind: Kind, to endpoint: ZeroMQEndpoint,
        _ options: ZeroMQSocketOptions = ZeroMQSocketOptions()
    ) throws(ZeroMQError) -> ZeroMQSocket {
        var socket = try ZeroMQSocket(context, kind, options)
        try socket.connect(endpoint)
        return socket
    }

    /// Binds; an ipc path is locked first. TCP port 0 takes a free one: `boundEndpoint` tells which.
    public mutating func bind(_ endpoint: ZeroMQEndpoint) throws(ZeroMQError) {
        try endpoint.check(isProtected: security.isProtected)
        name = endpoint.address
        if case .ipc(let path) = endpoint { locks.append(try EndpointLock(path: path)) }
        guard zmq_bind(handle, endpoint.address) == 0 else { throw failure("zmq_bind") }
        if case .ipc(let path) = endpoint { boundPaths.append(path) }
    }

    /// Connects. The peer need not be there yet: the library tries again until it is.
    public mutating func connect(_ endpoint: ZeroMQEndpoint) throws(ZeroMQError) {
        try endpoint.check(isProtected: security.isProtected)
        name = endpoint.address
        guard zmq_connect(handle, endpoint.address) == 0 else { throw failure("zmq_connect") }
    }

    /// What the last `bind` or `connect` came to.
    func boundEndpoint() throws(ZeroMQError) -> ZeroMQEndpoint {
        var text = [CChar](repeating: 0, count: 256)
        var count = text.count
        guard zmq_getsockopt(handle, ZMQ_LAST_ENDPOINT, &text, &count) == 0 else { throw failure("zmq_getsockopt") }
        return try ZeroMQEndpoint(String(decoding: text.prefix(count - 1).map { UInt8(bitPattern: $0) }, as: UTF8.self))
    }

    /// A subscriber asks for the messages that begin with `prefix`.
    public func subscribe(_ prefix: [UInt8]) throws(ZeroMQError) {
        guard zmq_setsockopt(handle, ZMQ_SUBSCRIBE, prefix, prefix.count) == 0 else { throw failure("zmq_setsockopt") }
    }

    /// Hands one part to the library, which copies it. With `more`, the parts that follow belong to the same message.
    public func send(_ bytes: UnsafeRawBufferPointer, more: Bool = false) throws(ZeroMQError) -> SendOutcome {
        while zmq_send(handle, bytes.baseAddress, bytes.count, more ? ZMQ_DONTWAIT | ZMQ_SNDMORE : ZMQ_DONTWAIT) < 0 {
            switch zmq_errno() {
            case EINTR: continue
            case EAGAIN: return .full
            case EHOSTUNREACH: return .unreachable
            default: throw failure("zmq_send")
            }
        }
        return .sent
    }

    public func send(_ bytes: [UInt8], more: Bool = false) throws(ZeroMQError) -> SendOutcome {
        try bytes.span.bytes.withUnsafeBytes { (raw) throws(ZeroMQError) in try send(raw, more: more) }
    }

    /// Takes the next part into `message`. False when there is none.
    public func receive(into message: borrowing ZeroMQMessage) throws(ZeroMQError) -> Bool {
        while zmq_msg_recv(message.pointer, handle, ZMQ_DONTWAIT) < 0 {
            switch zmq_errno() {
            case EINTR: continue
            case EAGAIN: return false
            default: throw failure("zmq_msg_recv")
            }
        }
        return true
    }

    /// Takes what is left of a message of which `message` was a part, and forgets it.
    public func skipRest(of message: borrowing ZeroMQMessage) throws(ZeroMQError) {
        while message.hasMore { guard try receive(into: message) else { return } }
    }

    /// Waits until there is something to receive. False when `timeout` has passed or a signal came.
    public func wait(timeout: Nanoseconds) throws(ZeroMQError) -> Bool {
        var item = zmq_pollitem_t(socket: handle, fd: 0, events: Int16(ZMQ_POLLIN), revents: 0)
        let count = zmq_poll(&item, 1, Int(ZeroMQPoller.milliseconds(timeout)))
        if count < 0, zmq_errno() != EINTR { throw failure("zmq_poll") }
        return count > 0
    }

    /// A descriptor that becomes readable when the socket's state may have changed, once for each change: after that,
    /// receive until there is nothing left (zmq_getsockopt(3), ZMQ_FD).
    public func descriptor() throws(ZeroMQError) -> Int32 {
        var descriptor: Int32 = -1
        var count = MemoryLayout<Int32>.size
        guard zmq_getsockopt(handle, ZMQ_FD, &descriptor, &count) == 0 else { throw failure("zmq_getsockopt") }
        return descriptor
    }

    private func failure(_ call: String) -> ZeroMQError { .call(call, endpoint: name, code: zmq_errno()) }
}
