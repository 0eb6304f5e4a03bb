import CPlatform
import Synchronization
public import Units

/// What a reader does when the ring is drained. Every way is bounded: `RingReader.wait` returns, so that its caller can
/// look at its sockets too.
///
/// Spinning is quickest with a core to itself (0.1–0.4 µs), but with more processes than cores it costs whole time
/// slices; yielding stays near 4 µs then; parking uses no processor at all and takes a wake-up (5–30 µs).
@frozen public struct WaitPolicy: Hashable, Sendable {
    @frozen public enum Then: Hashable, Sendable {
        /// Goes back to the caller.
        case returnToCaller
        /// Gives the core to whoever is ready (`sched_yield`), once.
        case yield
        /// Sleeps until the writer publishes or the time is over (`futex`).
        case park(atMost: Nanoseconds)
    }

    /// How often to look at the ring, with a pause in between, before anything else.
    public var spins: UInt32
    public var then: Then

    public init(spins: UInt32, then: Then) {
        self.spins = spins
        self.then = then
    }

    public static let spin = WaitPolicy(spins: 1_000, then: .returnToCaller)
    public static let yield = WaitPolicy(spins: 100, then: .yield)
    public static let park = WaitPolicy(spins: 200, then: .park(atMost: .milliseconds(100)))
}

extension RingReader {
    /// Waits until something is published beyond this reader's position, as long as `policy` says. Returns whether
    /// there is. The ring's retirement counts as something. Allocates nothing.
    public func wait(_ policy: WaitPolicy) -> Bool { wait(policy) { false } }

    /// The same, but for that the spinning ends as soon as `isCalled` says so: then there is something elsewhere.
    public func wait(_ policy: WaitPolicy, or isCalled: () -> Bool) -> Bool {
        var spins: UInt32 = 0
        repeat {
            if hasNews { return true }
            if isCalled() { return hasNews }
            lh_cpu_relax()
            spins &+= 1
        } while spins < policy.spins
        switch policy.then {
        case .returnToCaller: break
        case .yield: lh_yield()
        case .park(let timeout): park(atMost: timeout)
        }
        return hasNews
    }

    /// Something is published beyond this reader's position, or the ring is retired. Does not wait.
    public var hasNews: Bool {
        words.published.pointee.load(ordering: .acquiring) != position
            || words.state.pointee.load(ordering: .relaxed) == RingLayout.retired
    }

    /// Sets the sleeper's bit, looks again, then sleeps unless the word has changed since. The writer does the same in
    /// the other order, so one of the two sees the other; see docs/ring-model/park.pml.
    private func park(atMost timeout: Nanoseconds) {
        let expected = words.park.pointee.bitwiseOr(1, ordering: .sequentiallyConsistent).newValue
        let published = words.published.pointee.load(ordering: .sequentiallyConsistent)
        let state = words.state.pointee.load(ordering: .sequentiallyConsistent)
        if published != position || state == RingLayout.retired { return }
        let futex = (words.base + RingLayout.parkOffset).assumingMemoryBound(to: UInt32.self)
        _ = lh_futex_wait(futex, expected, timeout.count)
    }
}
