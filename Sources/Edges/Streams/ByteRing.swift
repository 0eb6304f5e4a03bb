import CVectors

/// The newest messages of a sequence without gaps, of any length, in memory that is taken once: one behind the other,
/// and at its end from the beginning again. A message that is written takes away the oldest ones, those in its place.
struct ByteRing: ~Copyable {
    private struct Place: BitwiseCopyable {
        var offset = 0
        var byteCount = 0
    }

    private let byteCount: Int
    /// Sequence of the oldest message kept; `next` when none is.
    private(set) var first: UInt64
    /// Sequence of the next message.
    private(set) var next: UInt64
    private let memory: UnsafeMutableRawPointer
    /// Of the message of each sequence, modulo their count.
    private let places: UnsafeMutableBufferPointer<Place>
    /// Where the next message comes to lie if it has room there.
    private var end = 0

    /// Memory is only touched where messages were written.
    ///
    /// - Parameters:
    ///   - byteCount: at least that of the longest message, rounded up to 64.
    ///   - countMax: messages that are kept at most.
    init(byteCount: Int, countMax: Int, next: UInt64) {
        precondition(byteCount >= 0 && countMax > 0, "a ring has room")
        self.byteCount = Self.rounded(byteCount)
        first = next
        self.next = next
        memory = .allocate(byteCount: max(self.byteCount, 64), alignment: 64)
        places = .allocate(capacity: countMax)
        places.initialize(repeating: Place())
    }

    deinit {
        memory.deallocate()
        places.deallocate()
    }

    var count: Int { Int(next - first) }

    /// Messages begin where lines of a cache do.
    static func rounded(_ byteCount: Int) -> Int { (byteCount + 63) & ~63 }

    /// Keeps a message that lies elsewhere, past the processor's caches as `SlotRing` does.
    mutating func append(_ message: UnsafeRawBufferPointer) {
        let size = Self.rounded(message.count)
        precondition(size <= byteCount, "a message fits in its ring")
        if end + size > byteCount {
            // What lies behind is older than what lies at the beginning.
            while count > 0, place(first).offset >= end { first += 1 }
            end = 0
        }
        while count > 0, place(first).offset >= end, place(first).offset < end + size { first += 1 }
        if count == places.count { first += 1 }
        if let from = message.baseAddress { lh_copy_past_caches(memory + end, from, message.count) }
        places[slot(next)] = Place(offset: end, byteCount: message.count)
        end += size
        next += 1
    }

    /// A message that is kept, until the next is.
    func message(_ sequence: UInt64) -> UnsafeRawBufferPointer {
        precondition(sequence >= first && sequence < next, "the message is kept")
        let place = place(sequence)
        return UnsafeRawBufferPointer(start: memory + place.offset, count: place.byteCount)
    }

    private func slot(_ sequence: UInt64) -> Int { Int(sequence % UInt64(places.count)) }
    private func place(_ sequence: UInt64) -> Place { places[slot(sequence)] }
}
