import Synchronization

/// One reader of one ring. It cannot be copied: sharing it is a compile error, not a race. Readers know nothing of each
/// other, and the writer of a live ring knows nothing of them.
///
/// Frames are copied into this reader's own buffer and handed out only after it is known that the writer did not touch
/// them meanwhile; a pacing reader may read in place. Received and lost sequences together are all of them, each once.
/// `next` and `poll` allocate nothing, throw nothing and never wait.
public struct RingReader: ~Copyable, @unchecked Sendable {
    // SAFETY of @unchecked: one owner; the memory is shared through the words that RingLayout describes.
    @usableFromInline let words: RingWords
    @usableFromInline let copies: Bool
    @usableFromInline let buffer: UnsafeMutableRawPointer
    @usableFromInline var position: UInt64
    /// Writer position last seen; refreshed only when drained.
    @usableFromInline var published: UInt64
    @usableFromInline var expected: UInt64
    @usableFromInline var epoch32: UInt32
    /// The slot is told when the position reaches this.
    @usableFromInline var reportAt: UInt64
    let slot: ReaderSlot?
    let role: RingReaderRole
    /// Stays mapped as long as its frames are read.
    private let memory: RingMemory

    /// Attaches to a ring, at any time and from any process that has the memory mapped.
    /// - Throws: `sequenceAhead`, `corrupt`, `noFreeReaderSlot`, `notPaced`, `overrunWhileAttaching`.
    public init(
        _ memory: RingMemory, from start: RingStart, as role: RingReaderRole = .anonymous
    ) throws(RingError) {
        let words = memory.words
        let slot = try ReaderSlot.register(role, in: memory)
        let origin: RingOrigin
        do {
            origin = try words.find(start, for: role, firstSequence: memory.firstSequence)
        } catch {
            if let slot, let identity = role.identity { slot.release(identity) }
            throw error
        }
        self.memory = memory
        self.words = words
        self.slot = slot
        self.role = role
        copies = !role.readsInPlace
        buffer = .allocate(byteCount: RingLayout.frameBytesMax, alignment: RingLayout.lineBytes)
        position = origin.position
        published = origin.position
        expected = origin.expected
        epoch32 = origin.epoch
        reportAt = 0
        report()
    }

    deinit {
        buffer.deallocate()
        if let slot, let identity = role.identity { slot.release(identity) }
    }

    /// The number of the record that comes next.
    public var nextSequence: UInt64 { expected }
    /// The writer whose frames were read last.
    public var epoch: UInt32 { epoch32 }

    /// The next frame, or why there is none. A frame is valid until the next call.
    @inlinable public mutating func next() -> RingStep {
        while true {
            if position >= reportAt { report() }
            if position == published {
                published = words.published.pointee.load(ordering: .acquiring)
                if position == published { return drained() }
            }
            let place = words.place(position)
            let header = FrameHeader(at: place)
            guard header.fits(at: position, before: published, in: words) else {
                if reposition() { continue }
                return .corrupt(position: position)
            }
            var record = UnsafeRawPointer(place + RingLayout.frameHeaderBytes)
            if copies {
                // The length may be torn, but it leads nowhere outside; what is copied counts only if it was intact.
                buffer.copyMemory(from: record, byteCount: header.length)
                guard words.wasIntact(position) else {
                    if reposition() { continue }
                    return .corrupt(position: position)
                }
                record = UnsafeRawPointer(buffer)
            }
            guard header.flags <= FrameHeader.batchEnd, header.sequence == expected, header.epoch == epoch32 else {
                if let step = unusual(header) { return step }
                continue
            }
            position &+= UInt64(header.frameBytes)
            expected &+= 1
            return .frame(RingFrame(header: header, record: record))
        }
    }

    /// Hands out at most `limit` frames; says how many and what came then. A frame is valid inside the body.
    @inlinable public mutating func poll(atMost limit: Int, _ body: (RingFrame) -> Void) -> RingPoll {
        var delivered = 0
        while delivered < limit {
            switch next() {
            case .frame(let frame):
                body(frame)
                delivered += 1
            case .drained: return RingPoll(delivered: delivered, event: .drained)
            case .lost(let first, let count):
                return RingPoll(delivered: delivered, event: .lost(first: first, count: count))
            case .newEpoch(let epoch): return RingPoll(delivered: delivered, event: .newEpoch(epoch))
            case .retired: return RingPoll(delivered: delivered, event: .retired)
            case .corrupt(let position): return RingPoll(delivered: delivered, event: .corrupt(position: position))
            }
        }
        return RingPoll(delivered: delivered, event: .limit)
    }
}

/// What happens once per batch, lap or epoch, and not once per record.
extension RingReader {
    /// Frames that are no record, and records that are not the expected one. Steps over what carries nothing.
    @usableFromInline @inline(never) mutating func unusual(_ header: FrameHeader) -> RingStep? {
        if header.epoch != epoch32 {
            epoch32 = header.epoch
            return .newEpoch(header.epoch)
        }
        // A frame without a record has the next one's number: also where none follows, what is missing is told.
        if header.sequence > expected {
            let first = expected
            expected = header.sequence
            return .lost(first: first, count: header.sequence &- first)
        }
        // Padding, an epoch's first frame, or a record before the one that was asked for.
        position &+= UInt64(header.frameBytes)
        return nil
    }

    @usableFromInline @inline(never) mutating func drained() -> RingStep {
        report()
        guard words.state.pointee.load(ordering: .acquiring) == RingLayout.retired else { return .drained }
        // The last batch may have come between the two looks.
        return words.published.pointee.load(ordering: .acquiring) == position ? .retired : .drained
    }

    /// The writer overtook this reader: goes on at the oldest mark that will stay intact for a while. What is missing
    /// shows in the sequence of the first frame that is read there, so it is exact whatever happens until then. False
    /// if nobody overtook it, so that the bytes there are wrong for another reason.
    @usableFromInline @inline(never) mutating func reposition() -> Bool {
        guard !words.wasIntact(position) else { return false }
        published = words.published.pointee.load(ordering: .acquiring)
        let claimed = words.claimed.pointee.load(ordering: .acquiring)
        // An eighth of the ring ahead of the writer: at the very oldest mark it would be overtaken again at once.
        let low = words.oldestIntact(claimed: claimed) &+ words.capacity / 8
        let line = UInt64(RingLayout.lineBytes)
        let resumed = words.oldestMark(from: low, before: published) ?? published & ~(line &- 1)
        // Always ahead, unless the words themselves are wrong.
        guard resumed > position else { return false }
        position = resumed
        return true
    }

    @usableFromInline @inline(never) mutating func report() {
        guard let slot else {
            reportAt = .max
            return
        }
        reportAt = position &+ words.segmentBytes
        slot.report(position: position, nextSequence: expected)
        if case .pacing = role { slot.setCursor(position) }
    }
}
