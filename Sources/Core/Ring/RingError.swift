/// Why a ring's memory cannot be used. Nothing of this is thrown once reading or writing has begun.
public enum RingError: Error, Hashable, Sendable {
    /// The memory is smaller than a header, or than the capacity that its header states.
    case tooSmall(byteCount: Int, needed: Int)
    /// The capacity is no power of two between `RingLayout.capacityMin` and `capacityMax`.
    case invalidCapacity(Int)
    case notARing(magic: UInt64)
    case unknownVersion(found: UInt32, expected: UInt32)
    /// The last writer ended this ring for good.
    case retired
    /// Published bytes that are no frame, or no mark that leads to the published end.
    case corrupt(position: UInt64)
    /// No record of this number exists yet, so the ring is not the one that the caller read before.
    case sequenceAhead(requested: UInt64, next: UInt64)
    /// All reader slots are taken. Reclaim those of dead processes.
    case noFreeReaderSlot(count: Int)
    /// The ring was made for a writer that waits for nobody.
    case notPaced
    /// The writer overwrote every place that was tried: the ring is far too small for its rate.
    case overrunWhileAttaching(attempts: Int)
}
