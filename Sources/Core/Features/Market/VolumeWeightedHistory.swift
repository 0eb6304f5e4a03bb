import Determinism

/// What a session's volume-weighted price was at any instant of the last five minutes (for C-87): one entry per time at
/// which something traded.
///
/// Grows, by doubling, only when more groups with trades than ever before lie within five minutes.
struct VolumeWeightedHistory: ~Copyable {
    /// How far back it can be asked, ns.
    static let span: UInt64 = 300_000_000_000

    private struct Entry: BitwiseCopyable {
        var time: UInt64
        /// Distance of the mean from the session's first price, ticks.
        var offset: Double
    }

    private var entries: UnsafeMutablePointer<Entry>
    /// A power of two.
    private var capacity: UInt64
    /// Entries lie at places `first`..<`count`, modulo the capacity.
    private var first: UInt64 = 0
    private var count: UInt64 = 0
    /// The first entry after the instant that was asked for last.
    private var cursor: UInt64 = 0
    /// What was found then, and for which times that answer holds: [start, end), ns.
    private var found = Double.nan
    private var foundSpan = ValidSpan.none

    /// - Precondition: `capacity` is a power of two.
    init(capacity: UInt64 = 65_536) {
        precondition(capacity > 0 && capacity & (capacity - 1) == 0, "places are found by masking")
        self.capacity = capacity
        entries = .allocate(capacity: Int(capacity))
    }

    deinit { entries.deallocate() }

    /// Forgets everything: a session began.
    mutating func clear() {
        (first, count, cursor) = (0, 0, 0)
        foundSpan = .none
    }

    /// Takes the mean after the trades of a group. Times never decrease.
    mutating func push(time: UInt64, offset: Double) {
        foundSpan = .none
        if count > first, place(count &- 1).pointee.time == time {
            place(count &- 1).pointee.offset = offset
            return
        }
        // Nothing before the last entry of five minutes ago is asked for again.
        while count &- first > 1, place(first &+ 1).pointee.time &+ Self.span <= time { first &+= 1 }
        cursor = max(cursor, first)
        if count &- first == capacity { grow() }
        place(count).initialize(to: Entry(time: time, offset: offset))
        count &+= 1
    }

    /// The mean five minutes before `time`, as a distance from the session's first price; NaN when nothing had traded.
    @inline(__always)
    mutating func offset(before time: UInt64) -> Double {
        if !foundSpan.contains(time) { find(time) }
        return found
    }

    private mutating func find(_ time: UInt64) {
        while cursor < count, place(cursor).pointee.time &+ Self.span <= time { cursor &+= 1 }
        while cursor > first, place(cursor &- 1).pointee.time &+ Self.span > time { cursor &-= 1 }
        found = cursor > first ? place(cursor &- 1).pointee.offset : .nan
        foundSpan = ValidSpan(
            start: cursor > first ? place(cursor &- 1).pointee.time &+ Self.span : 0,
            end: cursor < count ? place(cursor).pointee.time &+ Self.span : .max)
    }

    private func place(_ index: UInt64) -> UnsafeMutablePointer<Entry> {
        entries + Int(truncatingIfNeeded: index & (capacity &- 1))
    }

    private mutating func grow() {
        let larger = UnsafeMutablePointer<Entry>.allocate(capacity: Int(capacity) * 2)
        for index in first..<count {
            let target = larger + Int(truncatingIfNeeded: index & (capacity &* 2 &- 1))
            target.initialize(to: place(index).pointee)
        }
        entries.deallocate()
        entries = larger
        capacity *= 2
    }
}

extension VolumeWeightedHistory: PersistentState {
    mutating func persist(_ archive: inout StateArchive) throws(StateArchive.Failure) {
        try archive.marker("vwap-history")
        var kept = (first..<count).map { place($0).pointee }
        var before = cursor &- first
        try archive.field(&kept)
        try archive.field(&before)
        guard archive.isLoading else { return }
        clear()
        for entry in kept {
            if count == capacity { grow() }
            place(count).initialize(to: entry)
            count += 1
        }
        cursor = min(before, count)
        foundSpan = .none
    }
}
