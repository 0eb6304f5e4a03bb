import Synchronization

/// Whether the writer waits for registered readers.
public enum RingPacing: UInt64, Sendable {
    /// Never: a slow reader is overtaken and told what it lost.
    case live = 0
    /// It may: a tape-fed writer stops before it would overwrite what a pacing reader has not read.
    case paced = 1
}

/// The memory of one ring: plain memory of this process, or a mapping that processes share. It is kept alive by the
/// writers and readers made of it. Which process may write is the owner's business (a file lock, for shared memory).
public final class RingMemory: @unchecked Sendable {
    // SAFETY of @unchecked: immutable; the memory behind it is reached through atomics (see RingWords).
    @usableFromInline let words: RingWords
    public let capacity: Int
    public let pacing: RingPacing
    private let owner: Owner

    private enum Owner {
        case allocated(UnsafeMutableRawPointer)
        case mapping(AnyObject?)
    }

    /// A ring in this process's own memory.
    /// - Throws: `RingError.invalidCapacity`.
    public static func plain(
        capacity: Int, pacing: RingPacing = .live, firstSequence: UInt64 = 0
    ) throws(RingError) -> RingMemory {
        let count = RingLayout.byteCount(capacity: max(0, capacity))
        guard RingLayout.isValid(capacity: capacity) else { throw .invalidCapacity(capacity) }
        let bytes = UnsafeMutableRawBufferPointer.allocate(byteCount: count, alignment: RingLayout.headerBytes)
        guard let base = bytes.baseAddress else { throw .invalidCapacity(capacity) }
        bytes.initializeMemory(as: UInt8.self, repeating: 0)
        format(bytes, capacity: capacity, pacing: pacing, firstSequence: firstSequence)
        return RingMemory(
            words: RingWords(base: base, capacity: UInt64(capacity)), pacing: pacing, owner: .allocated(base))
    }

    /// The ring that lies in `bytes`, which stay mapped as long as `owner` lives.
    /// - Throws: `tooSmall`, `notARing`, `unknownVersion`, `invalidCapacity`; never trusts a byte of it.
    public convenience init(attaching bytes: UnsafeMutableRawBufferPointer, owner: AnyObject?) throws(RingError) {
        guard let base = bytes.baseAddress, bytes.count >= RingLayout.headerBytes else {
            throw .tooSmall(byteCount: bytes.count, needed: RingLayout.headerBytes)
        }
        let magic = base.load(as: UInt64.self)
        guard magic == RingLayout.magic else { throw .notARing(magic: magic) }
        let version = base.load(fromByteOffset: 8, as: UInt32.self)
        guard version == RingLayout.version else {
            throw .unknownVersion(found: version, expected: RingLayout.version)
        }
        let stated = base.load(fromByteOffset: RingLayout.capacityOffset, as: UInt64.self)
        let capacity = Int(truncatingIfNeeded: stated)
        guard RingLayout.isValid(capacity: capacity) else { throw .invalidCapacity(capacity) }
        let needed = RingLayout.byteCount(capacity: capacity)
        guard bytes.count >= needed else { throw .tooSmall(byteCount: bytes.count, needed: needed) }
        let paced = base.load(fromByteOffset: RingLayout.pacingOffset, as: UInt64.self)
        self.init(
            words: RingWords(base: base, capacity: stated), pacing: paced == 0 ? .live : .paced,
            owner: .mapping(owner))
    }

    private init(words: RingWords, pacing: RingPacing, owner: Owner) {
        self.words = words
        self.capacity = Int(words.capacity)
        self.pacing = pacing
        self.owner = owner
    }

    deinit {
        if case .allocated(let base) = owner { base.deallocate() }
    }

    /// Makes `bytes`, which are all zero and seen by nobody else yet, an empty ring whose first record will have the
    /// number `firstSequence`.
    /// - Precondition: the capacity is valid and fits.
    public static func format(
        _ bytes: UnsafeMutableRawBufferPointer, capacity: Int, pacing: RingPacing = .live, firstSequence: UInt64 = 0
    ) {
        precondition(RingLayout.isValid(capacity: capacity))
        precondition(bytes.count >= RingLayout.byteCount(capacity: capacity))
        bytes.storeBytes(of: RingLayout.version, toByteOffset: 8, as: UInt32.self)
        bytes.storeBytes(of: UInt32(RingLayout.headerBytes), toByteOffset: 12, as: UInt32.self)
        bytes.storeBytes(of: UInt64(capacity), toByteOffset: RingLayout.capacityOffset, as: UInt64.self)
        bytes.storeBytes(of: firstSequence, toByteOffset: RingLayout.firstSequenceOffset, as: UInt64.self)
        bytes.storeBytes(of: pacing.rawValue, toByteOffset: RingLayout.pacingOffset, as: UInt64.self)
        bytes.storeBytes(of: firstSequence, toByteOffset: RingLayout.nextSequenceOffset, as: UInt64.self)
        for mark in 0..<RingLayout.segmentCount {
            bytes.storeBytes(of: RingLayout.noMark, toByteOffset: RingLayout.marksOffset + mark * 8, as: UInt64.self)
        }
        for slot in 0..<RingLayout.readerSlotCount {
            let cursor = RingLayout.readersOffset + slot * RingLayout.readerSlotBytes + 8
            bytes.storeBytes(of: UInt64.max, toByteOffset: cursor, as: UInt64.self)
        }
        bytes.storeBytes(of: RingLayout.magic, as: UInt64.self)
    }

    /// Bytes published since the ring was made.
    public var publishedPosition: UInt64 { words.published.pointee.load(ordering: .acquiring) }
    /// The number of the record that will be published next; for display, as it may lag `publishedPosition` by a batch.
    public var nextSequence: UInt64 { words.nextSequence.pointee.load(ordering: .relaxed) }
    /// No writer will ever come back: what is published is all there is.
    public var isRetired: Bool { words.state.pointee.load(ordering: .acquiring) == RingLayout.retired }
    /// How many writers this ring has had.
    public var epoch: UInt64 { words.epoch.pointee.load(ordering: .acquiring) }
    /// The process that wrote last, dead or alive; 0 before the first.
    public var writer: UInt64 { words.word(RingLayout.writerOffset).pointee.load(ordering: .relaxed) }

    var firstSequence: UInt64 { words.word(RingLayout.firstSequenceOffset).pointee.load(ordering: .relaxed) }
}
