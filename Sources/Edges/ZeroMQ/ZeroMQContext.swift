import CZeroMQ

/// One instance of the library: its threads for input and output. One for a process is enough; it ends after the last
/// of its sockets.
public final class ZeroMQContext: Sendable {
    // SAFETY: `zmq_ctx_t` may be used by any thread (zmq_ctx_new(3)); the pointer itself never changes.
    nonisolated(unsafe) let handle: UnsafeMutableRawPointer

    /// - Parameter threadCount: threads for input and output. One carries a gigabyte a second.
    public init(threadCount: Int32 = 1) throws(ZeroMQError) {
        guard let handle = zmq_ctx_new() else {
            throw .call("zmq_ctx_new", endpoint: "context", code: zmq_errno())
        }
        self.handle = handle
        // Sockets are closed without waiting for peers that are not there.
        for (option, value) in [(ZMQ_IO_THREADS, threadCount), (ZMQ_BLOCKY, 0)] {
            guard zmq_ctx_set(handle, option, value) == 0 else {
                throw .call("zmq_ctx_set", endpoint: "context", code: zmq_errno())
            }
        }
    }

    deinit { while zmq_ctx_term(handle) != 0, zmq_errno() == EINTR {} }
}
