import CPlatform
import Synchronization
import Units

/// A flag that is set once and that threads of the process can sleep on.
///
/// The time is the monotonic clock's: a semaphore of Dispatch waits by the wall clock here, and for an hour more when
/// that is set back by one.
public final class FinishedFlag: @unchecked Sendable {
    // SAFETY of @unchecked: the word is only touched atomically, by us and by the kernel.
    private let word = UnsafeMutablePointer<Atomic<UInt32>>.allocate(capacity: 1)

    public init() { word.initialize(to: Atomic(0)) }

    deinit {
        word.deinitialize(count: 1)
        word.deallocate()
    }

    public var isSet: Bool { word.pointee.load(ordering: .acquiring) != 0 }

    /// Wakes everybody who sleeps on it, and nobody sleeps on it any more.
    public func set() {
        word.pointee.store(1, ordering: .releasing)
        word.withMemoryRebound(to: UInt32.self, capacity: 1) { _ = lh_futex_wake($0, .max) }
    }

    /// Sleeps until it is set, at most so long. False when the time is over.
    public func wait(atMost time: Nanoseconds) -> Bool {
        let end = MonotonicClock.now() + time
        while !isSet {
            let left = end - MonotonicClock.now()
            guard left > .zero else { return false }
            word.withMemoryRebound(to: UInt32.self, capacity: 1) { _ = lh_futex_wait($0, 0, left.count) }
        }
        return true
    }
}
