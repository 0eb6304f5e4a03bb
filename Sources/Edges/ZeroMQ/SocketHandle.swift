import CZeroMQ
import Units

/// A socket before it has an owner: where its options are set.
struct SocketHandle {
    let pointer: UnsafeMutableRawPointer
    let name: String

    init(_ context: ZeroMQContext, _ kind: ZeroMQSocket.Kind) throws(ZeroMQError) {
        name = "\(kind)"
        guard let pointer = zmq_socket(context.handle, kind.code) else {
            throw .call("zmq_socket", endpoint: name, code: zmq_errno())
        }
        self.pointer = pointer
    }

    func apply(_ options: ZeroMQSocketOptions, _ kind: ZeroMQSocket.Kind) throws(ZeroMQError) {
        try set(ZMQ_LINGER, ZeroMQPoller.milliseconds(options.linger))
        try set(ZMQ_IPV6, Int32(0))
        try set(ZMQ_SNDHWM, options.sendHighWaterMark)
        try set(ZMQ_RCVHWM, options.receiveHighWaterMark)
        try set(ZMQ_MAXMSGSIZE, options.messageByteCountMax)
        try set(ZMQ_RECONNECT_IVL, ZeroMQPoller.milliseconds(options.reconnectInterval))
        try set(ZMQ_RECONNECT_IVL_MAX, ZeroMQPoller.milliseconds(options.reconnectIntervalMax))
        if options.needsConnection { try set(ZMQ_IMMEDIATE, Int32(1)) }
        if options.conflates { try set(ZMQ_CONFLATE, Int32(1)) }
        if options.refusesWhenFull, kind == .publisher { try set(ZMQ_XPUB_NODROP, Int32(1)) }
        // A router says when a peer is gone or full, instead of throwing its messages away.
        if kind == .router { try set(ZMQ_ROUTER_MANDATORY, Int32(1)) }
        try apply(options.security)
    }

    private func apply(_ security: ZeroMQSecurity) throws(ZeroMQError) {
        switch security {
        case .none: return
        case .server(let secretKey):
            try set(ZMQ_CURVE_SERVER, Int32(1))
            try set(ZMQ_CURVE_SECRETKEY, key: secretKey, "secret key")
        case .client(let publicKey, let secretKey, let serverKey):
            try set(ZMQ_CURVE_PUBLICKEY, key: publicKey, "public key")
            try set(ZMQ_CURVE_SECRETKEY, key: secretKey, "secret key")
            try set(ZMQ_CURVE_SERVERKEY, key: serverKey, "server key")
        }
    }

    private func set<Value: BitwiseCopyable>(_ option: Int32, _ value: Value) throws(ZeroMQError) {
        var value = value
        guard zmq_setsockopt(pointer, option, &value, MemoryLayout<Value>.size) == 0 else {
            throw .call("zmq_setsockopt", endpoint: name, code: zmq_errno())
        }
    }

    private func set(_ option: Int32, key: String, _ name: String) throws(ZeroMQError) {
        guard key.utf8.count == ZeroMQSecurity.keyByteCount, zmq_setsockopt(pointer, option, key, key.utf8.count) == 0
        else { throw .malformedKey(name) }
    }
}
