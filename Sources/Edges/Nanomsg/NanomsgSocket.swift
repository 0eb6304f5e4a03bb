import CNanomsg
import Glibc
import Platform
import Units

/// What came of waiting for a message.
public enum NanomsgArrival: Equatable, Sendable {
    /// A message of so many bytes, all of them in the buffer.
    case message(Int)
    /// A message longer than the buffer: so many bytes, of which the buffer holds the first ones. The rest is gone.
    case tooLong(Int)
    /// Nothing came in time, or the survey is over.
    case nothing
}

/// One socket of the library, closed with this value. Belongs to one thread at a time.
struct NanomsgSocket: ~Copyable {
    let handle: Int32
    /// What errors name: the last endpoint bound or connected.
    private(set) var endpoint = ""
    private var isBound = false

    /// How long the library waits before it connects again: doubled from the first to the second after each failure.
    private static let reconnectIntervals: (first: Int32, longest: Int32) = (50, 200)

    init(protocol socketType: Int32) throws(NanomsgError) {
        handle = nn_socket(AF_SP, socketType)
        guard handle >= 0 else { throw .last("nn_socket", "") }
        try set(NN_RECONNECT_IVL, of: NN_SOL_SOCKET, to: Self.reconnectIntervals.first)
        try set(NN_RECONNECT_IVL_MAX, of: NN_SOL_SOCKET, to: Self.reconnectIntervals.longest)
    }

    /// The library ends the program when it cannot remove its socket's file: on a disk that has become read-only the
    /// socket stays open as long as the program runs.
    deinit { if handle >= 0, !(isBound && Self.isReadOnly(endpoint)) { nn_close(handle) } }

    private static func isReadOnly(_ endpoint: String) -> Bool {
        guard endpoint.hasPrefix("ipc://"), let end = endpoint.lastIndex(of: "/") else { return false }
        return Directory.isReadOnly(String(endpoint[..<end].dropFirst("ipc://".count)))
    }

    func set(_ option: Int32, of level: Int32, to value: Int32) throws(NanomsgError) {
        var value = value
        guard nn_setsockopt(handle, level, option, &value, MemoryLayout<Int32>.size) == 0 else {
            throw .last("nn_setsockopt", endpoint)
        }
    }

    mutating func bind(_ endpoint: String) throws(NanomsgError) {
        self.endpoint = endpoint
        guard !Self.isReadOnly(endpoint) else { throw .readOnly("nn_bind", endpoint) }
        guard nn_bind(handle, endpoint) >= 0 else { throw .last("nn_bind", endpoint) }
        isBound = true
    }

    mutating func connect(_ endpoint: String) throws(NanomsgError) {
        self.endpoint = endpoint
        guard nn_connect(handle, endpoint) >= 0 else { throw .last("nn_connect", endpoint) }
    }

    func statistic(_ name: Int32) -> UInt64 { nn_get_statistic(handle, name) }

    func send(_ bytes: UnsafeRawBufferPointer) throws(NanomsgError) {
        while nn_send(handle, bytes.baseAddress, bytes.count, 0) < 0 {
            guard nn_errno() == EINTR else { throw .last("nn_send", endpoint) }
        }
    }

    /// - Parameter timeout: nil for as long as the survey lasts.
    func receive(
        into buffer: UnsafeMutableRawBufferPointer, timeout: Nanoseconds?
    ) throws(NanomsgError) -> NanomsgArrival {
        if let timeout {
            try set(NN_RCVTIMEO, of: NN_SOL_SOCKET, to: Milliseconds.roundedUp(timeout))
        }
        while true {
            let count = nn_recv(handle, buffer.baseAddress, buffer.count, 0)
            if count >= 0 { return Int(count) <= buffer.count ? .message(Int(count)) : .tooLong(Int(count)) }
            switch nn_errno() {
            case EINTR: continue
            // EFSM: no survey is under way any more.
            case ETIMEDOUT, EAGAIN, EFSM: return .nothing
            default: throw .last("nn_recv", endpoint)
            }
        }
    }
}

enum Milliseconds {
    /// At least 1: 0 would not wait and a negative number would wait for ever.
    static func roundedUp(_ span: Nanoseconds) -> Int32 {
        Int32(clamping: max(1, (span.count + 999_999) / 1_000_000))
    }
}
