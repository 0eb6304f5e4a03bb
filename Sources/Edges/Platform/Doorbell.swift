import CPlatform
import Synchronization
import Units

/// A word in memory that processes share, by which others wake the one process that sleeps on it. Zero is its
/// beginning.
///
/// Bit 0: it sleeps, or is about to. The rest counts the calls. Whoever calls counts first and looks at the bit then;
/// whoever sleeps sets the bit first and looks at the count then: one of the two sees the other. Who dies in between
/// costs the sleeper the time that it wanted to sleep at most.
public struct Doorbell: @unchecked Sendable {
    // SAFETY of @unchecked: one atomic word, kept by its owner.
    private let word: UnsafeMutablePointer<Atomic<UInt32>>
    private let owner: AnyObject?

    /// - Parameters:
    ///   - word: aligned, on a cache line of its own.
    ///   - owner: keeps the memory as long as it lives.
    public init(_ word: UnsafeMutablePointer<Atomic<UInt32>>, owner: AnyObject?) {
        self.word = word
        self.owner = owner
    }

    /// How often it was rung, modulo 2^31.
    public var calls: UInt32 { word.pointee.load(ordering: .sequentiallyConsistent) >> 1 }

    /// Whatever is called about has been stored before.
    public func ring() {
        let before = word.pointee.wrappingAdd(2, ordering: .sequentiallyConsistent).oldValue
        if before & 1 == 0 { return }
        word.pointee.bitwiseAnd(~1, ordering: .sequentiallyConsistent)
        _ = lh_futex_wake(futex, .max)
    }

    /// Sleeps until it is rung or the time is over; not at all when it was rung since it had been rung `seen` times.
    public func sleep(unlessCalledSince seen: UInt32, atMost time: Nanoseconds) {
        let asleep = word.pointee.bitwiseOr(1, ordering: .sequentiallyConsistent).newValue
        if asleep >> 1 == seen { _ = lh_futex_wait(futex, asleep, time.count) }
        word.pointee.bitwiseAnd(~1, ordering: .sequentiallyConsistent)
    }

    private var futex: UnsafeMutablePointer<UInt32> {
        UnsafeMutableRawPointer(word).assumingMemoryBound(to: UInt32.self)
    }
}
