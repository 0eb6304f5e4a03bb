@preconcurrency import Glibc
import Platform
import Units

/// A point of the monotonic clock until which a call may wait.
struct Deadline {
    private let time: Nanoseconds

    /// A timeout that would pass the clock's end never ends.
    init(after timeout: Nanoseconds) {
        let (sum, isPast) = MonotonicClock.now().count.addingReportingOverflow(timeout.count)
        time = Nanoseconds(isPast ? .max : sum)
    }

    /// Rounded up to whole milliseconds; 0 when it has passed.
    private var milliseconds: Int32 {
        let left = time.count &- MonotonicClock.now().count
        return left <= 0 ? 0 : Int32(clamping: (left - 1) / 1_000_000 + 1)
    }

    /// Waits until one of `events` holds, or the connection fails. False when the time has passed.
    func wait(for descriptor: Int32, events: Int16, peer: String) throws(SystemCallError) -> Bool {
        while true {
            var entry = pollfd(fd: descriptor, events: events, revents: 0)
            let left = milliseconds
            let count = poll(&entry, 1, left)
            if count > 0 { return true }
            if count == 0 {
                if left == 0 || milliseconds == 0 { return false }
            } else if errno != EINTR {
                throw SystemCallError(call: "poll", path: peer, code: errno)
            }
        }
    }
}
