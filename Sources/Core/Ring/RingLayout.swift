import Synchronization

/// Where everything lies in a ring's memory. Native byte order (little-endian on x86-64): the memory never leaves the
/// machine.
///
///     0     magic u64 | layout version u32 | header bytes u32 | capacity u64 | first sequence u64 | pacing u64
///     128   claimed   u64   the writer may be overwriting every byte below this position
///     256   published u64   readers may read every byte below this position | next sequence u64 (advisory)
///     384   epoch u64 | writer identity u64
///     512   park word u32   bit 0: somebody sleeps; the rest counts wake-ups
///     640   state u64       0 in use, 1 retired: no writer will ever come back
///     1024  64 marks, u64   position of the first frame that begins in each 1/64 of the data; UInt64.max: none
///     2048  16 reader slots of 128 bytes: identity u64 | cursor u64 | next sequence u64 | position u64
///     4096  data: `capacity` bytes, a power of two
///
/// Positions count bytes since the ring was made and never wrap; `position & (capacity - 1)` is the place in the data.
/// Words that different processes write sit 128 bytes apart: 64 for the cache line, doubled for the adjacent-line
/// prefetcher.
public enum RingLayout {
    /// "LHRING" and two bytes that no text has.
    public static let magic: UInt64 = 0x0d0a_474e_4952_484c
    public static let version: UInt32 = 1
    /// One page, so that a reader can map the data read-only.
    public static let headerBytes = 4_096
    /// Sixteen of the largest frames must fit, so that a batch and a claim never reach round to what was published
    /// last.
    public static let capacityMin = 32_768
    public static let capacityMax = 1 << 36
    /// A DBN record's length byte counts 4-byte words: 255 of them.
    @inlinable public static var recordBytesMax: Int { 1_020 }
    @inlinable public static var frameBytesMax: Int { 1_088 }
    @inlinable public static var frameHeaderBytes: Int { 32 }
    @inlinable public static var lineBytes: Int { 64 }
    public static let segmentCount = 64
    public static let readerSlotCount = 16

    @usableFromInline static let noMark = UInt64.max
    @usableFromInline static let retired: UInt64 = 1
    static let capacityOffset = 16
    static let firstSequenceOffset = 24
    static let pacingOffset = 32
    @usableFromInline static let claimedOffset = 128
    @usableFromInline static let publishedOffset = 256
    @usableFromInline static let nextSequenceOffset = 264
    @usableFromInline static let epochOffset = 384
    static let writerOffset = 392
    @usableFromInline static let parkOffset = 512
    @usableFromInline static let stateOffset = 640
    @usableFromInline static let marksOffset = 1_024
    static let readersOffset = 2_048
    static let readerSlotBytes = 128

    /// Bytes of memory that a ring with `capacity` bytes of data needs.
    public static func byteCount(capacity: Int) -> Int { headerBytes + capacity }

    /// A power of two within the limits: position & mask must be a place, and sixty-four segments must be whole lines.
    public static func isValid(capacity: Int) -> Bool {
        capacity >= capacityMin && capacity <= capacityMax && capacity.nonzeroBitCount == 1
    }

    /// Bytes that a record takes in the data: its header and itself, in whole cache lines.
    @inlinable public static func frameBytes(recordBytes: Int) -> Int {
        (recordBytes + frameHeaderBytes + lineBytes - 1) & ~(lineBytes - 1)
    }
}

/// The words of one ring's memory, as atomics where they lie. A view: it owns nothing.
@frozen @usableFromInline struct RingWords: @unchecked Sendable {
    // SAFETY of @unchecked: every word is reached as an atomic; data bytes are ordered by `claimed` and `published`.
    @usableFromInline let base: UnsafeMutableRawPointer
    @usableFromInline let capacity: UInt64

    @usableFromInline init(base: UnsafeMutableRawPointer, capacity: UInt64) {
        self.base = base
        self.capacity = capacity
    }

    /// The 64-bit word at `offset` from the header's first byte.
    @inlinable func word(_ offset: Int) -> UnsafeMutablePointer<Atomic<UInt64>> {
        (base + offset).assumingMemoryBound(to: Atomic<UInt64>.self)
    }
    @inlinable var claimed: UnsafeMutablePointer<Atomic<UInt64>> { word(RingLayout.claimedOffset) }
    @inlinable var published: UnsafeMutablePointer<Atomic<UInt64>> { word(RingLayout.publishedOffset) }
    @inlinable var nextSequence: UnsafeMutablePointer<Atomic<UInt64>> { word(RingLayout.nextSequenceOffset) }
    @inlinable var epoch: UnsafeMutablePointer<Atomic<UInt64>> { word(RingLayout.epochOffset) }
    @inlinable var state: UnsafeMutablePointer<Atomic<UInt64>> { word(RingLayout.stateOffset) }
    @inlinable var park: UnsafeMutablePointer<Atomic<UInt32>> {
        (base + RingLayout.parkOffset).assumingMemoryBound(to: Atomic<UInt32>.self)
    }
    @inlinable func mark(_ index: Int) -> UnsafeMutablePointer<Atomic<UInt64>> {
        word(RingLayout.marksOffset + index * 8)
    }
    @inlinable var data: UnsafeMutableRawPointer { base + RingLayout.headerBytes }
    @inlinable var segmentBytes: UInt64 { capacity / UInt64(RingLayout.segmentCount) }

    @inlinable func place(_ position: UInt64) -> UnsafeMutableRawPointer { data + Int(position & (capacity &- 1)) }

    /// What a claim can move by at most: padding at the end of the data, one frame, and rounding up to a segment.
    @inlinable var claimStepMax: UInt64 { UInt64(2 * RingLayout.frameBytesMax) &+ segmentBytes }

    /// The first position that the writer cannot have begun to overwrite, given what it has claimed.
    @inlinable func oldestIntact(claimed: UInt64) -> UInt64 { claimed > capacity ? claimed &- capacity : 0 }

    /// Orders the reads before it, then says whether the bytes from `position` on were whole while they were read.
    @inlinable func wasIntact(_ position: UInt64) -> Bool {
        atomicMemoryFence(ordering: .acquiring)
        return claimed.pointee.load(ordering: .relaxed) <= position &+ capacity
    }
}
