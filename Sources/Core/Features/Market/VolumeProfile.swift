import Determinism

/// The most traded price of a regular session and the range around it that holds 70 % of its volume, ticks.
struct ValueArea: BitwiseCopyable {
    var pointOfControl: Int32
    var high: Int32
    var low: Int32
}

/// Contracts traded at each tick of the regular session (FEATURES C.5).
struct VolumeProfile: ~Copyable {
    /// Ticks from the lowest to the highest price that are kept at most; a trade beyond has no place in the profile.
    static let widest = 1 << 20

    private var counts: UnsafeMutablePointer<Int64>
    private var capacity: Int
    /// The price that `counts` begins with, ticks.
    private var base = 0
    /// The lowest and the highest traded price, as places in `counts`.
    private var low = 0
    private var high = -1
    /// Contracts of all prices.
    private var total: Int64 = 0
    /// Something traded since the area was evaluated.
    private var isChanged = false
    /// As of the last `evaluate`; nil before a trade.
    private(set) var area: ValueArea?

    init(capacity: Int = 8_192) {
        self.capacity = capacity
        counts = .allocate(capacity: capacity)
        counts.initialize(repeating: 0, count: capacity)
    }

    deinit { counts.deallocate() }

    /// Begins anew.
    mutating func clear() {
        if high >= low { (counts + low).update(repeating: 0, count: high - low + 1) }
        (low, high, total) = (0, -1, 0)
        isChanged = false
        area = nil
    }

    mutating func add(price: Int32, size: Int64) {
        if high < low {
            base = Int(price) - capacity / 2
            low = capacity / 2
            high = low
        }
        var place = Int(price) - base
        if place < 0 || place >= capacity {
            guard widen(to: place) else { return }
            place = Int(price) - base
        }
        counts[place] &+= size
        total &+= size
        low = min(low, place)
        high = max(high, place)
        isChanged = true
    }

    /// Evaluates the area when something has traded. True when it did.
    mutating func evaluate() -> Bool {
        guard isChanged else { return false }
        isChanged = false
        area = valueArea(from: pointOfControl())
        return true
    }

    /// Of equal volumes the price nearest to the middle of the range, then the lower.
    private func pointOfControl() -> Int {
        var best = low
        for place in low...high where counts[place] >= counts[best] {
            let isNearer = abs(2 * place - low - high) < abs(2 * best - low - high)
            if counts[place] > counts[best] || isNearer { best = place }
        }
        return best
    }

    /// Takes the larger of the next price above and the next one below, of equal ones the upper, until 70 % are inside.
    private func valueArea(from start: Int) -> ValueArea {
        var (bottom, top) = (start, start)
        var inside = counts[start]
        while 10 * inside < 7 * total {
            let above = top < high ? counts[top + 1] : -1
            let below = bottom > low ? counts[bottom - 1] : -1
            if above >= below {
                top += 1
                inside += above
            } else {
                bottom -= 1
                inside += below
            }
        }
        return ValueArea(pointOfControl: price(start), high: price(top), low: price(bottom))
    }

    private func price(_ place: Int) -> Int32 { Int32(truncatingIfNeeded: base + place) }

    /// Makes room for a place outside: a session that moved by thousands of ticks, or a price that is none.
    private mutating func widen(to place: Int) -> Bool {
        let needed = max(high, place) - min(low, place) + 1
        guard needed <= Self.widest else { return false }
        var larger = capacity
        while larger < 2 * needed { larger *= 2 }
        let room = UnsafeMutablePointer<Int64>.allocate(capacity: larger)
        room.initialize(repeating: 0, count: larger)
        let shift = (larger - needed) / 2 - min(low, place)
        (room + low + shift).update(from: counts + low, count: high - low + 1)
        counts.deallocate()
        counts = room
        capacity = larger
        base -= shift
        low += shift
        high += shift
        return true
    }
}

extension VolumeProfile: PersistentState {
    mutating func persist(_ archive: inout StateArchive) throws(StateArchive.Failure) {
        try archive.marker("volume-profile")
        var sizes = high >= low ? (low...high).map { counts[$0] } : []
        var lowest = high >= low ? Int64(base + low) : 0
        try archive.field(&sizes)
        try archive.field(&lowest)
        if archive.isLoading {
            clear()
            for (index, size) in sizes.enumerated() {
                add(price: Int32(truncatingIfNeeded: lowest + Int64(index)), size: size)
            }
        }
        try archive.field(&isChanged)
        try archive.field(&area)
    }
}
