import CZeroMQ

/// ZeroMQ as its guide shows it: PUSH and PULL, blocking calls. What our own ways are compared with.
struct BarePipe: ~Copyable {
    private let context: UnsafeMutableRawPointer
    private let socket: UnsafeMutableRawPointer

    /// - Parameter isBound: else it connects.
    init(sends: Bool, isBound: Bool, to address: String) throws {
        guard let context = zmq_ctx_new(), let socket = zmq_socket(context, sends ? ZMQ_PUSH : ZMQ_PULL) else {
            throw BenchError.failed(what: "zmq_socket")
        }
        var linger: Int32 = 0
        zmq_setsockopt(socket, ZMQ_LINGER, &linger, MemoryLayout<Int32>.size)
        guard (isBound ? zmq_bind(socket, address) : zmq_connect(socket, address)) == 0 else {
            throw BenchError.failed(what: "\(address): \(String(cString: zmq_strerror(zmq_errno())))")
        }
        self.context = context
        self.socket = socket
    }

    deinit {
        zmq_close(socket)
        zmq_ctx_term(context)
    }

    func send(_ bytes: UnsafeMutableRawBufferPointer) { zmq_send(socket, bytes.baseAddress, bytes.count, 0) }
    func receive(_ bytes: UnsafeMutableRawBufferPointer) { zmq_recv(socket, bytes.baseAddress, bytes.count, 0) }
}
