import CVectors

/// The newest messages of a sequence without gaps, in memory that is taken once: slots of one size, each message in the
/// slot of its sequence. Writing a message beyond the capacity lets go of the oldest.
struct SlotRing: ~Copyable {
    let slotByteCount: Int
    let capacity: Int
    /// Sequence of the oldest message kept; `next` when none is.
    private(set) var first: UInt64
    /// Sequence of the next message.
    private(set) var next: UInt64
    private let memory: UnsafeMutableRawPointer
    /// Bytes of each message.
    private let lengths: UnsafeMutablePointer<UInt32>

    /// Memory is only touched where messages were written: a ring that is never filled costs what was used of it.
    init(slotByteCount: Int, capacity: Int, next: UInt64) {
        precondition(slotByteCount > 0 && slotByteCount <= 1 << 30 && capacity > 0, "a ring has room")
        // Slots begin where lines of a cache do.
        self.slotByteCount = (slotByteCount + 63) & ~63
        self.capacity = capacity
        first = next
        self.next = next
        memory = .allocate(byteCount: self.slotByteCount * capacity, alignment: 64)
        lengths = .allocate(capacity: capacity)
        lengths.initialize(repeating: 0, count: capacity)
    }

    deinit {
        memory.deallocate()
        lengths.deallocate()
    }

    var count: Int { Int(next - first) }
    var isFull: Bool { count == capacity }

    func contains(_ sequence: UInt64) -> Bool { sequence >= first && sequence < next }

    /// The slot that the next message is written into. Writing it takes the oldest message away when the ring is full.
    var nextSlot: UnsafeMutableRawBufferPointer { slot(next) }

    /// The next message has been written into `nextSlot`.
    mutating func commit(byteCount: Int) {
        precondition(byteCount <= slotByteCount, "a message fits in its slot")
        lengths[Int(next % UInt64(capacity))] = UInt32(byteCount)
        if isFull { first += 1 }
        next += 1
    }

    /// Keeps a message that lies elsewhere. It goes past the processor's caches: most messages are never asked for, and
    /// what the caches held instead is.
    mutating func append(_ message: UnsafeRawBufferPointer) {
        precondition(message.count <= slotByteCount, "a message fits in its slot")
        if let to = nextSlot.baseAddress, let from = message.baseAddress {
            lh_copy_past_caches(to, from, message.count)
        }
        commit(byteCount: message.count)
    }

    /// A message that is kept, until its slot is written again.
    func message(_ sequence: UInt64) -> UnsafeRawBufferPointer {
        precondition(contains(sequence), "the message is kept")
        return UnsafeRawBufferPointer(rebasing: slot(sequence)[..<Int(lengths[Int(sequence % UInt64(capacity))])])
    }

    /// Lets go of the messages before `sequence`.
    mutating func drop(before sequence: UInt64) { first = min(max(first, sequence), next) }

    private func slot(_ sequence: UInt64) -> UnsafeMutableRawBufferPointer {
        UnsafeMutableRawBufferPointer(
            start: memory + Int(sequence % UInt64(capacity)) * slotByteCount, count: slotByteCount)
    }
}
