/// From an instrument's number to its contract's place: open addressing in memory of fixed size, at most half full.
struct OptionIndex: ~Copyable {
    private struct Entry: BitwiseCopyable {
        var instrument: UInt32 = 0
        /// −1 when the entry is free.
        var place: Int32 = -1
    }

    private let entries: UnsafeMutablePointer<Entry>
    private let mask: Int

    init(capacity: Int) {
        var size = 16
        while size < 2 * capacity { size *= 2 }
        mask = size - 1
        entries = .allocate(capacity: size)
        entries.initialize(repeating: Entry(), count: size)
    }

    deinit { entries.deallocate() }

    /// The place, or −1.
    func find(_ instrument: UInt32) -> Int {
        var slot = start(instrument)
        while entries[slot].place >= 0 {
            if entries[slot].instrument == instrument { return Int(entries[slot].place) }
            slot = (slot &+ 1) & mask
        }
        return -1
    }

    /// - Precondition: the instrument is not in the index.
    func insert(_ instrument: UInt32, at place: Int) {
        var slot = start(instrument)
        while entries[slot].place >= 0 { slot = (slot &+ 1) & mask }
        entries[slot] = Entry(instrument: instrument, place: Int32(place))
    }

    func clear() { entries.update(repeating: Entry(), count: mask + 1) }

    /// Knuth's multiplicative hash: numbers that follow each other spread out.
    private func start(_ instrument: UInt32) -> Int {
        Int(truncatingIfNeeded: (UInt64(instrument) &* 0x9E37_79B9_7F4A_7C15) >> 32) & mask
    }
}

/// Sorts in place, without memory of its own.
enum HeapSort {
    static func sort(_ items: UnsafeMutablePointer<Int32>, count: Int, by precedes: (Int32, Int32) -> Bool) {
        guard count > 1 else { return }
        for root in stride(from: count / 2 - 1, through: 0, by: -1) { sink(items, root, count, precedes) }
        for last in stride(from: count - 1, to: 0, by: -1) {
            (items[0], items[last]) = (items[last], items[0])
            sink(items, 0, last, precedes)
        }
    }

    private static func sink(
        _ items: UnsafeMutablePointer<Int32>, _ start: Int, _ count: Int, _ precedes: (Int32, Int32) -> Bool
    ) {
        var root = start
        while true {
            var child = 2 * root + 1
            guard child < count else { return }
            if child + 1 < count, precedes(items[child], items[child + 1]) { child += 1 }
            guard precedes(items[root], items[child]) else { return }
            (items[root], items[child]) = (items[child], items[root])
            root = child
        }
    }
}
