import CZeroMQ
@preconcurrency import Glibc
import Units

/// Waits for several sockets and descriptors at once. What was added must outlive it.
public struct ZeroMQPoller: ~Copyable {
    /// Names one thing that is waited for.
    public struct Entry: Equatable, Sendable { fileprivate let index: Int }

    private let items: UnsafeMutablePointer<zmq_pollitem_t>
    private let capacity: Int
    private var count = 0

    public init(capacity: Int = 16) {
        precondition(capacity > 0, "something is waited for")
        items = .allocate(capacity: capacity)
        self.capacity = capacity
    }

    deinit { items.deallocate() }

    /// Waits also for something to receive on `socket`.
    @discardableResult public mutating func add(_ socket: borrowing ZeroMQSocket) -> Entry {
        add(zmq_pollitem_t(socket: socket.handle, fd: 0, events: Int16(ZMQ_POLLIN), revents: 0))
    }

    /// Waits also for `descriptor` to become readable: a pipe, a nanomsg socket, a timer.
    @discardableResult public mutating func add(descriptor: Int32) -> Entry {
        add(zmq_pollitem_t(socket: nil, fd: descriptor, events: Int16(ZMQ_POLLIN), revents: 0))
    }

    private mutating func add(_ item: zmq_pollitem_t) -> Entry {
        precondition(count < capacity, "the poller has room")
        (items + count).initialize(to: item)
        count += 1
        return Entry(index: count - 1)
    }

    /// How many are ready. 0 when `timeout` has passed or a signal came.
    public func wait(timeout: Nanoseconds) throws(ZeroMQError) -> Int {
        let ready = zmq_poll(items, Int32(count), Int(Self.milliseconds(timeout)))
        if ready < 0 {
            guard zmq_errno() == EINTR else { throw .call("zmq_poll", endpoint: "poller", code: zmq_errno()) }
            for index in 0..<count { items[index].revents = 0 }
            return 0
        }
        return Int(ready)
    }

    /// Whether it was ready in the last wait.
    public func isReady(_ entry: Entry) -> Bool { items[entry.index].revents != 0 }

    /// Rounded up: a wait must not end before its time.
    static func milliseconds(_ time: Nanoseconds) -> Int32 {
        time.count <= 0 ? 0 : Int32(clamping: (time.count - 1) / 1_000_000 + 1)
    }
}
