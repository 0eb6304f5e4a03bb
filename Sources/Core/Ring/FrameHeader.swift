import Synchronization

/// The 32 bytes before each record, at the start of a 64-byte line.
///
///     0             4            8          16             24           28              32
///     | length u32  | flags u32  | sequence | receive time | epoch u32  | position u32  | record …
///
/// `length` is the record's bytes (of a padding frame: the bytes it fills); `position` is the frame's position in
/// lines, cut to 32 bits, so that bytes which are no frame do not pass for one. Frames without a record hold the next
/// record's sequence.
@frozen @usableFromInline struct FrameHeader {
    @usableFromInline let lengthAndFlags: UInt64
    @usableFromInline let sequence: UInt64
    @usableFromInline let receiveTime: UInt64
    @usableFromInline let epochAndPosition: UInt64

    @usableFromInline static let batchEnd: UInt32 = 1
    @usableFromInline static let padding: UInt32 = 2
    @usableFromInline static let epochStart: UInt32 = 4

    @inlinable init(
        length: Int, flags: UInt32, sequence: UInt64, receiveTime: UInt64, epoch: UInt32, position: UInt64
    ) {
        lengthAndFlags = UInt64(UInt32(truncatingIfNeeded: length)) | UInt64(flags) << 32
        self.sequence = sequence
        self.receiveTime = receiveTime
        epochAndPosition = UInt64(epoch) | UInt64(Self.lines(position)) << 32
    }

    /// Reads each word once: the writer may be changing them. Nothing of it may be believed before
    /// `RingWords.wasIntact`.
    @inlinable init(at place: UnsafeMutableRawPointer) {
        let words = place.assumingMemoryBound(to: Atomic<UInt64>.self)
        lengthAndFlags = words[0].load(ordering: .relaxed)
        sequence = words[1].load(ordering: .relaxed)
        receiveTime = words[2].load(ordering: .relaxed)
        epochAndPosition = words[3].load(ordering: .relaxed)
    }

    @inlinable func store(at place: UnsafeMutableRawPointer) {
        let words = place.assumingMemoryBound(to: Atomic<UInt64>.self)
        words[0].store(lengthAndFlags, ordering: .relaxed)
        words[1].store(sequence, ordering: .relaxed)
        words[2].store(receiveTime, ordering: .relaxed)
        words[3].store(epochAndPosition, ordering: .relaxed)
    }

    @inlinable static func lines(_ position: UInt64) -> UInt32 { UInt32(truncatingIfNeeded: position >> 6) }

    @inlinable var length: Int { Int(UInt32(truncatingIfNeeded: lengthAndFlags)) }
    @inlinable var flags: UInt32 { UInt32(truncatingIfNeeded: lengthAndFlags >> 32) }
    @inlinable var epoch: UInt32 { UInt32(truncatingIfNeeded: epochAndPosition) }
    @inlinable var holdsRecord: Bool { flags & (Self.padding | Self.epochStart) == 0 }
    @inlinable var frameBytes: Int { RingLayout.frameBytes(recordBytes: length) }
    /// The sequence of the first record after this frame.
    @inlinable var sequenceAfter: UInt64 { holdsRecord ? sequence &+ 1 : sequence }

    /// Whether this can be a frame at `position` that ends by `end` and does not straddle the end of the data. A reader
    /// asks before it uses the length, so that no bytes whatever lead it out of the memory.
    @inlinable func fits(at position: UInt64, before end: UInt64, in words: RingWords) -> Bool {
        let length = self.length
        guard length <= RingLayout.frameBytesMax - RingLayout.frameHeaderBytes else { return false }
        let bytes = UInt64(RingLayout.frameBytes(recordBytes: length))
        return UInt32(truncatingIfNeeded: epochAndPosition >> 32) == Self.lines(position)
            && bytes <= end &- position
            && (position & (words.capacity &- 1)) &+ bytes <= words.capacity
    }
}
