@preconcurrency import Glibc
import Platform
import Units

/// One TCP connection. One thread may read while another writes; the descriptor closes with the last reference.
///
/// Writes leave at once (`TCP_NODELAY`) and never raise SIGPIPE. Errors name the peer as `host:port`.
public final class TCPConnection: Sendable {
    public enum Arrival: Equatable, Sendable {
        /// So many bytes, at least one.
        case bytes(Int)
        /// The peer closed its side: nothing will follow.
        case end
        /// Nothing came in time.
        case nothing
    }

    /// `host:port` of the other side.
    public let peer: String
    /// The number the system knows the connection by: valid as long as this value.
    public let descriptor: Int32

    /// Takes over a connected descriptor.
    init(descriptor: Int32, peer: String) {
        self.descriptor = descriptor
        self.peer = peer
        var on: Int32 = 1
        setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &on, socklen_t(MemoryLayout<Int32>.size))
    }

    /// Connects to the first address of `host` that answers; each has its share of `timeout`, which begins when the
    /// name, resolved each time, is known.
    public convenience init(host: String, port: UInt16, timeout: Nanoseconds) throws(SystemCallError) {
        let peer = "\(host):\(port)"
        var failure = SystemCallError(call: "connect", path: peer, code: EHOSTUNREACH)
        let addresses = try SocketAddress.resolve(host: host, port: port)
        let began = MonotonicClock.now()
        for (index, address) in addresses.enumerated() {
            let left = max(0, timeout.count - (MonotonicClock.now() - began).count)
            let deadline = Deadline(after: Nanoseconds(left / Int64(addresses.count - index)))
            do throws(SystemCallError) {
                self.init(descriptor: try address.connect(peer: peer, deadline: deadline), peer: peer)
                return
            } catch { failure = error }
        }
        throw failure
    }

    deinit { close(descriptor) }

    /// Reads what has come, waiting at most `timeout` for the first byte.
    public func read(
        into bytes: UnsafeMutableRawBufferPointer, timeout: Nanoseconds
    ) throws(SystemCallError) -> Arrival {
        let deadline = Deadline(after: timeout)
        while true {
            let count = recv(descriptor, bytes.baseAddress, bytes.count, Int32(MSG_DONTWAIT))
            if count > 0 { return .bytes(count) }
            if count == 0 { return .end }
            switch errno {
            case EINTR: continue
            case EAGAIN:
                guard try deadline.wait(for: descriptor, events: Int16(POLLIN), peer: peer) else { return .nothing }
            default: throw SystemCallError(call: "recv", path: peer, code: errno)
            }
        }
    }

    /// Writes every byte; throws `ETIMEDOUT` when the peer does not take them within `timeout`, some written or none.
    public func write(_ bytes: UnsafeRawBufferPointer, timeout: Nanoseconds) throws(SystemCallError) {
        guard let base = bytes.baseAddress else { return }
        let deadline = Deadline(after: timeout)
        var done = 0
        let flags = Int32(MSG_DONTWAIT) | Int32(MSG_NOSIGNAL)
        while done < bytes.count {
            let count = send(descriptor, base + done, bytes.count - done, flags)
            if count >= 0 {
                done += count
                continue
            }
            switch errno {
            case EINTR: continue
            case EAGAIN:
                guard try deadline.wait(for: descriptor, events: Int16(POLLOUT), peer: peer) else {
                    throw SystemCallError(call: "send", path: peer, code: ETIMEDOUT)
                }
            default: throw SystemCallError(call: "send", path: peer, code: errno)
            }
        }
    }

    public func write(_ text: String, timeout: Nanoseconds) throws(SystemCallError) {
        let bytes = Array(text.utf8)
        try bytes.span.bytes.withUnsafeBytes { (raw) throws(SystemCallError) in try write(raw, timeout: timeout) }
    }

    /// Ends our side (FIN): the peer reads to the end of what was written and then sees the end.
    public func finishWriting() { shutdown(descriptor, Int32(SHUT_WR)) }

    /// Ends both sides; a thread that waits on this connection sees the end.
    public func stop() { shutdown(descriptor, Int32(SHUT_RDWR)) }

    /// The system holds 32 KiB of what the peer has not taken, and not some megabytes: less that is old by then.
    func keepLittleUnsent() {
        var size: Int32 = 16_384
        setsockopt(descriptor, SOL_SOCKET, SO_SNDBUF, &size, socklen_t(MemoryLayout<Int32>.size))
    }

    /// Closing will send RST instead of FIN, and what was not yet sent is thrown away.
    func resetWhenClosed() {
        var option = linger(l_onoff: 1, l_linger: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &option, socklen_t(MemoryLayout<linger>.size))
    }
}
