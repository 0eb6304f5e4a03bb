import Determinism

/// Open interest of instruments of which no definition has come so far: it counts once a definition makes an option of
/// the chain of one (FEATURES A.13: the latest `ts_ref` that has been received).
///
/// Room is made once. When there is none left, what came before the session under way is forgotten, once a session;
/// what then finds no room is lost.
struct EarlyInterest: ~Copyable {
    struct Entry: BitwiseCopyable {
        var instrument: UInt32 = 0
        private var unused: UInt32 = 0
        /// Contracts; −1 when there is nothing to remember any more.
        var interest: Int64 = -1
        /// The date that it is about, ns.
        var reference: UInt64 = 0
        /// When it was received, ns.
        var heardAt: UInt64 = 0

        init() {}
    }

    private let capacity: Int
    private let entries: UnsafeMutablePointer<Entry>
    private var count = 0
    /// The session whose beginning made room last, ns.
    private var clearedAt: UInt64 = 0
    private var index: OptionIndex

    init(capacity: Int) {
        self.capacity = capacity
        entries = .allocate(capacity: capacity)
        index = OptionIndex(capacity: capacity)
    }

    deinit { entries.deallocate() }

    /// Remembers an instrument's open interest unless what it has is about a later date.
    ///
    /// - Parameters:
    ///   - time: when it was received, ns.
    ///   - session: when the session under way began, ns.
    mutating func remember(
        _ instrument: UInt32, interest: Int64, reference: UInt64, at time: UInt64, session: UInt64
    ) {
        var place = index.find(instrument)
        if place < 0 {
            if count == capacity { makeRoom(session) }
            guard count < capacity else { return }
            place = count
            var entry = Entry()
            entry.instrument = instrument
            (entries + place).initialize(to: entry)
            index.insert(instrument, at: place)
            count += 1
        }
        guard entries[place].interest < 0 || reference >= entries[place].reference else { return }
        entries[place].interest = interest
        entries[place].reference = reference
        entries[place].heardAt = time
    }

    /// Gives what is remembered of an instrument and forgets it: its number means something from now on. Nil if nothing
    /// is.
    mutating func remove(_ instrument: UInt32) -> Entry? {
        guard count > 0 else { return nil }
        let place = index.find(instrument)
        guard place >= 0, entries[place].interest >= 0 else { return nil }
        let entry = entries[place]
        entries[place].interest = -1
        return entry
    }

    private mutating func makeRoom(_ session: UInt64) {
        guard clearedAt != session else { return }
        clearedAt = session
        var kept = 0
        for place in 0..<count where entries[place].interest >= 0 && entries[place].heardAt >= session {
            entries[kept] = entries[place]
            kept += 1
        }
        count = kept
        rebuildIndex()
    }

    private mutating func rebuildIndex() {
        index.clear()
        for place in 0..<count { index.insert(entries[place].instrument, at: place) }
    }
}

extension EarlyInterest: PersistentState {
    mutating func persist(_ archive: inout StateArchive) throws(StateArchive.Failure) {
        try archive.marker("early-interest")
        try archive.field(&count)
        guard count >= 0, count <= capacity else { throw .mismatch(offset: 0, expected: "early-interest") }
        try archive.field(&clearedAt)
        for place in 0..<count {
            if archive.isLoading { (entries + place).initialize(to: Entry()) }
            try archive.field(&entries[place])
        }
        if archive.isLoading { rebuildIndex() }
    }
}
