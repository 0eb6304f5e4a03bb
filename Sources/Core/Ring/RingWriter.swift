import CPlatform
import Synchronization
public import Units

/// What became of an `append`.
@frozen public enum RingAppend: Hashable, Sendable {
    /// The record is in the ring, unpublished, under this number.
    case appended(sequence: UInt64)
    /// A quarter of the ring is unpublished. Publish, then append again.
    case batchFull
    /// A pacing reader has not read what this record would overwrite. Publish, let the readers work, append again.
    case readersBehind
}

/// The only writer of one ring. It cannot be copied; between processes the owner of the memory sees to it (a file
/// lock).
///
/// A batch is any number of `append`s and one `publish`; nobody sees a record before. What must be durable before
/// anybody acts on it is written between the two. A writer may die at any instruction: the next one made over the same
/// memory goes on after the last published record, under the next epoch.
public struct RingWriter: ~Copyable, @unchecked Sendable {
    // SAFETY of @unchecked: one owner; the memory is shared through the words that RingLayout describes.
    @usableFromInline let words: RingWords
    @usableFromInline let paced: Bool
    @usableFromInline let segmentMask: UInt64
    @usableFromInline let batchBytesMax: UInt64
    @usableFromInline let epoch32: UInt32
    /// Where the next frame goes, unless padding comes first.
    @usableFromInline var position: UInt64
    @usableFromInline var published: UInt64
    @usableFromInline var claimed: UInt64
    /// The first frame at or after this position is the first of its segment.
    @usableFromInline var markFrom: UInt64
    @usableFromInline var lastRecord: UnsafeMutableRawPointer?
    @usableFromInline var next: UInt64
    @usableFromInline var epochStarted = false
    private let memory: RingMemory

    /// Takes over the ring: as its first writer, or as the successor of one that died, wherever that was. `identity` is
    /// for display (`RingMemory.writer`). O(segment); publishes the start of a new epoch.
    /// - Throws: `retired`, or `corrupt` if something that is no writer wrote into the memory.
    public init(_ memory: RingMemory, identity: UInt64 = 0) throws(RingError) {
        var observer = NoObservation()
        try self.init(memory, identity: identity, observedBy: &observer)
    }

    init(
        _ memory: RingMemory, identity: UInt64 = 0, observedBy observer: inout some RingWriterObserver
    ) throws(RingError) {
        let words = memory.words
        guard words.state.pointee.load(ordering: .acquiring) != RingLayout.retired else { throw .retired }
        let published = words.published.pointee.load(ordering: .acquiring)
        var next = memory.firstSequence
        if published > 0 {
            switch words.walk(to: published) {
            case .sequence(let sequence, epoch: _): next = sequence
            case .corrupt(let position): throw .corrupt(position: position)
            case .overrun: throw .corrupt(position: published)
            }
        }
        let epoch = words.epoch.pointee.load(ordering: .relaxed) &+ 1
        self.memory = memory
        self.words = words
        paced = memory.pacing == .paced
        segmentMask = words.segmentBytes &- 1
        batchBytesMax = words.capacity / 4
        epoch32 = UInt32(truncatingIfNeeded: epoch)
        position = published
        self.published = published
        claimed = words.claimed.pointee.load(ordering: .acquiring)
        markFrom = 0
        self.next = next
        words.word(RingLayout.writerOffset).pointee.store(identity, ordering: .relaxed)
        words.epoch.pointee.store(epoch, ordering: .releasing)
        observer.reached(.epochRaised)
        forgetUnpublishedMarks()
        observer.reached(.marksForgotten)
        _ = startEpoch(&observer)
    }

    /// The number of the next record.
    public var nextSequence: UInt64 { next }
    /// Which writer of this ring this is, from 1.
    public var epoch: UInt32 { epoch32 }

    /// Adds one record to the batch. Copies it; allocates nothing; never waits.
    /// - Precondition: `record` has 1 to `RingLayout.recordBytesMax` bytes.
    @inlinable public mutating func append(_ record: UnsafeRawBufferPointer, receiveTime: Timestamp) -> RingAppend {
        var observer = NoObservation()
        return append(record, receiveTime: receiveTime, observedBy: &observer)
    }

    /// Shows the batch to the readers and wakes those that sleep. Does nothing when the batch is empty.
    @inlinable public mutating func publish() {
        var observer = NoObservation()
        publish(observedBy: &observer)
    }

    /// Ends the ring for good: readers that have drained it find `.retired`. For a successor with another capacity,
    /// which needs other memory.
    public consuming func retire() {
        publish()
        words.state.pointee.store(RingLayout.retired, ordering: .sequentiallyConsistent)
        wakeSleepers()
    }
}

/// The steps of `append` and `publish`, in their order.
extension RingWriter {
    @inlinable mutating func append(
        _ record: UnsafeRawBufferPointer, receiveTime: Timestamp, observedBy observer: inout some RingWriterObserver
    ) -> RingAppend {
        let count = record.count
        precondition(count > 0)
        precondition(count <= RingLayout.recordBytesMax)
        guard let source = record.baseAddress else { preconditionFailure("a record has bytes") }
        if !epochStarted, !startEpoch(&observer) { return .readersBehind }
        let frameBytes = UInt64(RingLayout.frameBytes(recordBytes: count))
        let start = frameStart(frameBytes)
        let end = start &+ frameBytes
        if end &- published > batchBytesMax { return .batchFull }
        guard prepare(start, end: end, &observer) else { return .readersBehind }
        let place = words.place(start)
        (place + RingLayout.frameHeaderBytes).copyMemory(from: source, byteCount: count)
        observer.reached(.recordCopied)
        let sequence = next
        FrameHeader(
            length: count, flags: 0, sequence: sequence, receiveTime: receiveTime.nanoseconds, epoch: epoch32,
            position: start
        ).store(at: place)
        lastRecord = place
        position = end
        next = sequence &+ 1
        observer.reached(.frameComplete)
        return .appended(sequence: sequence)
    }

