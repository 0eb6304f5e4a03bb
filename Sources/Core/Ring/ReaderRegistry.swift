import Synchronization

/// How a reader is known to others.
public enum RingReaderRole: Hashable, Sendable {
    /// Not at all.
    case anonymous
    /// Its position can be seen (`RingMemory.readers`). The identity is not 0 and names a process for good, so that a
    /// dead one's slot can be taken back.
    case observed(identity: UInt64)
    /// The writer of a paced ring does not overwrite what it has not read. `inPlace`: frames are handed out where they
    /// lie in the ring, without the copy.
    case pacing(identity: UInt64, inPlace: Bool)
}

/// One registered reader, as its slot shows it.
public struct RingReaderStatus: Hashable, Sendable {
    public let identity: UInt64
    /// Whether the writer waits for it.
    public let isPacing: Bool
    /// The number of the record that it reads next, as of its last report (it reports when it has drained the ring, and
    /// once per 1/64 of the ring).
    public let nextSequence: UInt64
    /// The byte position that it reads next.
    public let position: UInt64
}

/// A registered reader's slot. The reader writes it; the writer reads the cursor; anybody may look.
@frozen @usableFromInline struct ReaderSlot: @unchecked Sendable {
    // SAFETY of @unchecked: atomics of the ring's memory.
    private let base: UnsafeMutablePointer<Atomic<UInt64>>

    init(_ index: Int, in words: RingWords) {
        base = words.word(RingLayout.readersOffset + index * RingLayout.readerSlotBytes)
    }

    var identity: UInt64 { base[0].load(ordering: .acquiring) }
    /// The writer of a paced ring keeps everything from here on; `UInt64.max` keeps nothing.
    var cursor: UInt64 { base[1].load(ordering: .acquiring) }

    func take(_ identity: UInt64) -> Bool {
        base[0].compareExchange(expected: 0, desired: identity, ordering: .acquiringAndReleasing).exchanged
    }

    func setCursor(_ position: UInt64) { base[1].store(position, ordering: .releasing) }

    func report(position: UInt64, nextSequence: UInt64) {
        base[2].store(nextSequence, ordering: .relaxed)
        base[3].store(position, ordering: .relaxed)
    }

    /// The cursor goes first: a slot that looks free must not hold the writer.
    func release(_ identity: UInt64) {
        setCursor(.max)
        _ = base[0].compareExchange(expected: identity, desired: 0, ordering: .acquiringAndReleasing)
    }

    var status: RingReaderStatus? {
        let identity = self.identity
        guard identity != 0 else { return nil }
        return RingReaderStatus(
            identity: identity, isPacing: cursor != .max, nextSequence: base[2].load(ordering: .relaxed),
            position: base[3].load(ordering: .relaxed))
    }
}

extension RingMemory {
    /// The registered readers, alive or dead. For display and for supervisors; allocates.
    public func readers() -> [RingReaderStatus] {
        (0..<RingLayout.readerSlotCount).compactMap { ReaderSlot($0, in: words).status }
    }
}

extension RingWriter {
    /// Frees the slots of readers for which `isDead` says so, and returns how many. Only the writer does this, so that
    /// no two processes free one slot for two different readers.
    public mutating func reclaimReaders(where isDead: (_ identity: UInt64) -> Bool) -> Int {
        var count = 0
        for index in 0..<RingLayout.readerSlotCount {
            let slot = ReaderSlot(index, in: words)
            let identity = slot.identity
            guard identity != 0, isDead(identity) else { continue }
            slot.release(identity)
            count += 1
        }
        return count
    }

    /// Whether no pacing reader still needs what a claim up to `newClaim` would overwrite.
    ///
    /// The fence pairs with the one in `RingReader.holdWriter`: of a reader that registers meanwhile either the cursor
    /// is seen here, or the claim before this one is seen there. So the reader can be one claim wrong, never two.
    @usableFromInline func readersAllow(_ newClaim: UInt64) -> Bool {
        guard newClaim > words.capacity else { return true }
        atomicMemoryFence(ordering: .sequentiallyConsistent)
        let overwritten = newClaim &- words.capacity
        for index in 0..<RingLayout.readerSlotCount where ReaderSlot(index, in: words).cursor < overwritten {
            return false
        }
        return true
    }
}
