@preconcurrency import Glibc
import Platform
import Synchronization
import Units

/// A connection that is being made, name resolution included, on a thread of its own: who asked for it goes on working.
///
/// One that nobody wants any more may be let go; its thread ends with its attempt.
public final class PendingConnection: Sendable {
    private let outcome = Mutex<Result<TCPConnection, SystemCallError>?>(nil)
    private let peer: String
    /// Becomes readable when the attempt is over: valid as long as this value.
    public let descriptor: Int32

    /// Begins to connect to the first address of `host` that answers within `timeout`.
    public init(host: String, port: UInt16, timeout: Nanoseconds) throws(SystemCallError) {
        peer = "\(host):\(port)"
        var ends: [Int32] = [-1, -1]
        guard pipe(&ends) == 0 else { throw SystemCallError(call: "pipe", path: peer, code: errno) }
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        descriptor = ends[0]
        let writeEnd = ends[1]
        do throws(SystemCallError) {
            try JoinableThread { [self] in
                let result: Result<TCPConnection, SystemCallError>
                do throws(SystemCallError) {
                    result = .success(try TCPConnection(host: host, port: port, timeout: timeout))
                } catch { result = .failure(error) }
                outcome.withLock { $0 = result }
                close(writeEnd)
            }.detach()
        } catch {
            close(writeEnd)
            throw error
        }
    }

    deinit { close(descriptor) }

    /// The connection, or nil when the attempt is not over within `timeout`. Throws why it failed.
    public func connection(within timeout: Nanoseconds) throws(SystemCallError) -> TCPConnection? {
        _ = try Deadline(after: timeout).wait(for: descriptor, events: Int16(POLLIN), peer: peer)
        return try outcome.withLock { $0 }?.get()
    }
}