    @inlinable mutating func publish(observedBy observer: inout some RingWriterObserver) {
        guard position != published else { return }
        endBatch()
        observer.reached(.batchEnded)
        moveHead()
        observer.reached(.headMoved)
        wakeSleepers()
        observer.reached(.sleepersWoken)
    }

    /// Everything that comes before a frame's own bytes. False if a pacing reader is in the way.
    @inlinable mutating func prepare(
        _ start: UInt64, end: UInt64, _ observer: inout some RingWriterObserver
    ) -> Bool {
        if end > claimed {
            guard claim(end) else { return false }
            observer.reached(.claimed)
        }
        if start != position {
            pad(to: start)
            observer.reached(.padded)
        }
        if start >= markFrom {
            mark(start)
            observer.reached(.marked)
        }
        return true
    }

    /// Where a frame of that size goes: frames never straddle the end of the data.
    @inlinable func frameStart(_ frameBytes: UInt64) -> UInt64 {
        let place = position & (words.capacity &- 1)
        return place &+ frameBytes <= words.capacity ? position : position &+ (words.capacity &- place)
    }

    /// Announces that everything below `end`, rounded up to a segment, may be overwritten from now on. Rounding up
    /// keeps the word that every reader checks unchanged, and in the readers' caches, for a whole segment.
    @inlinable mutating func claim(_ end: UInt64) -> Bool {
        let newClaim = (end &+ segmentMask) & ~segmentMask
        if paced, !readersAllow(newClaim) { return false }
        words.claimed.pointee.store(newClaim, ordering: .relaxed)
        // The claim is visible before the first byte that is written under it: readers look in the other order.
        atomicMemoryFence(ordering: .releasing)
        claimed = newClaim
        return true
    }

    /// Fills the rest of the data with a frame that readers skip.
    @usableFromInline mutating func pad(to start: UInt64) {
        let length = Int(start &- position) - RingLayout.frameHeaderBytes
        FrameHeader(
            length: length, flags: FrameHeader.padding, sequence: next, receiveTime: 0, epoch: epoch32,
            position: position
        ).store(at: words.place(position))
        position = start
    }

    /// Notes the first frame of a segment.
    @usableFromInline mutating func mark(_ start: UInt64) {
        words.mark(Int((start & (words.capacity &- 1)) / (segmentMask &+ 1))).pointee.store(start, ordering: .releasing)
        markFrom = (start &+ segmentMask &+ 1) & ~segmentMask
    }

    @inlinable func endBatch() {
        guard let lastRecord else { return }
        let words = lastRecord.assumingMemoryBound(to: Atomic<UInt64>.self)
        let word = words[0].load(ordering: .relaxed)
        words[0].store(word | UInt64(FrameHeader.batchEnd) << 32, ordering: .relaxed)
    }

    @inlinable mutating func moveHead() {
        words.nextSequence.pointee.store(next, ordering: .relaxed)
        // Sequentially consistent, as is the load of the park word: either this writer sees the sleeper's bit, or the
        // sleeper sees this position (docs/ring-model/park.pml).
        words.published.pointee.store(position, ordering: .sequentiallyConsistent)
        published = position
        lastRecord = nil
    }

    @inlinable func wakeSleepers() {
        let word = words.park.pointee.load(ordering: .sequentiallyConsistent)
        if word & 1 != 0 { wake(word) }
    }

    /// Clears the bit and counts on, so that a reader that was about to sleep on the old value does not.
    @usableFromInline func wake(_ word: UInt32) {
        words.park.pointee.store((word | 1) &+ 1, ordering: .sequentiallyConsistent)
        let futex = (words.base + RingLayout.parkOffset).assumingMemoryBound(to: UInt32.self)
        _ = lh_futex_wake(futex, .max)
    }
}

/// A successor's first steps.
extension RingWriter {
    /// A predecessor may have marked frames that it never published. Readers ignore such marks while they lie beyond
    /// the published position, which is about to move.
    private mutating func forgetUnpublishedMarks() {
        var newest: UInt64?
        for index in 0..<RingLayout.segmentCount {
            let position = words.mark(index).pointee.load(ordering: .relaxed)
            if position == RingLayout.noMark { continue }
            if position >= published {
                words.mark(index).pointee.store(RingLayout.noMark, ordering: .relaxed)
            } else {
                newest = max(newest ?? 0, position)
            }
        }
        if let newest { markFrom = (newest &+ segmentMask &+ 1) & ~segmentMask }
    }

    /// Publishes a frame without a record, by which readers notice the new writer in its place among the records. False
    /// while a pacing reader still needs the space: then the first `append` does it.
    @usableFromInline mutating func startEpoch(_ observer: inout some RingWriterObserver) -> Bool {
        let frameBytes = UInt64(RingLayout.lineBytes)
        let start = frameStart(frameBytes)
        guard prepare(start, end: start &+ frameBytes, &observer) else { return false }
        FrameHeader(
            length: 0, flags: FrameHeader.epochStart, sequence: next, receiveTime: 0, epoch: epoch32, position: start
        ).store(at: words.place(start))
        position = start &+ frameBytes
        observer.reached(.frameComplete)
        moveHead()
        observer.reached(.headMoved)
        wakeSleepers()
        observer.reached(.sleepersWoken)
        epochStarted = true
        return true
    }
}
