import Determinism

/// The ledger's streams in the order in which they came, found by key: open addressing, at most half full.
struct StreamTable: Sendable {
    private var streams: [ReplayStream] = []
    private var slots = [Int32](repeating: -1, count: 64)
    /// The place found last: records of one instrument follow each other.
    private var recent = 0

    var count: Int { streams.count }

    subscript(place: Int) -> ReplayStream {
        get { streams[place] }
        set { streams[place] = newValue }
    }

    /// The stream's place; a new one gets `epoch`.
    mutating func place(for key: UInt64, epoch: UInt64) -> Int {
        if recent < streams.count, streams[recent].key == key { return recent }
        var slot = start(key)
        while slots[slot] >= 0 {
            let place = Int(slots[slot])
            if streams[place].key == key {
                recent = place
                return place
            }
            slot = (slot + 1) & (slots.count - 1)
        }
        recent = streams.count
        streams.append(ReplayStream(key: key, epoch: epoch))
        slots[slot] = Int32(recent)
        if 2 * streams.count > slots.count { rebuild(slotCount: 2 * slots.count) }
        return recent
    }

    mutating func removeAll(where isGone: (ReplayStream) -> Bool) {
        streams.removeAll(where: isGone)
        rebuild(slotCount: slots.count)
    }

    private mutating func rebuild(slotCount: Int) {
        slots = [Int32](repeating: -1, count: slotCount)
        for place in streams.indices {
            var slot = start(streams[place].key)
            while slots[slot] >= 0 { slot = (slot + 1) & (slots.count - 1) }
            slots[slot] = Int32(place)
        }
    }

    /// Knuth's multiplicative hash: numbers that follow each other spread out.
    private func start(_ key: UInt64) -> Int {
        Int(truncatingIfNeeded: (key &* 0x9E37_79B9_7F4A_7C15) >> 32) & (slots.count - 1)
    }
}

extension StreamTable: PersistentState {
    mutating func persist(_ archive: inout StateArchive) throws(StateArchive.Failure) {
        try archive.field(&streams)
        guard archive.isLoading else { return }
        var slotCount = 64
        while slotCount < 2 * streams.count { slotCount *= 2 }
        recent = 0
        rebuild(slotCount: slotCount)
    }
}
