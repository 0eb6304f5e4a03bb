import Configuration
import Platform
import Ring
import Units

/// How a process of a run waits when it has nothing to do (`ring.wait`).
///
/// - spin: it never sleeps, and looks at the ring and its sockets again at once: for a core of its own.
/// - yield: for a fifth of a millisecond it gives way and looks again; then it sleeps as with park.
/// - park: it sleeps until there is something.
struct IdleWait {
    /// As long as the next record or message of a burst is likely to be near.
    private static let busyTime = Nanoseconds.microseconds(200)

    private let kind: RingWait
    private var idleSince: Nanoseconds?

    init(_ kind: RingWait) { self.kind = kind }

    /// Something was done.
    mutating func wasBusy() { idleSince = nil }

    /// What to do on the ring now; nil when it is time to sleep.
    mutating func policy() -> WaitPolicy? {
        switch kind {
        case .spin: return .spin
        case .park: return nil
        case .yield:
            let now = MonotonicClock.now()
            let since = idleSince ?? now
            idleSince = since
            return now - since < Self.busyTime ? .yield : nil
        }
    }
}
