@preconcurrency import Glibc
import Platform
import Units

/// One address that a name stands for.
struct SocketAddress {
    private let family: Int32
    private let bytes: [UInt8]

    /// Every stream address of `host`, in the resolver's order. Throws `EHOSTUNREACH` for a name that has none.
    static func resolve(host: String, port: UInt16) throws(SystemCallError) -> [SocketAddress] {
        var hints = addrinfo()
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        hints.ai_flags = AI_ADDRCONFIG
        var list: UnsafeMutablePointer<addrinfo>?
        let code = getaddrinfo(host, "\(port)", &hints, &list)
        defer { if let list { freeaddrinfo(list) } }
        guard code == 0 else {
            throw SystemCallError(call: "getaddrinfo", path: "\(host):\(port)", code: EHOSTUNREACH)
        }
        var addresses: [SocketAddress] = []
        var entry = list
        while let current = entry {
            let info = current.pointee
            addresses.append(
                SocketAddress(
                    family: info.ai_family,
                    bytes: Array(UnsafeRawBufferPointer(start: info.ai_addr, count: Int(info.ai_addrlen)))))
            entry = info.ai_next
        }
        return addresses
    }

    /// A connected descriptor, close-on-exec.
    func connect(peer: String, deadline: Deadline) throws(SystemCallError) -> Int32 {
        let kind = Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue) | Int32(SOCK_NONBLOCK.rawValue)
        let descriptor = socket(family, kind, 0)
        guard descriptor >= 0 else { throw SystemCallError(call: "socket", path: peer, code: errno) }
        do throws(SystemCallError) {
            try start(descriptor, peer: peer, deadline: deadline)
        } catch {
            close(descriptor)
            throw error
        }
        _ = fcntl(descriptor, F_SETFL, fcntl(descriptor, F_GETFL) & ~O_NONBLOCK)
        return descriptor
    }

    private func start(_ descriptor: Int32, peer: String, deadline: Deadline) throws(SystemCallError) {
        let result = bytes.withUnsafeBytes { raw in
            Glibc.connect(
                descriptor, raw.baseAddress?.assumingMemoryBound(to: sockaddr.self), socklen_t(raw.count))
        }
        if result == 0 { return }
        guard errno == EINPROGRESS || errno == EINTR else {
            throw SystemCallError(call: "connect", path: peer, code: errno)
        }
        guard try deadline.wait(for: descriptor, events: Int16(POLLOUT), peer: peer) else {
            throw SystemCallError(call: "connect", path: peer, code: ETIMEDOUT)
        }
        var code: Int32 = 0
        var length = socklen_t(MemoryLayout<Int32>.size)
        getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &code, &length)
        guard code == 0 else { throw SystemCallError(call: "connect", path: peer, code: code) }
    }
}
