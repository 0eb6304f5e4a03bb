import Determinism
import Orders
import Units

/// The times of the last things of a kind, in event time: how many came in the last second and minute. Its memory is
/// taken at the start.
struct RateWindow: Sendable {
    private var times: [UInt64]
    /// Where the next time goes.
    private var head = 0
    private var count = 0

    private static var second: UInt64 { 1_000_000_000 }
    private static var minute: UInt64 { 60 * second }

    init() { times = Array(repeating: 0, count: RateLimit.most) }

    /// One more at `now` would be more than the limit allows in the second or the minute that ends with it.
    func isFull(_ limit: RateLimit, at now: Timestamp) -> Bool {
        isFull(limit.perSecond, Self.second, now) || isFull(limit.perMinute, Self.minute, now)
    }

    private func isFull(_ most: Int, _ span: UInt64, _ now: Timestamp) -> Bool {
        guard most > 0, count >= most else { return false }
        let time = times[(head + times.count - most) % times.count]
        return now.nanoseconds &- time < span
    }

    mutating func add(_ now: Timestamp) {
        times[head] = now.nanoseconds
        head = (head + 1) % times.count
        count = min(count + 1, times.count)
    }
}

extension RateWindow: PersistentState {
    /// Saved from the oldest on, so that equal windows have equal bytes.
    mutating func persist(_ archive: inout StateArchive) throws(StateArchive.Failure) {
        try archive.bounded(&count, atMost: times.count)
        if archive.isLoading { head = count % times.count }
        for i in 0..<count {
            let slot = (head + times.count - count + i) % times.count
            try archive.field(&times[slot])
        }
    }
}
