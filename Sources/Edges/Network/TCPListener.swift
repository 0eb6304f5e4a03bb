@preconcurrency import Glibc
import Platform
import Units

/// A listening socket on a loopback address: what is served here never leaves the machine.
public final class TCPListener: Sendable {
    /// The port that was bound: the one asked for, or the one the system chose for port 0.
    public let port: UInt16
    public let descriptor: Int32

    /// `host:port`.
    public var address: String { "127.0.0.1:\(port)" }

    /// Listens on 127.0.0.1. A port in use is `EADDRINUSE`.
    public init(port: UInt16, backlog: Int32 = 64) throws(SystemCallError) {
        let name = "127.0.0.1:\(port)"
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { throw SystemCallError(call: "socket", path: name, code: errno) }
        var on: Int32 = 1
        setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &on, socklen_t(MemoryLayout<Int32>.size))
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = INADDR_LOOPBACK.bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let bound = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { bind(descriptor, $0, length) }
        }
        guard bound == 0, listen(descriptor, backlog) == 0 else {
            let code = errno
            close(descriptor)
            throw SystemCallError(call: "bind", path: name, code: code)
        }
        withUnsafeMutablePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { _ = getsockname(descriptor, $0, &length) }
        }
        self.descriptor = descriptor
        self.port = UInt16(bigEndian: address.sin_port)
    }

    deinit { close(descriptor) }

    /// The next connection, or nil when none came within `timeout` or the listener was stopped.
    public func accept(timeout: Nanoseconds) throws(SystemCallError) -> TCPConnection? {
        let deadline = Deadline(after: timeout)
        guard try deadline.wait(for: descriptor, events: Int16(POLLIN), peer: address) else { return nil }
        var peer = sockaddr_in()
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let accepted = withUnsafeMutablePointer(to: &peer) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                Glibc.accept(descriptor, $0, &length)
            }
        }
        if accepted < 0 {
            // The peer may have gone between the two calls; a stopped listener accepts nothing.
            if [EINTR, EAGAIN, ECONNABORTED, EINVAL].contains(errno) { return nil }
            // Those that are connected may end and give back what is short.
            if [EMFILE, ENFILE, ENOBUFS, ENOMEM].contains(errno) {
                usleep(100_000)
                return nil
            }
            throw SystemCallError(call: "accept", path: address, code: errno)
        }
        _ = fcntl(accepted, F_SETFD, FD_CLOEXEC)
        return TCPConnection(descriptor: accepted, peer: "127.0.0.1:\(UInt16(bigEndian: peer.sin_port))")
    }

    /// A thread that waits in `accept` returns.
    public func stop() { shutdown(descriptor, Int32(SHUT_RDWR)) }
}
